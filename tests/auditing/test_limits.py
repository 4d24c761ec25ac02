import pytest

from evalkit.auditing.limits import AuditLimits, read_limits
from evalkit.errors import ConfigError, UnknownName


def test_limits_are_read_by_name_and_the_others_stay() -> None:
    assert read_limits([]) == AuditLimits()
    assert read_limits(["min-distinct=0.2", "max_empty=1", " min-outputs=50"]) == AuditLimits(
        min_distinct=0.2, max_empty=1.0, min_outputs=50
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("min-distinkt=0.2", "unknown audit limit 'min-distinkt'. Did you mean 'min-distinct'"),
        ("min-distinct", "audit limit min-distinct: expected a number, found ''"),
        ("max-empty=half", "audit limit max-empty: expected a number, found 'half'"),
        ("max-empty=50", "audit limit max-empty: expected a share from 0 to 1, found 50"),
        ("max-empty=nan", "audit limit max-empty: expected a share from 0 to 1, found nan"),
        ("max-relevance-p=-1", "audit limit max-relevance-p: expected a share from 0 to 1, found -1"),
        ("min-outputs=0", "audit limit min-outputs: expected a count from 1, found 0"),
        ("min-outputs=2.5", "audit limit min-outputs: expected a number, found '2.5'"),
    ],
)
def test_a_wrong_limit_is_told_by_name(said: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_limits([said])
    assert told in str(raised.value)


def test_an_unknown_limit_is_an_unknown_name() -> None:
    with pytest.raises(UnknownName, match="max-copied, max-copied-elsewhere"):
        read_limits(["everything=0"])
