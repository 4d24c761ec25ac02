"""A written row follows from the store's raw replies, and whatever was edited since shows."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from evalkit.api.verification import Disagreement, Verified, verify_files, verify_row
from evalkit.boards.entries import Aggregation, Lengths
from evalkit.boards.gathering import Backing, entries_of_annotations
from evalkit.boards.metrics import Recipe
from evalkit.boards.row import build_row
from evalkit.engine.limits import Limits
from evalkit.errors import InputError
from evalkit.judge_spec.config import read_judge, with_orders
from evalkit.judging.layout import Options
from evalkit.judging.run import Annotated, annotate
from evalkit.judging.work import plan_all
from evalkit.provenance.canonical import stored_document
from evalkit.provenance.document import sealed
from evalkit.provenance.row_files import write_results
from evalkit.sources.entries import entries_of_store
from evalkit.stats.sample import Combine
from evalkit.store import Store, open_store
from evalkit.store.encoding import place_checksum, reply_checksum
from evalkit.store.plans import plan_checksum
from evalkit.store.tables import asked_table, plan_table, reply_table
from evalkit.types import Audit, Example, Finding, JudgeConfig, Output, OutputSet, PlanRecord, Prices, Severity
from tests.builders import output_set
from tests.store.test_opening import make_version_3, make_version_4

N = 30
BENCHMARK = "bench"
SURFACE = dataclasses.replace(read_judge("surface"), prices=Prices(1.0, 10.0))
BOTH = with_orders(SURFACE, "both")
FIVE_WAY = read_judge("surface_five_way")
GRADE = read_judge("surface_grade")
Row = dict[str, Any]


def texts(model: str) -> list[str]:
    """Of different lengths and marks, some equal to each other."""
    return [f"{'- ' * (n % 2)}{model} {n} {'word ' * (len(model) * n % 11)}{'**bold** ' * (n % 3)}" for n in range(N)]


def conversations(model: str) -> OutputSet:
    questions = tuple(
        Example(str(n), (f"First {n}", f"Then {n}"), "math" if n % 2 else "writing", cluster=str(n)) for n in range(N)
    )
    said = tuple(Output(one.key, model, (f"one {'x ' * (n % 7)}", f"two {'y ' * (n % 5)}"))
                 for n, one in enumerate(questions))  # fmt: skip
    return OutputSet(model, f"{model}.jsonl", questions, said)


def judged(
    store: Store,
    judge: JudgeConfig = SURFACE,
    *,
    options: Options = Options(BENCHMARK),
    audit: Audit | None = None,
    candidate: OutputSet | None = None,
) -> Annotated:
    """One model, judged."""
    graded = judge.asks == "grade"
    shown = candidate or (conversations("cand") if graded else output_set("cand", texts("cand")))
    baseline = None if graded else output_set("base", texts("baseline"))
    (work,) = plan_all(baseline, [shown], [judge], options, secret=store.secret)
    (done,) = annotate([dataclasses.replace(work, audit=audit)], store, limits=Limits())
    return done


def write(folder: Path, done: Annotated, aggregation: Aggregation = Aggregation(), recipe: Recipe = Recipe()) -> Path:
    """Its files; the row's is returned."""
    backing = Backing(plans={done.work.group: done.work.record})
    entries = entries_of_annotations(done.annotations, aggregation, backing)
    rows = [build_row(entry, recipe) for entry in entries]
    return write_results(folder, done, rows, options=done.work.options, limits=Limits()) / "row.json"


def read(path: Path) -> Row:
    return dict(json.loads(path.read_text()))


@pytest.fixture
def row(store: Store, tmp_path: Path) -> Row:
    return read(write(tmp_path / "results", judged(store, BOTH)))


def causes(verified: Verified) -> dict[str, Disagreement]:
    return {one.field: one.cause for one in verified.differences}


