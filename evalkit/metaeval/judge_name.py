"""Who gave verdicts, and the models of a judge's own family."""

import fnmatch
import re
from dataclasses import dataclass

from evalkit.types import JudgeConfig

_UP_TO_DIGIT = re.compile(r"[^\d]*")
_JOKERS = re.compile(r"([*?[])")


@dataclass(frozen=True, slots=True)
class JudgeName:
    """Who gave verdicts: a judge by its configuration, a judge of a recorded file, or a control.

    `model` is the model that was asked; it is empty for a control and for recorded verdicts. `digest` is that of the
    configuration, and None where there is none.
    """

    name: str
    model: str = ""
    digest: str | None = None
    control: bool = False

    @classmethod
    def of(cls, config: JudgeConfig) -> "JudgeName":
        return cls(config.name, config.model, config.digest)

    @property
    def family(self) -> str:
        """The pattern of the names of the judge's own models: its model up to the first digit; empty where unknown."""
        if self.control or not self.model:
            return ""
        stem = _UP_TO_DIGIT.match(_bare(self.model))
        found = "" if stem is None else stem.group().strip("-_ .")
        escaped = _JOKERS.sub(r"[\1]", found)
        return f"{escaped}*" if escaped else ""


def in_family(model: str, pattern: str) -> bool:
    """True if a model's name, without the name of its provider, matches the pattern."""
    return bool(pattern) and fnmatch.fnmatchcase(_bare(model).lower(), pattern.lower())


def _bare(model: str) -> str:
    return model.rsplit("/", 1)[-1]
