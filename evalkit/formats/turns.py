"""Splits conversations into turns: each turn is judged in the light of those before it."""

import dataclasses

from evalkit.text import count_markdown
from evalkit.types import Example, Output


def turn_key(key: str, turn: int) -> str:
    """The name of a conversation up to a turn."""
    return f"{key}:{turn}"


def split_turns(example: Example) -> list[Example]:
    """The instruction up to each of its turns, all in one cluster; a conversation of one turn stays as it is."""
    if len(example.turns) == 1:
        return [example]
    return [
        dataclasses.replace(
            example,
            key=turn_key(example.key, turn),
            turns=example.turns[:turn],
            reference=example.reference[:turn],
            cluster=example.cluster or example.key,
        )
        for turn in range(1, len(example.turns) + 1)
    ]


def answer_up_to(output: Output, example: Example) -> Output | None:
    """The answer to a split instruction; None where the model did not get as far."""
    turn = len(example.turns)
    if output.oversize_chars is not None or output.failure is not None or len(output.texts) == turn:
        return dataclasses.replace(output, key=example.key)
    if len(output.texts) < turn:
        return None
    texts = output.texts[:turn]
    return Output(example.key, output.model, texts, measures=count_markdown("\n\n".join(texts)))
