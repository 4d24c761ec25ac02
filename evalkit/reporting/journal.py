"""A run's log on request: one JSON object a line, written as things happen."""

import contextlib
import datetime
import json
from collections.abc import Iterator
from pathlib import Path

from evalkit.engine import Journal, unwritten
from evalkit.errors import InputError


@contextlib.contextmanager
def open_journal(path: Path | None) -> Iterator[Journal]:
    """What writes events to a file, appending; nothing is kept without one.

    Raises:
        InputError: the file cannot be written.
    """
    if path is None:
        yield unwritten
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # a line at a time reaches the file, so that it can be followed
        file = path.open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None

    def write(event: str, facts: dict[str, object]) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        # a log that cannot be written must not end the run that it tells of
        with contextlib.suppress(OSError):
            file.write(json.dumps({"time": now, "event": event, **facts}, ensure_ascii=True) + "\n")

    try:
        yield write
    finally:
        with contextlib.suppress(OSError):
            file.close()