BY_TURN = Options(BENCHMARK, by_turn=True)
SLICES = Aggregation(combine=Combine.AGREEMENT, by=("turn", "category"))
WHOLE: dict[str, tuple[JudgeConfig, Options, Aggregation, Recipe]] = {
    "one order": (SURFACE, Options(BENCHMARK), Aggregation(), Recipe()),
    "both orders": (BOTH, Options(BENCHMARK), Aggregation(), Recipe()),
    "repeats of a part": (BOTH, Options(BENCHMARK, repeats=3, limit=20, seed=4), Aggregation(), Recipe()),
    "grades by turn": (GRADE, BY_TURN, SLICES, Recipe()),
    "resampled": (SURFACE, Options(BENCHMARK), Aggregation(), Recipe(replicates=60)),
    "another confidence": (SURFACE, Options(BENCHMARK), Aggregation(), Recipe(confidence=0.8)),
    "style, strong verdicts": (FIVE_WAY, Options(BENCHMARK), Aggregation(strong_weight=3.0),
                               Recipe(controls=("length", "bold"))),
    "what orders agree on": (BOTH, Options(BENCHMARK), Aggregation(combine=Combine.AGREEMENT), Recipe()),
}  # fmt: skip


@pytest.mark.parametrize("kind", WHOLE)
def test_a_row_that_nobody_touched_is_equal(store: Store, tmp_path: Path, kind: str) -> None:
    judge, options, aggregation, recipe = WHOLE[kind]
    done = judged(store, judge, options=options)
    verified = verify_row(read(write(tmp_path, done, aggregation, recipe)), store)
    assert verified.differences == () and verified.notes == ()
    assert (verified.model, verified.judge) == ("cand", judge.name)
    assert verified.n_verdicts == len(list(done.annotations))
    assert verified.row is not None and verified.row.entry.plan == done.work.record


def test_a_row_with_the_difficulty_of_its_instructions_takes_the_same_difficulty(store: Store) -> None:
    done = judged(store)
    difficulty = {key: n / 7 % 1.3 for n, key in enumerate(done.work.keys)}
    (entry,) = entries_of_store(store, benchmark=BENCHMARK)
    document = sealed(
        stored_document(build_row(entry, Recipe(difficulty=difficulty)), benchmark=BENCHMARK), annotations=None
    )
    assert verify_row(document, store, difficulty=difficulty).equal
    with pytest.raises(InputError, match="Give it with --difficulty"):
        verify_row(document, store)
    with pytest.raises(InputError, match="other than the one that was given"):
        verify_row(document, store, difficulty={**difficulty, done.work.keys[0]: 9.0})


def test_a_jury_has_a_row_each_and_all_follow(store: Store, tmp_path: Path) -> None:
    for judge in (SURFACE, read_judge("longest"), read_judge("random")):
        write(tmp_path, judged(store, judge))
    found = verify_files(tmp_path, store)
    assert [one.equal for one in found.rows] == [True, True, True] and found.refused == ()


def numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every number in a document."""
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers(one, (*path, key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def edit(document: Row, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Row:
    copy: Any = json.loads(json.dumps(document))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = change(inner[path[-1]])
    return dict(copy)


@pytest.mark.parametrize("kind", ["both orders", "grades by turn", "style, strong verdicts", "repeats of a part"])
def test_every_edited_number_is_detected(store: Store, tmp_path: Path, kind: str) -> None:
    judge, options, aggregation, recipe = WHOLE[kind]
    document = read(write(tmp_path, judged(store, judge, options=options), aggregation, recipe))
    paths = list(numbers(document))
    assert len(paths) > 25
    for path in paths:
        for change in (lambda number: number + 1, lambda number: -number - 0.25):
            assert not verify_row(edit(document, path, change), store).equal, path


@pytest.mark.parametrize("kind", ["both orders", "grades by turn", "style, strong verdicts"])
def test_an_edited_number_is_detected_though_its_digest_was_made_anew(store: Store, tmp_path: Path, kind: str) -> None:
    judge, options, aggregation, recipe = WHOLE[kind]
    document = read(write(tmp_path, judged(store, judge, options=options), aggregation, recipe))
    for path in numbers(document):
        if path[:2] == ("provenance", "recipe"):
            # what is computed by another recipe is another row, and as true
            continue
        forged = sealed(edit(document, path, lambda number: number + 1), annotations=None)
        verified = verify_row(forged, store)
        assert ".".join(map(str, path)) in causes(verified)
        if path[0] != "provenance":
            assert set(causes(verified).values()) == {Disagreement.NUMBER}, path


@pytest.mark.parametrize("hiding", ["nameless object", "name with dots"])
def test_no_field_stands_in_for_another_by_a_name_that_looks_the_same(store: Store, row: Row, hiding: str) -> None:
    if hiding == "nameless object":
        forged = {**row, "lc_win_rate": 99.5, "": {"lc_win_rate": row["lc_win_rate"]}}
    else:
        components = {**row["components"], "repeats": 9.0}
        forged = {**row, "components": components, "components.repeats": row["components"]["repeats"]}
    assert not verify_row(sealed(forged, annotations=None), store).equal


def test_every_other_field_is_guarded_too(store: Store, row: Row) -> None:
    for change in (
        {"lc_status": "ok, really"},
        {"notes": ["trust me"]},
        {"rank": 1},
        {"extra": 1},
        {"sha256": "0" * 64},
        {"model": "other"},
        {"judge": "other"},
        {"benchmark": "other"},
        {"judge_digest": "0"},
        {"provenance": {**row["provenance"], "prompt_mode": "hardened"}},
        {"provenance": {**row["provenance"], "recipe": {**row["provenance"]["recipe"], "confidence": 1e400}}},
        {"provenance": {**row["provenance"], "recipe": {**row["provenance"]["recipe"], "bootstrap": 1e400}}},
        {"provenance": {**row["provenance"], "recipe": "none"}},
        {"provenance": {**row["provenance"], "recipe": {**row["provenance"]["recipe"], "controls": ["emoji"]}}},
    ):
        found = verify_row({**row, **change}, store)
        assert not found.equal
        assert found.differences[0].cause == Disagreement.EDITED, "the file was edited, not the store"
    left_out = {name: value for name, value in row.items() if name != "n_ties"}
    assert causes(verify_row(left_out, store))["n_ties"] == Disagreement.NUMBER


@pytest.fixture
def change(store: Store) -> Callable[..., None]:
    """Change one row of a table as somebody does who knows how checksums are made, or does not."""

    def changed(table: sa.Table, column: str, value: Callable[[Any], Any], *, checksum: Any = None) -> None:
        with store.transaction() as connection:
            row = dict(connection.execute(sa.select(table).where(table.c[column].is_not(None))).mappings().all()[3])
            where = [one == row[one.name] for one in table.primary_key]
            row[column] = value(row[column])
            if checksum is not None:
                row["checksum"] = checksum(row)
            connection.execute(sa.update(table).where(*where).values(row))

    return changed


def reply_sum(row: Row) -> str:
    return reply_checksum(row["key"], row["reply"], row["exchange"])


def other_verdict(reply: str) -> str:
    """The same reply with the probabilities of its labels swapped."""
    fields = json.loads(reply)
    (first, p), (second, q) = fields["top_logprobs"][0]
    fields["top_logprobs"] = [[[first, q], [second, p]]]
    return json.dumps(fields)


def test_an_edited_reply_is_detected_with_and_without_its_checksum(
    store: Store, row: Row, change: Callable[..., None]
) -> None:
    change(reply_table, "reply", other_verdict)
    (damage,) = verify_row(row, store).differences
    assert (damage.cause, damage.field.split()[0]) == (Disagreement.DAMAGED, "replies")
    change(reply_table, "reply", lambda reply: reply, checksum=reply_sum)
    found = causes(verify_row(row, store))
    assert found["provenance.replies_sha256"] == found["win_rate"] == Disagreement.REPLIES
    assert found["provenance.verdicts_sha256"] == Disagreement.VERDICTS
    assert "provenance.document_sha256" not in found, "the file was not edited"


def test_an_edited_place_is_detected_with_and_without_its_checksum(
    store: Store, row: Row, change: Callable[..., None]
) -> None:
    change(asked_table, "candidate_chars", lambda n: n + 5000)
    (damage,) = verify_row(row, store).differences
    assert (damage.cause, damage.field.split()[0]) == (Disagreement.DAMAGED, "asked")
    change(asked_table, "candidate_chars", lambda n: n, checksum=place_checksum)
    found = causes(verify_row(row, store))
    assert found["lc_win_rate"] == found["provenance.verdicts_sha256"] == Disagreement.VERDICTS
    assert "win_rate" not in found and "provenance.replies_sha256" not in found


def test_an_edited_plan_is_detected_with_and_without_its_checksum(store: Store, row: Row) -> None:
    for forged in (False, True):
        with store.transaction() as connection:
            plan = dict(connection.execute(sa.select(plan_table)).mappings().one())
            document = json.loads(plan["document"])
            document["seed"] += 1
            document["data"]["candidate"] = "0" * 64
            plan["document"] = json.dumps(document, sort_keys=True)
            if forged:
                plan["checksum"] = plan_checksum(plan)
            connection.execute(sa.update(plan_table).values(plan))
        found = causes(verify_row(row, store))
        if forged:
            assert found == {
                "provenance.seed": Disagreement.PLAN,
                "provenance.data_sha256.candidate": Disagreement.DATA,
            }
        else:
            assert list(found.values()) == [Disagreement.DAMAGED]


def test_a_judge_who_is_not_the_plans_is_detected(store: Store, row: Row) -> None:
    with store.transaction() as connection:
        plan = dict(connection.execute(sa.select(plan_table)).mappings().one())
        plan["document"] = plan["document"].replace('"parser": "token_probability"', '"parser": "bracket_label"')
        connection.execute(sa.update(plan_table).values({**plan, "checksum": plan_checksum(plan)}))
    found = causes(verify_row(row, store))
    assert found == {f"judge {BOTH.name}: parser": Disagreement.JUDGE, "provenance.parser": Disagreement.JUDGE}


def test_a_row_of_earlier_data_tells_that_the_data_are_others(store: Store, row: Row) -> None:
    judged(store, BOTH, candidate=output_set("cand", texts("candidate")))
    found = causes(verify_row(row, store))
    assert found["provenance.data_sha256.candidate"] == found["win_rate"] == Disagreement.DATA
    assert "provenance.data_sha256.baseline" not in found and "provenance.data_sha256.questions" not in found


def test_a_run_with_other_options_tells_that_the_plan_is_another(store: Store, row: Row) -> None:
    judged(store, BOTH, options=Options(BENCHMARK, repeats=2))
    found = causes(verify_row(row, store))
    assert found["provenance.repeats"] == Disagreement.PLAN and Disagreement.DATA not in found.values()


def test_other_prices_of_a_later_run_of_another_model_change_no_earlier_cost(store: Store, row: Row) -> None:
    dearer = dataclasses.replace(BOTH, prices=Prices(7.0, 70.0))
    judged(store, dearer, candidate=output_set("other", texts("other")))
    assert verify_row(row, store).equal


def test_another_version_alone_is_no_difference_and_is_noted(store: Store, row: Row) -> None:
    older = {**row, "evalkit": "0.0.9", "provenance": {**row["provenance"], "evalkit": "0.0.9"}}
    del older["n_ties"]
    verified = verify_row(sealed(older, annotations=None), store)
    assert verified.equal and verified.notes[0].startswith("computed by evalkit 0.0.9; this is")
    other = sealed({**older, "win_rate": 12.0}, annotations=None)
    assert causes(verify_row(other, store)) == {"win_rate": Disagreement.VERSION}


def test_what_an_empty_store_is_asked_for_is_not_there(row: Row, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'other.db'}") as other:
        assert list(causes(verify_row(row, other)).values()) == [Disagreement.ABSENT]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "has no provenance"),
        ({}, "has no provenance"),
        ({"win_rate": 50.0, "evalkit": "0.0.1"}, "has no provenance.*Run evalkit annotate again"),
        ({"provenance": {"plan": None}}, "come from another tool"),
        ({"provenance": {"plan": "x"}}, "row of a board"),
    ],
)
def test_what_is_no_row_of_a_run_is_refused(store: Store, document: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        verify_row(document, store)


def test_a_store_of_layout_3_opens_and_has_no_provenance_of_the_plan(store: Store, row: Row, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    make_version_3(store, path)
    with open_store(f"sqlite:///{path}") as migrated:
        (entry,) = entries_of_store(migrated, benchmark=BENCHMARK)
        assert entry.plan is None and entry.sample.n == N
        with pytest.raises(InputError, match="no provenance of the plan"):
            verify_row(row, migrated)
        again = judged(migrated, BOTH)
        assert again.progress.stored == again.progress.total, "nothing is asked again"
        assert verify_row(row, migrated).equal


def test_a_row_of_the_time_when_blanks_were_length_is_recomputed_by_that_rule(store: Store, tmp_path: Path) -> None:
    padded = output_set("cand", [text + "\n" * (70 * (n % 3)) for n, text in enumerate(texts("cand"))])
    old_row = read(
        write(tmp_path / "old", judged(store, BOTH, candidate=padded), Aggregation(lengths=Lengths.CHARACTERS))
    )
    assert "lengths" not in old_row["provenance"]["recipe"]
    path = tmp_path / "old.db"
    make_version_4(store, path)
    with open_store(f"sqlite:///{path}") as migrated:
        assert verify_row(old_row, migrated).equal
        row = read(write(tmp_path / "new", judged(migrated, BOTH, candidate=padded)))
        assert row["provenance"]["recipe"]["lengths"] == "text"
        assert row["lc_win_rate"] != old_row["lc_win_rate"] and row["avg_length"] == old_row["avg_length"]
        for one, notes in ((row, 0), (old_row, 1)):
            verified = verify_row(one, migrated)
            assert verified.equal and sum("blanks around" in note for note in verified.notes) == notes


def test_lengths_of_an_old_store_are_told_to_hold_blanks_until_its_run_is_repeated(
    store: Store, tmp_path: Path
) -> None:
    judged(store, BOTH)
    path = tmp_path / "old.db"
    make_version_4(store, path)
    with open_store(f"sqlite:///{path}") as migrated:
        (entry,) = entries_of_store(migrated, benchmark=BENCHMARK)
        assert "count the blanks around an answer" in (entry.length_notice or "")
        judged(migrated, BOTH)
        (entry,) = entries_of_store(migrated, benchmark=BENCHMARK)
        assert entry.length_notice is None


def test_an_audit_lies_with_the_plan_and_outlives_a_run_without_one(store: Store, tmp_path: Path) -> None:
    finding = Finding("distinct", Severity.FAIL, "1 of 30 texts", 29, 30, ("k001",))
    audit = Audit(30, ("distinct", "empty"), (finding,))
    done = judged(store, audit=audit)
    judged(store)
    (entry,) = entries_of_store(store, benchmark=BENCHMARK)
    assert entry.plan is not None and entry.plan.audit == entry.audit == audit
    assert verify_row(read(write(tmp_path, done)), store).equal
    judged(store, options=Options(BENCHMARK, limit=9))
    (entry,) = entries_of_store(store, benchmark=BENCHMARK)
    assert entry.plan is not None and entry.plan.audit is None, "of other places"


def test_a_plan_comes_back_as_it_went_in(store: Store) -> None:
    done = judged(store, FIVE_WAY)
    kept = store.plan_of(done.work.group)
    assert isinstance(kept, PlanRecord) and kept == done.work.record
    assert store.plans(benchmark=BENCHMARK) == {done.work.group: kept}
    assert store.plans(benchmark="other") == {}
    assert kept.data.questions != kept.data.candidate and len(kept.data.candidate) == 64


def test_the_files_beside_a_row_are_the_ones_it_was_written_with(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path, judged(store))
    said = read(path)["provenance"]["annotations_sha256"]
    assert said == hashlib.sha256((path.parent / "annotations.json").read_bytes()).hexdigest()
    text = (path.parent / "annotations.json").read_text()
    (path.parent / "annotations.json").write_text(text.replace('"preference": 1.', '"preference": 2.', 1))
    (verified,) = verify_files(path, store).rows
    assert causes(verified) == {"annotations.json": Disagreement.EDITED}
