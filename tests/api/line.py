"""A line of releases of one model, made of the shipped example's answers."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from tests.rig import REPOSITORY

MODEL = "careful"
Records = list[dict[str, Any]]
_SHARE = 0.3


def answers() -> Records:
    """The shipped answers of the model."""
    found: Records = json.loads((REPOSITORY / "examples" / "outputs" / f"{MODEL}.json").read_text(encoding="utf-8"))
    return found


def reworded(records: Records, number: int) -> Records:
    """The answers of another release: some of them, spread over all categories, are a few words longer."""
    return [
        {**record, "output": f"{record['output']} That is all."} if _drawn(record, number) else record
        for record in records
    ]


def worse_in(records: Records, category: str) -> Records:
    """The answers with those of one category cut off in the middle."""
    return [{**record, "output": _half(record["output"])} if record["dataset"] == category else record
            for record in records]  # fmt: skip


def six_releases(worse: str, at: int) -> Iterator[tuple[str, Records]]:
    """The answers of six releases by label; from the one numbered `at` the answers in one category are cut off."""
    for number in range(6):
        records = reworded(answers(), number)
        yield f"v1.{number}", worse_in(records, worse) if number >= at else records


def _half(text: str) -> str:
    words = text.split(" ")
    return " ".join(words[: max(1, len(words) // 2)])


def _drawn(record: dict[str, Any], number: int) -> bool:
    digest = hashlib.sha256(f"{number} {record['instruction']}".encode()).digest()
    return number > 0 and digest[0] < 256 * _SHARE
