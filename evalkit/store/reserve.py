"""Room set aside beside a store, for what is under way when the disk fills up."""

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
    """A file of a fixed size, one for each process; without a `store` that is a file there is none."""

    store: Path | None

    @property
    def path(self) -> Path | None:
        return None if self.store is None else self.store.with_name(f"{self.store.name}-reserve-{os.getpid()}")

    def set_aside(self) -> None:
        """Take the room, where there is any."""
        if self.path is not None:
            with suppress(OSError), self.path.open("wb") as file:
                # zeros that are written, as a file system may take no room for a hole
                file.write(bytes(RESERVE_BYTES))

    def release(self) -> bool:
        """Give the room back; whether there was any."""
        if self.path is None:
            return False
        try:
            self.path.unlink()
        except OSError:
            return False
        return True

    def left_behind(self) -> list[Path]:
        """What processes that are dead had set aside."""
        if self.store is None:
            return []
        found = self.store.parent.glob(f"{self.store.name}-reserve-*")
        return [path for path in found if (owner := _OWNER.search(path.name)) and not running(int(owner.group(1)))]
