"""Write the log of a run on request: one JSON object a line, written as events happen."""

import contextlib
import datetime
import json
from collections.abc import Iterator
from pathlib import Path

from evalkit.engine import Journal, unwritten
from evalkit.errors import InputError
from evalkit.redaction import Redactor


@contextlib.contextmanager
def open_journal(path: Path | None) -> Iterator[Journal]:
    """Yield a function that appends events to a file; without a `path` it keeps nothing.

    Raises:
        InputError: the file cannot be written.
    """
    if path is None:
        yield unwritten
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # each line reaches the file at once, so that a reader can follow it
        file = path.open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None

    # the judges of a run are read before its log is opened
    redactor = Redactor()

    def write(event: str, facts: dict[str, object]) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        # an error of the log must not end the run
        with contextlib.suppress(OSError):
            file.write(redactor.message(json.dumps({"time": now, "event": event, **facts}, ensure_ascii=True)) + "\n")

    try:
        yield write
    finally:
        with contextlib.suppress(OSError):
            file.close()
