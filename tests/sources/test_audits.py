"""Boards mark rows whose outputs an audit refuses: from texts where a source has them, else from lengths."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evalkit.boards.entries import Entry
from evalkit.boards.gathering import entries_of_annotations
from evalkit.formats.outputs import source_records
from evalkit.sources.audits import audits_of
from evalkit.sources.entries import entries_of_files
from tests.auditing.answers import BASELINE, HONEST, INSTRUCTIONS, found
from tests.boards.test_gathering import compared


def annotations(path: Path, texts: list[str], *, model: str = "m", **more: Any) -> Path:
    rows = [
        {
            "instruction": asked,
            "output_1": theirs,
            "generator_1": "base",
            "output_2": text,
            "generator_2": model,
            "annotator": "judge",
            "preference": 1.0 + place % 2,
            **more,
        }
        for place, (asked, theirs, text) in enumerate(zip(INSTRUCTIONS, BASELINE, texts, strict=True))
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def entry_of(path: Path) -> Entry:
    (entry,) = entries_of_files([path])
    return entry


def test_annotations_are_audited_by_their_texts(tmp_path: Path) -> None:
    good = entry_of(annotations(tmp_path / "good.json", HONEST))
    assert good.audit is not None and good.audit.findings == () and "relevance" in good.audit.checks
    assert not good.refused
    bad = entry_of(annotations(tmp_path / "bad.json", [*BASELINE[11:], *BASELINE[:11]]))
    assert bad.audit is not None and bad.refused
    assert {"copied_elsewhere", "relevance"} <= found(bad.audit.failures).keys()


def test_an_answer_that_was_judged_twice_is_one_answer(tmp_path: Path) -> None:
    rows = json.loads(annotations(tmp_path / "one.json", HONEST).read_text())
    twice = tmp_path / "twice.json"
    twice.write_text(json.dumps(rows + [{**row, "annotator": "another"} for row in rows]))
    (audit,) = audits_of(source_records(str(twice))).values()
    assert (audit.n, audit.findings) == (100, ())


def test_texts_that_nobody_knows_leave_the_lengths(tmp_path: Path) -> None:
    assert audits_of(source_records(str(annotations(tmp_path / "none.json", HONEST, output_2=None)))) == {}


def test_a_table_of_preferences_is_audited_by_its_lengths(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "judge": "j",
            "model": ["constant"] * 40 + ["honest"] * 40,
            "baseline": "b",
            "index": [*range(40), *range(40)],
            "preference": [1.0, 2.0] * 40,
            "len_1": 500,
            "len_2": [872] * 40 + list(range(400, 440)),
        }
    )
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    constant, honest = entries_of_files([path])
    assert constant.refused and not honest.refused
    assert constant.audit is not None
    assert constant.audit.failures[0].reason == "40 answers of one length, 872 characters"
    assert honest.audit is not None and honest.audit.checks == ("lengths",)


@pytest.mark.parametrize(("n", "refused"), [(30, True), (29, False)])
def test_verdicts_alone_are_audited_by_their_lengths_once_an_instruction(n: int, refused: bool) -> None:
    verdicts = [one for key in range(n) for one in compared(str(key), 1.0, float(np.mod(key, 2)))]
    (entry,) = entries_of_annotations(verdicts)
    assert entry.audit is not None
    assert (entry.audit.n, entry.refused) == (n, refused)
