import pytest

from evalkit.auditing.lengths import audit_lengths
from evalkit.types import Audit, Severity


def test_answers_of_one_length_fail_and_say_which() -> None:
    (finding,) = audit_lengths([872] * 805).findings
    assert (finding.severity, finding.reason) == (Severity.FAIL, "805 answers of one length, 872 characters")
    assert (finding.count, finding.n) == (805, 805)


def test_one_other_length_is_enough_to_pass() -> None:
    assert audit_lengths([872] * 804 + [873]) == Audit(805, ("lengths",))


@pytest.mark.parametrize("chars", [[], [872] * 29, [19] * 500])
def test_few_or_short_answers_may_be_equally_long(chars: list[int]) -> None:
    assert audit_lengths(chars) == Audit(len(chars), ())
