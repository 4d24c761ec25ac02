"""Values that many tests start from."""

from typing import Any

from evalkit.types import Annotation, ChatRequest, Example, Order, Output, OutputSet, Question, Slot


def output_set(model: str, texts: list[str]) -> OutputSet:
    """An output set over numbered instructions, without files."""
    examples = tuple(Example(f"k{n:03d}", (f"Instruction number {n}.",)) for n in range(len(texts)))
    outputs = tuple(Output(example.key, model, (text,)) for example, text in zip(examples, texts, strict=True))
    return OutputSet(model, f"{model}.json", examples, outputs)


def question_of(request: ChatRequest) -> Question:
    """What a judge is asked by a request; one for an answer has none."""
    assert request.question is not None
    return request.question


def given(
    preference: float | None = None,
    order: Order | None = None,
    *,
    repeat: int = 0,
    turn: int = 1,
    rule: str | None = None,
    **told: Any,
) -> Annotation:
    """A verdict on answers of which nothing else is known."""
    slot = Slot("", "m", "b", "j", "", "k", "k", None, order, repeat, 0, None, rule=rule, turn=turn)
    return Annotation(slot, preference, **told)


def words(verdict: Annotation) -> str | None:
    """What the judge said."""
    return None if verdict.reply is None else verdict.reply.text
