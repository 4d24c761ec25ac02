"""Clusters from outputs to boards: declared or found, laid out in the store, and never asked for again."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from evalkit.auditing.clusters import Clusters, declared_clusters, find_clusters
from evalkit.engine.limits import Limits
from evalkit.judge_spec.config import read_judge
from evalkit.judging.layout import Options
from evalkit.judging.run import annotate
from evalkit.judging.work import plan_all
from evalkit.sources.entries import entries_of_files, entries_of_store
from evalkit.store import Store
from evalkit.types import Example, Output, OutputSet
from tests.cli.running import Done, evalkit
from tests.variants import families

N = 60
SURFACE = read_judge("surface")


def outputs(path: Path, model: str, instructions: list[str], **fields: list[Any]) -> Path:
    rows = [
        {"instruction": text, "output": f"{model} says {'much ' * (place % 7)}", "generator": model,
         **{name: values[place] for name, values in fields.items()}}
        for place, text in enumerate(instructions)
    ]  # fmt: skip
    path.write_text(json.dumps(rows))
    return path


def judged(
    folder: Path, *more: object, model: str = "cand", texts: list[str] | None = None, **fields: list[Any]
) -> Done:
    instructions = texts or families(N, 5)
    base = outputs(folder / "base.json", "base", instructions, **fields)
    cand = outputs(folder / f"{model}.json", model, instructions, **fields)
    return evalkit("annotate", cand, "--baseline", base, "--judge", "surface", "--audit", "off", *more, cwd=folder)


def row_of(folder: Path, model: str = "cand") -> dict[str, Any]:
    return dict(json.loads((folder / "results" / model / "surface" / "row.json").read_text()))


def test_a_cluster_is_named_after_the_first_of_its_keys() -> None:
    first, second, third = families(3, 2)
    assert find_clusters({"b": first, "a": second, "c": third}) == Clusters({"a": "a", "b": "a"}, looked=True)
    assert declared_clusters({"a": "x", "b": None, "c": "x"}, "topic").names == {"a": "topic x", "c": "topic x"}


def test_annotate_the_store_its_files_and_verify_agree_on_clusters(tmp_path: Path) -> None:
    done = judged(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "60 instructions count as 12: near-duplicates of each other are one cluster" in done.stdout
    row = row_of(tmp_path)
    assert row["dependence"] == {"instructions": 60, "clusters": 12, "field": None, "looked": True}
    assert evalkit("verify", "results", cwd=tmp_path).returncode == 0
    boards = [
        json.loads(evalkit("leaderboard", *sources, "--format", "json", cwd=tmp_path).stdout)["boards"][0]["rows"][0]
        for sources in ((), ("results",))
    ]
    for board in boards:
        assert board["dependence"] == row["dependence"]
        for name in ("win_rate_stderr", "design_effect", "lc_lower", "lc_upper"):
            assert board[name] == pytest.approx(row[name], abs=1e-9)


def test_a_limit_takes_of_the_clusters_of_the_whole_benchmark(tmp_path: Path) -> None:
    # 150 instructions in threes: of 20 alone five like these would be another template
    assert judged(tmp_path, "--limit", "20", texts=families(150, 3)).returncode == 0
    few = row_of(tmp_path)["dependence"]
    rows = json.loads((tmp_path / "results" / "cand" / "surface" / "annotations.json").read_text())
    place = {text: number // 3 for number, text in enumerate(families(150, 3))}
    there = len({place[row["instruction"]] for row in rows})
    assert few == {"instructions": 20, "clusters": there, "field": None, "looked": True}
    (entry,) = entries_of_files([tmp_path / "results"])
    assert entry.dependence is not None and entry.dependence.clusters == there


def test_a_declared_field_wins_and_nothing_is_asked_again(tmp_path: Path) -> None:
    topics = [f"t{place % 30}" for place in range(N)]
    assert judged(tmp_path, topic=topics).returncode == 0
    again = judged(tmp_path, "--cluster", "topic", topic=topics)
    assert "60 instructions count as 30: those with the same 'topic' are one cluster" in again.stdout
    assert "60 of 60 replies, 60 from the store" in again.stderr
    assert row_of(tmp_path)["provenance"]["cluster"] == "topic"
    assert evalkit("verify", "results", cwd=tmp_path).returncode == 0
    (entry,) = entries_of_files([tmp_path / "results"])
    assert entry.dependence is not None
    assert (entry.dependence.clusters, entry.dependence.field) == (30, "topic")


def test_a_field_that_no_file_has_is_one_clear_line(tmp_path: Path) -> None:
    done = judged(tmp_path, "--cluster", "topic")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "cand.json: row 1: no field 'topic' to cluster by. Fields there are: 'instruction', 'output'" in line
    assert not (tmp_path / "results").exists()


def test_questions_declare_clusters_of_conversations(tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        "".join(
            json.dumps({"question_id": n, "turns": [f"First {n}", f"Then {n}"], "topic": n // 4}) + "\n"
            for n in range(40)
        )
    )
    answers = tmp_path / "cand.jsonl"
    answers.write_text(
        "".join(
            json.dumps({"question_id": n, "answer_id": str(n), "model_id": "cand",
                        "choices": [{"index": 0, "turns": ["one " * (n % 5), "two " * (n % 3 + 1)]}]}) + "\n"
            for n in range(40)
        )
    )  # fmt: skip
    judge = ("--judge", "surface_grade", "--audit", "off")
    command = ("annotate", answers, "--benchmark", "mt_bench", "--questions", questions, *judge)
    done = evalkit(*command, "--cluster", "topic", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "40 instructions count as 10: those with the same 'topic' are one cluster" in done.stdout
    plain = evalkit(*command, cwd=tmp_path)
    assert "count as" not in plain.stdout
    assert "on 40 questions" in plain.stdout


def test_a_store_takes_no_clusters_that_it_was_not_laid_out_with(tmp_path: Path) -> None:
    assert judged(tmp_path).returncode == 0
    for command in (("leaderboard",), ("gate", "cand", "--min", "1")):
        done = evalkit(*command, "--cluster", "topic", cwd=tmp_path)
        assert done.returncode == 2 and "Run evalkit annotate with --cluster" in done.stderr


def test_rows_of_before_near_duplicates_were_found_still_verify(tmp_path: Path) -> None:
    from evalkit.api.verification import verify_row
    from evalkit.provenance.document import sealed

    with _old_store(tmp_path) as (store, older):
        assert verify_row(older, store).differences == ()
        assert verify_row(sealed({**older, "win_rate": 1.0}, annotations=None), store).differences != ()


def test_annotating_again_on_an_old_store_asks_nothing(tmp_path: Path) -> None:
    with _old_store(tmp_path) as (store, _):
        (work,) = plan_all(*_sets(), [SURFACE], Options("bench"), secret=store.secret)
        (done,) = annotate([work], store, limits=Limits())
        assert (done.progress.sent, done.progress.stored) == (0, N)
        (entry,) = entries_of_store(store, benchmark="bench")
        assert entry.sample.n_clusters == N // 5


def test_benchmarks_without_near_duplicates_are_laid_out_as_before(store: Store) -> None:
    baseline, candidates = _sets(size=1)
    (found,) = plan_all(baseline, candidates, [SURFACE], Options("bench"), secret=store.secret)
    (none,) = plan_all(baseline, candidates, [SURFACE], Options("bench"), secret=store.secret, clusters=Clusters())
    assert found.digest == none.digest


def _sets(size: int = 5) -> tuple[OutputSet, list[OutputSet]]:
    examples = tuple(Example(f"k{n:03d}", (text,)) for n, text in enumerate(families(N, size)))

    def said(model: str) -> OutputSet:
        texts = [f"{model} {'much ' * (n % (len(model) + 2))}" for n in range(N)]
        given = tuple(Output(one.key, model, (text,)) for one, text in zip(examples, texts, strict=True))
        return OutputSet(model, f"{model}.json", examples, given)

    return said("base"), [said("candidate")]


def _old_store(folder: Path) -> Any:
    """A store laid out without clusters, and its row as it was written then."""
    import contextlib

    from evalkit.boards.gathering import Backing, entries_of_annotations
    from evalkit.boards.metrics import Recipe
    from evalkit.boards.row import build_row
    from evalkit.provenance.canonical import stored_document
    from evalkit.provenance.document import sealed
    from evalkit.store import open_store
    from evalkit.store.plans import plan_checksum
    from evalkit.store.tables import plan_table

    @contextlib.contextmanager
    def opened() -> Any:
        with open_store(f"sqlite:///{folder / 'old.db'}") as store:
            (work,) = plan_all(*_sets(), [SURFACE], Options("bench"), secret=store.secret, clusters=Clusters())
            (done,) = annotate([work], store, limits=Limits())
            with store.transaction() as connection:
                row = dict(connection.execute(sa.select(plan_table)).mappings().one())
                fields = json.loads(row["document"])
                del fields["cluster"], fields["near_duplicates"]
                row["document"] = json.dumps(fields, sort_keys=True)
                row["checksum"] = plan_checksum(row)
                connection.execute(sa.update(plan_table).values(document=row["document"], checksum=row["checksum"]))
            (entry,) = entries_of_annotations(done.annotations, backing=Backing(plans={work.group: work.record}))
            assert entry.sample.n_clusters == N
            document = stored_document(build_row(entry, Recipe()), benchmark="bench")
            for name in ("design_effect", "dependence", "between_sources"):
                del document[name]
            document["notes"] = [note for note in document["notes"] if "near-duplicate" not in note]
            for name in ("cluster", "near_duplicates"):
                del document["provenance"][name]
            yield store, sealed(document, annotations=None)

    return opened()


def test_two_fives_laid_out_by_hand_have_the_error_of_two() -> None:
    from evalkit.stats.sample import build_sample
    from evalkit.stats.winrate import win_rate

    names = find_clusters({f"{n}": text for n, text in enumerate(families(10, 5))}).names
    keys = sorted(names)
    preference = np.array([0.75 if int(key) < 5 else 0.25 for key in keys])
    found = win_rate(build_sample(keys, preference, clusters=[names[key] for key in keys])).estimate
    # sums by cluster 1.25 and -1.25: sqrt(2/1 * 3.125) / 10
    assert found.n == 2
    assert found.stderr == pytest.approx(25.0)
