"""Releases as a store keeps them, made of entries."""

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.boards.entries import Entry
from evalkit.boards.kept import encode_verdicts
from evalkit.store.releases import verdicts_name
from evalkit.types import Estimate, Group, ReleaseRun

START = datetime.datetime(2026, 1, 5, 9, 30, tzinfo=datetime.UTC)
SHOWN = Estimate(50.0, 1.0, 48.0, 52.0, 10)


def kept(
    entry: Entry, day: int, *, outputs: str | None = None, categories: Mapping[str, str] | None = None, **fields: Any
) -> tuple[ReleaseRun, str]:
    """A run on an entry's verdicts, some days after the first, with the text of the verdicts; outputs are named after
    the day.
    """
    text = encode_verdicts(entry, categories or {})
    chosen: dict[str, Any] = {
        "group": Group("bench", entry.digest, entry.baseline, entry.model),
        "judge": entry.judge,
        "served_as": entry.served_as,
        "outputs": hashlib.sha256(f"{day}".encode()).hexdigest() if outputs is None else outputs,
        "baseline_outputs": "b",
        "questions": "q",
        "origin": verdicts_name(text),
        "verdicts": verdicts_name(text),
        "at": START + datetime.timedelta(days=day),
        "command": "annotate",
        "metric": "win_rate",
        "shown": SHOWN,
    }
    return ReleaseRun(**{**chosen, **fields}), text


def kept_line(
    entries: Sequence[Entry], *, categories: Mapping[str, str] | None = None
) -> tuple[list[ReleaseRun], dict[str, str]]:
    """A run for each entry, a day apart, and all their verdicts."""
    found = [kept(entry, day, categories=categories) for day, entry in enumerate(entries)]
    return [run for run, _ in found], {run.verdicts: text for run, text in found}
