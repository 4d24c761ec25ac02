"""Histories as they are recorded, with the judge that each one is of, and all that are known."""

from dataclasses import dataclass

from evalkit.stats.generic import Generic
from evalkit.stats.history import History


@dataclass(frozen=True, slots=True)
class JudgeIdentity:
    """The identity of a judge: its model, its prompt's SHA-256 and its parser, or only its name if recorded."""

    name: str
    model: str | None = None
    prompt: str | None = None
    parser: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class HistoryFile:
    """A history with its judge and baseline; `keys` are the names that each instruction may go by, shape (n,).

    `baseline` is the model that all were compared with, `source` says where the verdicts came from, and `date` when
    the figures were computed. `digest` is the SHA-256 of the file's text, empty before the file is written.
    """

    name: str
    baseline: str
    judge: JudgeIdentity
    history: History
    keys: tuple[tuple[str, ...], ...]
    source: str
    date: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """The histories that evalkit ships or a user names, and what recorded judges have in common."""

    generic: Generic
    files: tuple[HistoryFile, ...] = ()
