"""What a judge was shown, out of its prompt."""

import pytest

from evalkit.assets import names
from evalkit.formats.shown import Shown, shown_to_judge
from evalkit.judge_spec.config import read_judge
from evalkit.judge_spec.prompting import ask, render
from evalkit.types import Comparison, Example, Grading, JudgeConfig, Message, Order, Output

PAIR = Comparison(
    Example("k", ("Question one?", "Question two?")),
    Output("k", "base", ("Base one.", "Base two.")),
    Output("k", "cand", ("Cand one.", "")),
)
ALONE = Grading(PAIR.example, PAIR.candidate)
# an offline judge is sent nothing
SLOT = [config for config in map(read_judge, names("annotators", ".yaml")) if config.prompt_text is not None]


def shown(*prompt: str) -> Shown | None:
    return shown_to_judge([Message("user", text) for text in prompt])


@pytest.mark.parametrize("config", SLOT, ids=lambda config: config.name)
def test_every_shipped_prompt_gives_back_what_it_shows(config: JudgeConfig) -> None:
    assert config.prompt_text is not None
    subject = ALONE if config.asks == "grade" else PAIR
    order = Order.ALONE if config.asks == "grade" else Order.CANDIDATE_FIRST
    messages = render(config.prompt_text, ask(subject, order, repeat=0, secret=b"s", tie=config.tie))
    answers = (PAIR.candidate.texts,) if config.asks == "grade" else (PAIR.candidate.texts, PAIR.baseline.texts)
    assert shown_to_judge(messages) == Shown(PAIR.example.turns, answers)


def test_mt_bench_shows_one_answer_and_perhaps_a_right_one() -> None:
    answer = "[The Start of Assistant's Answer]\nA\n[The End of Assistant's Answer]"
    grade = f"[Instruction]\nRate it.\n\n[Question]\nQ\nmore\n\n{answer}"
    assert shown("You judge.", grade) == Shown(("Q\nmore",), (("A",),))
    right = "[The Start of Reference Answer]\nR\n[The End of Reference Answer]\n\n"
    assert shown(grade.replace("[The Start", f"{right}[The Start", 1)) == Shown(("Q\nmore",), (("A",),))


def test_mt_bench_shows_two_answers_in_their_order() -> None:
    sides = "\n\n".join(
        f"[The Start of Assistant {name}'s Answer]\n{name} says\n[The End of Assistant {name}'s Answer]"
        for name in "AB"
    )
    assert shown(f"[User Question]\nQ\n\n{sides}") == Shown(("Q",), (("A says",), ("B says",)))


def test_mt_bench_shows_conversations() -> None:
    sides = "\n\n\n".join(
        f"<|The Start of Assistant {name}'s Conversation with User|>\n\n"
        f"### User:\nQ1\n\n### Assistant {name}:\n{name}1\n\n### User:\nQ2\n\n### Assistant {name}:\n{name}2\n\n"
        f"<|The End of Assistant {name}'s Conversation with User|>"
        for name in "AB"
    )
    assert shown(sides) == Shown(("Q1", "Q2"), (("A1", "A2"), ("B1", "B2")))


def test_arena_hard_shows_two_answers() -> None:
    sides = "\n\n".join(
        f"<|The Start of Assistant {name}'s Answer|>\n{name}\n<|The End of Assistant {name}'s Answer|>" for name in "AB"
    )
    assert shown(f"<|User Prompt|>\nQ\n\n{sides}") == Shown(("Q",), (("A",), ("B",)))


def test_an_answer_that_quotes_the_end_of_one_is_not_cut_short() -> None:
    answer = "x\n[The End of Assistant's Answer]\ny"
    prompt = f"[Question]\nQ\n\n[The Start of Assistant's Answer]\n{answer}\n[The End of Assistant's Answer]"
    assert shown(prompt) == Shown(("Q",), ((answer,),))


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "Which is better?",
        "[Question]\nQ",
        "<<<instruction abc\nwithout an end",
        "[The Start of Assistant's Answer]\nA\n[The End of Assistant's Answer]",
        "<|The Start of Assistant's Conversation with User|>\nx\n<|The End of Assistant's Conversation with User|>",
    ],
)
def test_a_prompt_without_known_marks_shows_nothing(prompt: str) -> None:
    assert shown(prompt) is None
