"""Reserves room beside a store for the requests under way when the disk fills up."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from evalkit.processes import running

RESERVE_BYTES = 8 * 2**20
_OWNER = re.compile(r"-reserve-(\d+)$")


@dataclass(frozen=True, slots=True)
class Reserve:
    """A file of a fixed size, one for each process; there is none without a `store` that is a file."""

    store: Path | None

    @property
    def path(self) -> Path | None:
        return None if self.store is None else self.store.with_name(f"{self.store.name}-reserve-{os.getpid()}")

    def set_aside(self) -> None:
        """Reserve the room, if the disk has any."""
        if self.path is not None:
            # what a dead process left under this name, or somebody put there, is removed and never opened
            with suppress(OSError):
                self.path.unlink()
            with suppress(OSError), self.path.open("xb") as file:
                # zeros that are written, because a file system may take no room for a hole
                file.write(bytes(RESERVE_BYTES))

    def release(self) -> bool:
        """Give the room back; return whether there was any."""
        if self.path is None:
            return False
        try:
            self.path.unlink()
        except OSError:
            return False
        return True

    def left_behind(self) -> list[Path]:
        """The files that dead processes had reserved."""
        if self.store is None:
            return []
        found = self.store.parent.glob(f"{self.store.name}-reserve-*")
        return [path for path in found if (owner := _OWNER.search(path.name)) and not running(int(owner.group(1)))]
