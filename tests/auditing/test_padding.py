"""Answers that are filled up with blanks are told from code and tables."""

import pytest

from evalkit.auditing.outputs import audit_outputs
from evalkit.auditing.padding import padded, padding
from evalkit.types import Audit, Severity
from tests.auditing.answers import BASELINE, FEW_ENOUGH, HONEST, TOO_MANY, altered, found, outputs_of

CODE = "\n".join(f"def f{n}(x):\n    if x:\n        return [\n            {n},\n        ]\n" for n in range(20))


def audited(texts: list[str], theirs: list[str] = BASELINE) -> Audit:
    return audit_outputs(outputs_of(texts), outputs_of(theirs, model="base"))


@pytest.mark.parametrize(
    "blank", [" ", "\n", "\t", "\u00a0", "\u3000", "\u2003\n", "&nbsp;", "<br>", "\u200b", "\u2800"]
)
def test_blanks_behind_before_and_within_an_answer_are_padding(blank: str) -> None:
    run = blank * 900
    for text in (f"A short text.{run}", f"{run}A short text.", f"A short{run}text.", f"A{run}short text.{run}"):
        assert padded([text]) and padding([text]) >= 890


@pytest.mark.parametrize("text", ["", " " * 900, "word " * 400, CODE, "a\n\n\nb\n\n\nc", "Yes.\n\n", HONEST[0]])
def test_words_paragraphs_and_code_are_not_padded_and_what_is_only_blank_is_empty(text: str) -> None:
    assert not padded([text])


def test_padded_answers_warn_then_fail_with_their_figures() -> None:
    def pad(text: str) -> str:
        return f"{text[:60]}{' ' * 800}."

    audit = audited(altered(HONEST, TOO_MANY, pad))
    assert found(audit.findings) == {"padded": Severity.FAIL}
    assert audit.failures[0].reason == "6 of 100 answers are padded with blanks, on average 798 characters"
    assert found(audited(altered(HONEST, FEW_ENOUGH, pad)).findings) == {"padded": Severity.WARN}
    assert audited(altered(HONEST, 1, pad)).findings == ()


def test_padding_that_the_baseline_has_as_well_comes_with_the_instructions() -> None:
    def table(text: str) -> str:
        return f"{text[:60]}{' ' * 800}|"

    assert audited(altered(HONEST, 30, table), altered(BASELINE, 30, table)).findings == ()
