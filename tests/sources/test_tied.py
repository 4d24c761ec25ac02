"""Files of verdicts: near-duplicates are found in their texts, or a field declares what depends on each other."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evalkit.boards.entries import Aggregation, Dependence, Entry
from evalkit.boards.metrics import Recipe
from evalkit.boards.row import build_row
from evalkit.errors import InputError
from evalkit.provenance.dependence import dependence_note
from evalkit.provenance.row_content import row_notes
from evalkit.sources.entries import entries_of_files, entries_of_store
from evalkit.sources.imports import ImportOptions, import_files
from evalkit.store import Store
from tests.variants import annotation_rows, families

N = 100
FOUND = "100 instructions count as 20: near-duplicates of each other are one cluster (--cluster FIELD declares others)"
Row = dict[str, Any]


def written(path: Path, rows: list[Row]) -> Path:
    path.write_text(json.dumps(rows))
    return path


def entry_of(*paths: Path, **aggregation: Any) -> Entry:
    (entry,) = entries_of_files(paths, aggregation=Aggregation(**aggregation))
    return entry


def drawn(generator: np.random.Generator, n: int = N) -> "np.typing.NDArray[np.float64]":
    """Verdicts of which most of a five say the same; 0.4 on average."""
    own, shared = generator.beta(0.6, 0.9, n), np.repeat(generator.beta(0.6, 0.9, n // 5), 5)
    return np.where(generator.random(n) < 0.9, shared, own)


def test_near_duplicates_in_fives_are_covered_as_promised_where_there_are_texts(tmp_path: Path) -> None:
    generator, texts = np.random.default_rng(11), families(N, 5)
    covered = {"with texts": 0, "without": 0}
    runs = 100
    for run in range(runs):
        preference = drawn(generator)
        alone = [f"{place} {' '.join(reversed(text.split()))}"[:9] for place, text in enumerate(texts)]
        for name, instructions in (("with texts", texts), ("without", alone)):
            path = written(tmp_path / f"{run}.json", annotation_rows(instructions, preference))
            raw = build_row(entry_of(path), Recipe()).raw.estimate
            assert raw.lower is not None and raw.upper is not None
            covered[name] += raw.lower <= 40 <= raw.upper
    assert covered["with texts"] / runs >= 0.92
    assert covered["without"] / runs < 0.82


def test_the_row_says_how_many_instructions_count_as_one(tmp_path: Path) -> None:
    preference = drawn(np.random.default_rng(1))
    row = build_row(entry_of(written(tmp_path / "a.json", annotation_rows(families(N, 5), preference))), Recipe())
    assert row.entry.dependence == Dependence(100, 20, None, looked=True)
    assert FOUND in row_notes(row)
    assert row.design_effect is not None and row.design_effect > 2
    unlike = build_row(entry_of(written(tmp_path / "b.json", annotation_rows(families(N, 1), preference))), Recipe())
    assert dependence_note(unlike.entry.dependence) == []
    assert unlike.design_effect == 1.0


def test_neither_the_order_of_rows_nor_a_second_model_changes_the_clusters(tmp_path: Path) -> None:
    rows = annotation_rows(families(N, 5), drawn(np.random.default_rng(2)))
    there = entry_of(written(tmp_path / "a.json", rows)).sample
    turned = entry_of(written(tmp_path / "b.json", rows[::-1])).sample
    assert (there.keys, there.clusters) == (turned.keys, turned.clusters)
    assert there.cluster.tolist() == turned.cluster.tolist()
    other = written(tmp_path / "c.json", [{**row, "generator_2": "other"} for row in rows[:40]])
    small, whole = sorted(entries_of_files([tmp_path / "a.json", other]), key=lambda one: one.sample.n)
    assert whole.sample.clusters == there.clusters
    assert set(small.sample.clusters) <= set(there.clusters)


def test_a_field_declares_clusters_instead_of_those_that_are_found(tmp_path: Path) -> None:
    topics = [f"t{place % 50}" for place in range(N)]
    path = written(tmp_path / "a.json", annotation_rows(families(N, 5), drawn(np.random.default_rng(3)), topic=topics))
    entry = entry_of(path, cluster="topic")
    assert entry.dependence == Dependence(100, 50, "topic", looked=False)
    assert dependence_note(entry.dependence) == [
        "100 instructions count as 50: those with the same 'topic' are one cluster"
    ]


def test_a_field_that_is_missing_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", annotation_rows(families(4, 1), np.full(4, 0.5)))
    with pytest.raises(InputError, match=r"a\.json.*no field 'topic' to cluster by\. Fields there are: 'instruction'"):
        entry_of(path, cluster="topic")


def test_a_null_stands_alone_and_a_list_names_no_cluster(tmp_path: Path) -> None:
    rows = annotation_rows(families(4, 1), np.array([0.1, 0.4, 0.6, 0.9]))
    topics: list[object] = ["a", None, None, "a"]
    path = written(tmp_path / "a.json", [{**row, "topic": topic} for row, topic in zip(rows, topics, strict=True)])
    assert entry_of(path, cluster="topic").sample.n_clusters == 3
    path = written(tmp_path / "a.json", [{**row, "topic": ["a"]} for row in rows])
    with pytest.raises(InputError, match='field "topic": expected text or a number to cluster by'):
        entry_of(path, cluster="topic")


def table(path: Path, **columns: object) -> Path:
    n = 40
    given = {"judge": "j", "model": "m", "baseline": "b", "index": range(n),
             "preference": 1 + np.linspace(0.1, 0.9, n), "len_1": 10, "len_2": 12, **columns}  # fmt: skip
    pd.DataFrame(given).to_csv(path, index=False)
    return path


def test_a_table_of_numbers_says_that_near_duplicates_could_not_be_looked_for(tmp_path: Path) -> None:
    entry = entry_of(table(tmp_path / "v.csv"))
    assert entry.dependence == Dependence(40, 40, None, looked=False)
    (note,) = dependence_note(entry.dependence)
    assert "near-duplicate instructions could not be looked for" in note


def test_a_column_of_a_table_declares_clusters(tmp_path: Path) -> None:
    path = table(tmp_path / "v.csv", topic=[n // 4 for n in range(40)])
    entry = entry_of(path, cluster="topic")
    assert entry.sample.n_clusters == 10
    assert entry.sample.cluster.tolist() == sorted(entry.sample.cluster.tolist())
    with pytest.raises(InputError, match="no field 'team' to cluster by"):
        entry_of(path, cluster="team")


def test_a_table_with_instructions_is_searched_for_near_duplicates(tmp_path: Path) -> None:
    assert entry_of(table(tmp_path / "v.csv", instruction=families(40, 5))).sample.n_clusters == 8


def test_verdicts_of_conversations_are_never_split_between_clusters(tmp_path: Path) -> None:
    rows = [
        {"question_id": number, "model": "m", "judge": ["gpt-4", "single-v1"], "judgment": "[[7]]", "turn": turn,
         "score": 1 + (number + turn) % 9,
         "user_prompt": f"[Question]\n{text}\n\n[The Start of Assistant's Answer]\nYes.\n"
                        "[The End of Assistant's Answer]"}
        for number, text in enumerate(families(30, 3)) for turn in (1, 2)
    ]  # fmt: skip
    path = tmp_path / "gpt-4_single.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    sample = entry_of(path).sample
    assert sample.n == 60
    of_question: dict[str, set[int]] = {}
    for key, cluster in zip(sample.keys, sample.cluster.tolist(), strict=True):
        of_question.setdefault(key.rpartition(":")[0], set()).add(cluster)
    assert all(len(one) == 1 for one in of_question.values())
    assert sample.n_clusters <= 30


def test_an_imported_file_has_the_clusters_that_it_has_when_it_is_read(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "annotations.json.gz"
    rows = annotation_rows(families(N, 5), drawn(np.random.default_rng(4)))
    with gzip.open(path, "wt") as file:
        json.dump(rows, file)
    import_files(store, [path], ImportOptions(), judges_folder=tmp_path / "judges")
    (kept,) = entries_of_store(store, benchmark="imported")
    read = entry_of(path)
    assert kept.sample.clusters == read.sample.clusters
    assert kept.sample.cluster.tolist() == read.sample.cluster.tolist()


def test_sources_that_differ_are_told_with_what_it_would_mean(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    dataset = [("koala", "oasst")[place % 2] for place in range(N)]
    preference = np.where(np.arange(N) % 2 == 0, generator.beta(4, 2, N), generator.beta(2, 4, N))
    path = written(tmp_path / "a.json", annotation_rows(families(N, 1), preference, dataset=dataset))
    row = build_row(entry_of(path, by=("dataset",)), Recipe())
    assert set(row.slices) == {"category koala", "category oasst"}
    (note,) = [one for one in row_notes(row) if "sources" in one]
    assert note.startswith(
        "its win rate differs between sources (p < 0.001): if the sources were drawn at random, the "
    )
    assert row.sources is not None and row.sources.error_factor is not None
    assert f"{row.sources.error_factor:.1f} times as large" in note
    alike = written(tmp_path / "b.json", annotation_rows(families(N, 1), generator.beta(2, 2, N), dataset=dataset))
    assert not any("sources" in one for one in row_notes(build_row(entry_of(alike, by=("dataset",)), Recipe())))
    single = build_row(entry_of(written(tmp_path / "c.json", annotation_rows(families(N, 1), preference)),
                                by=("dataset",)), Recipe())  # fmt: skip
    assert "differences between sources were not tested: 0 sources, at least 2 needed" in row_notes(single)
    assert build_row(entry_of(path, by=("category",)), Recipe()).sources is None
