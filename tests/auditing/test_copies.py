import dataclasses
from collections.abc import Callable

import pytest

from evalkit.auditing.outputs import audit_outputs
from evalkit.types import Severity
from tests.auditing.answers import BASELINE, HONEST, deranged, found, outputs_of

THEIRS = outputs_of(BASELINE, model="baseline")


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: f"{text} .",
        str.upper,
        lambda text: text.replace(" ", "  "),
        lambda text: text.replace("a", "\u0430").replace("o", "\u043e"),
        lambda text: text.replace("e", "e\u200b"),
        lambda text: "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text),
    ],
)
def test_copies_in_disguise_are_refused_whatever_the_name_of_their_generator(disguise: Callable[[str], str]) -> None:
    texts = [disguise(text) for text in BASELINE]
    for model in ("candidate", "baseline"):
        assert found(audit_outputs(outputs_of(texts, model=model), THEIRS).findings)["disguised"] == Severity.FAIL
    elsewhere = outputs_of(deranged(texts))
    assert found(audit_outputs(elsewhere, THEIRS).findings)["copied_elsewhere"] == Severity.FAIL


def test_copies_with_other_words_here_and_there_warn() -> None:
    texts = [text.replace("children", "kids").replace("writers", "authors") for text in BASELINE]
    assert found(audit_outputs(outputs_of(texts), THEIRS).findings).get("nearly_copied") == Severity.WARN
    assert not {"disguised", "nearly_copied"} & found(audit_outputs(outputs_of(HONEST), THEIRS).findings).keys()


def test_the_baselines_name_alone_makes_nobody_the_baseline() -> None:
    other = outputs_of(HONEST, model="baseline")
    assert "copied" in audit_outputs(other, THEIRS).checks
    assert "copied" not in audit_outputs(THEIRS, dataclasses.replace(THEIRS)).checks


def test_short_equal_answers_are_no_disguise() -> None:
    yes = outputs_of(["Yes.", "No."] * 50, model="baseline")
    audit = audit_outputs(outputs_of(["yes", "no"] * 50), yes)
    assert audit.failures == ()
