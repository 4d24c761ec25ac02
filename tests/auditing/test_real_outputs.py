"""Real models' answers, which must not fail, and submissions that were made to deceive, which must."""

from pathlib import Path

import pytest

from evalkit.auditing.outputs import audit_outputs
from evalkit.formats.outputs import read_outputs
from evalkit.formats.questions import read_questions
from evalkit.types import Audit
from tests.auditing.answers import found
from tests.conftest import REAL_DATA

ALPACA = ("alpaca-7b", "claude-2.1", "gpt-3.5-turbo-1106", "vicuna-13b", "gpt4_1106_preview")
ARENA = ("gpt-3.5-turbo-0125", "gpt-4-0314", "gpt-4-0613")


def audited(folder: Path, model: str) -> Audit:
    outputs = folder / "outputs"
    (baseline,) = read_outputs([str(outputs / "gpt4_1106_preview.json")])
    (candidate,) = read_outputs([str(outputs / f"{model}.json")], like=baseline)
    return audit_outputs(candidate, baseline)


@pytest.mark.parametrize("model", ALPACA)
def test_honest_models_on_alpaca_eval_have_nothing_against_them(real_outputs: Path, model: str) -> None:
    audit = audited(real_outputs, model)
    assert audit.n == 805
    # it does refuse what others do: how to load a gun, a list of the funniest ways to die, a pirate's speech
    told = {"claude-2.1": ["38 of 805 answers decline or are empty, 4 of the baseline's"]}
    assert [one.reason for one in audit.findings] == told.get(model, [])
    assert audit.failures == ()
    assert {"distinct", "relevance", "verdict_labels", "hidden_text", "template_code"} <= set(audit.checks)


def test_the_null_model_fails_and_is_described(real_outputs: Path) -> None:
    audit = audited(real_outputs, "NullModel")
    assert [one.reason for one in audit.failures][:2] == [
        "one answer to 805 instructions",
        "805 of 805 answers are near-duplicates of each other",
    ]
    alike, elsewhere = {"distinct", "near_duplicates", "hollow"}, {"relevance", "off_topic", "manipulated"}
    assert {one.check for one in audit.failures} == {*alike, *elsewhere, "forged_prompts", "selection_pleas"}


def test_answers_cut_to_ten_characters_are_told_as_such_and_answer_nothing(real_outputs: Path) -> None:
    audit = audited(real_outputs, "gpt4_gamed")
    assert [one.check for one in audit.failures] == ["off_topic", "manipulated"]
    reasons = [one.reason for one in audit.warnings]
    assert "717 of 805 answers break off, 7 of 805 of the baseline's" in reasons
    assert "768 of 805 answers have one length, 10 characters" in reasons


@pytest.mark.parametrize("model", ARENA)
def test_honest_models_on_arena_hard_with_all_their_code_have_nothing_against_them(model: str) -> None:
    folder = REAL_DATA / "arena_hard"
    if not folder.is_dir():
        pytest.skip("the published Arena-Hard files are not beside this checkout")
    baseline, candidate = (read_outputs([str(folder / f"{name}.v0.1.jsonl")])[0] for name in ("gpt-4-0314", model))
    assert audit_outputs(candidate, baseline).findings == ()


def test_reference_answers_of_mt_bench_have_nothing_against_them() -> None:
    folder = REAL_DATA / "mt_bench"
    if not folder.is_dir():
        pytest.skip("the published MT-Bench files are not beside this checkout")
    questions = read_questions(str(folder / "question.jsonl"))
    (answers,) = read_outputs([str(folder / "reference_answer_gpt-4.jsonl")], questions=questions)
    audit = audit_outputs(answers, None)
    assert (audit.n, found(audit.findings)) == (30, {})
