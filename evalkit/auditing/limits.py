"""The limits beyond which the checks of an audit fail or warn."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from evalkit.errors import ConfigError, UnknownName


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLimits:
    """Shares of the answers from 0 to 1, but for `max_relevance_p`, a probability, and `min_outputs`, a count.

    An audit fails beyond a limit of the first group and warns beyond one of the second. A check that has a limit to
    fail beyond warns from `warn_share` on. `max_truncated` and `max_declines` are counted from the baseline's share.
    """

    min_outputs: int = 20
    max_empty: float = 0.5
    min_distinct: float = 0.5
    max_near_duplicates: float = 0.5
    max_copied_elsewhere: float = 0.05
    max_disguised: float = 0.2
    max_relevance_p: float = 0.01
    max_directed: float = 0.05
    max_hidden: float = 0.05
    max_padded: float = 0.05
    max_off_topic: float = 0.2
    max_hollow: float = 0.2
    max_unordered: float = 0.2
    max_manipulated: float = 0.2

    warn_share: float = 0.01
    warn_likely: float = 0.04
    warn_hollow: float = 0.05
    warn_manipulated: float = 0.05
    max_copied: float = 0.05
    max_nearly_copied: float = 0.05
    max_declines: float = 0.02
    max_truncated: float = 0.1
    max_one_length: float = 0.5
    max_oversized: float = 0.01

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "min_outputs":
                if not 1 <= value < 10**9:
                    raise ConfigError(f"audit limit min-outputs: expected a count from 1, found {value}")
            elif not 0 <= value <= 1:
                name = field.name.replace("_", "-")
                raise ConfigError(f"audit limit {name}: expected a share from 0 to 1, found {value:g}")


def read_limits(named: Iterable[str]) -> AuditLimits:
    """Limits from texts of the form `max-empty=0.2`; the others are as by default.

    Raises:
        ConfigError: a text has another form, or its number is out of bounds.
        UnknownName: no such limit.
    """
    known = {field.name.replace("_", "-"): field for field in dataclasses.fields(AuditLimits)}
    values: dict[str, Any] = {}
    for text in named:
        name, _, said = text.partition("=")
        field = known.get(name.strip().replace("_", "-"))
        if field is None:
            raise UnknownName("audit limit", name.strip()[:40], known)
        try:
            values[field.name] = int(said) if field.name == "min_outputs" else float(said)
        except ValueError:
            raise ConfigError(f"audit limit {name.strip()}: expected a number, found {said[:40]!r}") from None
    return AuditLimits(**values)
