"""Which releases of a model are shown, and which of them are compared: a partial one says little beside a whole one."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.boards.entries import Entry
from evalkit.boards.row import MIN_COVERAGE
from evalkit.errors import ConfigError, UnknownName


@dataclass(frozen=True, slots=True)
class ReleaseChoice:
    """The releases `since` a day, or since a release by its name, without those that `without` names.

    Partial releases are shown, and compared with others only if `partial` says so.
    """

    since: str | None = None
    without: tuple[str, ...] = ()
    partial: bool = False

    def chosen(self, lines: Sequence[Sequence[tuple[str, datetime.datetime]]]) -> list[list[int]]:
        """The numbers of the releases that are shown, for each line of releases by name and time, the earliest first.

        Raises:
            UnknownName: no line has a release of a given name.
            ConfigError: none is left.
        """
        begin = self._begin(lines)
        known = {name for line in lines for name, _ in line}
        for name in self.without:
            if name not in known:
                raise UnknownName("release", name, known)
        found = [
            [number for number, (name, at) in enumerate(line) if at >= begin and name not in self.without]
            for line in lines
        ]
        if not any(found):
            left = ", ".join(name for line in lines for name, _ in line)
            raise ConfigError(f"--since and --without leave no release. There are: {left}")
        return found

    def _begin(self, lines: Sequence[Sequence[tuple[str, datetime.datetime]]]) -> datetime.datetime:
        if self.since is None:
            return datetime.datetime.min.replace(tzinfo=datetime.UTC)
        # a name goes before a day: a label may look like one
        named = [at for line in lines for name, at in line if name == self.since]
        if named:
            return min(named)
        try:
            found = datetime.datetime.fromisoformat(self.since)
        except ValueError:
            known = {name for line in lines for name, _ in line}
            unknown = UnknownName("release", self.since, known)
            raise ConfigError(f"--since: {unknown}. A day is written as 2026-01-31") from None
        return found.astimezone(datetime.UTC) if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)


WHOLE_CHAIN = ReleaseChoice()


def partial_reasons(entries: Sequence[Entry], names: Sequence[str]) -> list[str | None]:
    """The reason why a release is partial, None for a whole one: verdicts are missing, or another release of the line
    was measured on its instructions and on many more.
    """
    asked = [frozenset((*entry.sample.keys, *entry.sample.missing)) for entry in entries]
    found: list[str | None] = []
    for mine, entry in zip(asked, entries, strict=True):
        n = len(mine) - len(set(entry.sample.missing))
        whole = max(range(len(asked)), key=lambda place: (mine <= asked[place], len(asked[place])))
        if n < MIN_COVERAGE * len(mine):
            found.append(f"{n} of {len(mine)} instructions have a verdict")
        elif mine <= asked[whole] and len(mine) < MIN_COVERAGE * len(asked[whole]):
            found.append(f"{len(mine)} of the {len(asked[whole])} instructions of {names[whole]}")
        else:
            found.append(None)
    return found
