"""Worthless files, made by code: the audit finds them, and no gate passes them, whatever the judge says."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import evalkit as ek
from evalkit.auditing.outputs import audit_outputs
from evalkit.gating.rule import Outcome
from evalkit.store.plans import audit_document, read_audit
from evalkit.types import Audit
from tests.attacks.sheets import baseline_of, gullible_gate, outputs_from, real_sheet, shipped_sheet
from tests.attacks.worthless import KINDS, PARTS, UNION, Sheet, Worthless, of_share, worthless_files
from tests.auditing.answers import shipped

# few enough to be audited within seconds; a tenth of them is a handful of answers, which may be honest slips
N = 40

Audits = Mapping[Worthless, Audit]


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    return real_sheet(N) or shipped_sheet()


@pytest.fixture(scope="module")
def hundred() -> Sheet:
    sheet = real_sheet(100)
    if sheet is None:
        pytest.skip("the published AlpacaEval files are not beside this checkout")
    return sheet


@pytest.fixture(scope="module")
def audits(sheet: Sheet) -> Audits:
    baseline = baseline_of(sheet)
    made = [file for file in worthless_files(sheet) if file.share == 1 or file.kind == UNION]
    return {file: audit_outputs(outputs_from(sheet, file.texts), baseline) for file in made}


def test_there_are_many_kinds_of_worthless_files(audits: Audits) -> None:
    assert len(audits) >= 40
    assert len({file.kind for file in audits}) == len(KINDS) + 1 >= 12


def test_nearly_every_worthless_file_is_found(audits: Audits) -> None:
    through = sorted(f"{file.kind}: {file.name}" for file, audit in audits.items() if not audit.findings)
    assert len(through) <= 0.1 * len(audits), through


def test_no_gate_passes_a_worthless_file_under_a_judge_that_prefers_it_always(sheet: Sheet, audits: Audits) -> None:
    n = len(sheet.questions)
    assert gullible_gate(sheet, Audit(n, ("distinct",))) == Outcome.PASSED
    passed = [file.name for file, audit in audits.items() if gullible_gate(sheet, audit) == Outcome.PASSED]
    assert passed == []


@pytest.mark.parametrize("kind", PARTS)
def test_no_gate_passes_a_file_of_which_a_tenth_is_worth_nothing(hundred: Sheet, kind: str) -> None:
    name, make = next(iter(KINDS[kind].items()))
    texts = of_share(hundred, kind, name, make, 0.1).texts
    audit = audit_outputs(outputs_from(hundred, texts), baseline_of(hundred))
    assert audit.findings and gullible_gate(hundred, audit) != Outcome.PASSED


def test_a_reworded_baseline_with_honest_answers_between_counts_as_ties(hundred: Sheet) -> None:
    kind = "the baseline reworded by rule"
    name, make = next(iter(KINDS[kind].items()))
    texts = of_share(hundred, kind, name, make, 0.3).texts
    audit = audit_outputs(outputs_from(hundred, texts), baseline_of(hundred))
    (discount,) = audit.discounts
    assert discount.worth == 0.5 and len(discount.keys) >= 25
    assert read_audit(json.loads(json.dumps(audit_document(audit)))) == audit


@pytest.mark.parametrize("model", ["careful", "wordy", "terse"])
def test_honest_shipped_files_are_not_doubted(model: str) -> None:
    audit = audit_outputs(shipped(model), shipped("baseline"))
    assert {finding.check for finding in audit.findings} <= {"empty"}


def test_honest_real_files_are_not_doubted() -> None:
    for model in ("claude-2.1", "alpaca-7b", "vicuna-13b"):
        sheet = real_sheet(N, model)
        if sheet is None:
            pytest.skip("the published AlpacaEval files are not beside this checkout")
        audit = audit_outputs(outputs_from(sheet, sheet.answers), baseline_of(sheet))
        assert {finding.check for finding in audit.findings} <= {"declines"}, model


def write(path: Path, model: str, sheet: Sheet, texts: Sequence[str]) -> Path:
    rows = [
        {"instruction": question, "output": text, "generator": model}
        for question, text in zip(sheet.questions, texts, strict=True)
    ]
    path.write_text(json.dumps(rows))
    return path


@pytest.mark.parametrize("generator", ["candidate", "baseline"])
def test_a_gullible_judge_lets_no_disguised_copy_pass_whatever_its_generator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generator: str
) -> None:
    monkeypatch.chdir(tmp_path)
    sheet = shipped_sheet()
    theirs = set(sheet.baseline)

    @ek.judge(version="1")
    def gullible(pair: ek.Pair) -> str:
        return "second" if pair.first in theirs else "first"

    (copied,) = (file for file in worthless_files(sheet) if file.name == "the baseline and a dot")
    baseline = write(tmp_path / "baseline.json", "baseline", sheet, sheet.baseline)
    worthless = write(tmp_path / "worthless.json", generator, sheet, copied.texts)
    decision = ek.gate(worthless, baseline=baseline, judge=gullible, minimum=50, progress=False)
    assert decision.outcome == Outcome.AUDIT_FAILED
    assert "but for case, signs and letters that look alike" in str(decision)
