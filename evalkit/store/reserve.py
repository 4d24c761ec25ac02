"""Room set aside beside a store, for what is under way when the disk fills up."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

RESERVE_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Reserve:
    """A file of a fixed size; without a `store` that is a file there is none."""

    store: Path | None

    @property
    def path(self) -> Path | None:
        return None if self.store is None else self.store.with_name(f"{self.store.name}-reserve")

    @property
    def exists(self) -> bool:
        """Whether room is set aside, by this run or by one that was killed."""
        return self.path is not None and self.path.exists()

    def set_aside(self) -> None:
        """Take the room, where there is any."""
        if self.path is not None:
            with suppress(OSError), self.path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)

    def release(self) -> bool:
        """Give the room back; whether there was any."""
        if self.path is None:
            return False
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
