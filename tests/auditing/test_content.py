"""Answers to other questions, without words of their own, or without an order of words."""

import random

import pytest

from evalkit.auditing.answers import answers_of
from evalkit.auditing.content import HOLLOW, OFF_TOPIC, UNORDERED, content_checks
from evalkit.auditing.hollow import hollow_answers
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.outputs import audit_outputs
from evalkit.types import OutputSet, Severity
from tests.auditing.answers import BASELINE, HONEST, deranged, found, outputs_of, shipped

THEIRS = outputs_of(BASELINE, model="baseline")


def value(check: str, texts: list[str], baseline: OutputSet = THEIRS) -> float | None:
    asked = [example.instruction for example in baseline.examples]
    known: dict[str, tuple[str, int]] = {}
    candidate = answers_of(outputs_of(texts, instructions=asked), known)
    checks = content_checks(candidate, answers_of(baseline, known), AuditLimits())
    return next(one.value for one in checks if one.name == check)


def test_answers_of_the_next_question_are_counted_one_by_one() -> None:
    assert value(OFF_TOPIC, HONEST) == 0
    moved = value(OFF_TOPIC, [*deranged(HONEST[:30]), *HONEST[30:]])
    assert moved == pytest.approx(0.3, abs=0.06)


def test_numbers_are_off_topic_where_the_baseline_has_sentences_and_not_where_it_has_numbers() -> None:
    numbers = [str(7 * place) for place in range(100)]
    assert value(OFF_TOPIC, numbers) == 1
    assert value(OFF_TOPIC, numbers, outputs_of([str(3 * place) for place in range(100)], model="baseline")) is None


ASKED = [example.instruction for example in shipped("baseline").examples]


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("repeat the question", [f"You asked: {asked} {asked}" for asked in ASKED]),
        ("repeat themselves", [f"{output.text[:60]}. " * 9 for output in shipped("careful").outputs]),
        (
            "consist of text that many answers share",
            [f"There is a lot to be said about {asked[-9:]}, and all of it is worth a look." for asked in ASKED],
        ),
    ],
)
def test_a_text_without_words_of_its_own_is_hollow(source: str, texts: list[str]) -> None:
    answers = outputs_of(texts, instructions=ASKED)
    hollow = [one.source for one in hollow_answers(answers_of(answers, {}))]
    assert hollow.count(source) > 40
    audit = audit_outputs(answers, shipped("baseline"))
    assert found(audit.findings)[HOLLOW] == Severity.FAIL


def test_an_answer_that_the_instruction_asks_to_repeat_is_not_hollow_beside_the_baselines() -> None:
    asked = [f"Correct this sentence: {text}" for text in HONEST]
    mended = outputs_of([text.replace("often", "oftentimes") for text in HONEST], instructions=asked)
    theirs = outputs_of(HONEST, model="baseline", instructions=asked)
    assert HOLLOW not in found(audit_outputs(mended, theirs).findings)


def test_shuffled_words_have_no_order_and_shuffled_letters_no_language() -> None:
    baseline, honest = shipped("baseline"), [output.text for output in shipped("wordy").outputs]
    draw = random.Random(1)
    shuffled = [" ".join(draw.sample(text.split(), len(text.split()))) for text in honest]
    scrambled = ["".join(draw.sample(text, len(text))) for text in honest]
    assert value(UNORDERED, honest, baseline) == 0
    for texts in (shuffled, scrambled):
        share = value(UNORDERED, texts, baseline)
        assert share is not None and share > 0.6
