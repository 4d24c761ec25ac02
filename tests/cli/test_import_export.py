"""evalkit import and evalkit export, as a user runs them."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from evalkit.files import safe_name
from evalkit.formats import detect
from tests.cli.running import Done, evalkit
from tests.cli.test_bad_input import refused_in_one_line
from tests.cli.test_families import N, write_arena, write_conversations
from tests.conftest import REAL_DATA
from tests.formats.test_evaluators import PROMPT, WEIGHTED
from tests.formats.test_foreign import KINDS, PUBLISHED, independently, saved
from tests.rig import mock_judge, write_outputs

Row = dict[str, Any]


def run(*arguments: object, cwd: Path, **environment: str) -> Done:
    done = evalkit(*arguments, cwd=cwd, **environment)
    assert done.returncode == 0, done.stderr
    return done


def board(folder: Path, *arguments: object) -> list[dict[str, str]]:
    done = run("leaderboard", "--format", "csv", "--reference", "none", *arguments, cwd=folder)
    return list(csv.DictReader(io.StringIO(done.stdout)))


def numbers(rows: list[dict[str, str]], *more: str) -> list[dict[str, str]]:
    """What a board says of models, without what names the judge and what only texts can tell."""
    left_out = {"judge", "judge_digest", "cost", "audit", *more}
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]


def same_numbers(one: list[dict[str, str]], other: list[dict[str, str]]) -> bool:
    def values(rows: list[dict[str, str]]) -> list[dict[str, object]]:
        return [{name: _number(value) for name, value in row.items()} for row in rows]

    assert values(one) == values(other)
    return bool(one)


def _number(value: str) -> object:
    try:
        # a code from 1 to 2 holds fewer digits than a share from 0 to 1
        return pytest.approx(float(value), abs=1e-7) if value else ""
    except ValueError:
        return value


# files that were imported


@pytest.mark.skipif(not PUBLISHED, reason="the published files are not beside this checkout")
def test_published_files_come_back_field_by_field(tmp_path: Path) -> None:
    # the smallest of each kind and form; tests of the formats read and write all of them
    small = sorted((path.stat().st_size, path) for path in (REAL_DATA / name for name in PUBLISHED))
    few = [path for size, path in reversed(small) if size < 1_000_000 and path.suffix != ".parquet"]
    paths = list({(detect(path), path.suffix): path for path in few}.values())
    run("import", "auto", *paths, cwd=tmp_path)
    found: list[Path] = []
    for format_ in ("alpaca_eval", "mt_bench", "arena_hard", "table"):
        done = json.loads(run("export", format_, "--out", "out", "--json", cwd=tmp_path).stdout)
        found += [tmp_path / file["path"] for file in done["files"]]
    by_place = {path.relative_to(tmp_path / "out").as_posix().partition("/")[2]: path for path in found}
    assert len(by_place) == len(found) == len(paths) >= 6
    for path in paths:
        place = "/".join(map(safe_name, path.parent.relative_to(path.anchor).parts))
        assert independently(by_place[f"{place}/{path.name}"]) == independently(path), path


# what it takes to be a verdict
COMPLETED: dict[str, Row] = {"annotations": {"generator_1": "b"}, "pair": {"g2_winner": "error"}}


def write_every_kind(folder: Path) -> list[Path]:
    """A small file of each kind and form."""
    paths = []
    for number, (format_, kind, name, row) in enumerate(KINDS):
        place = folder / f"{number}-{format_}-{kind}" / name
        place.parent.mkdir(parents=True)
        whole = {**row, **COMPLETED.get(kind, {})}
        other = {**whole, "instruction": "Another."} if "instruction" in whole else whole
        second = whole if place.suffix == ".csv" else {**other, "more": [1, None, {"é": 0.5}]}
        paths.append(saved(place, [whole, second]))
    rows = [{"judge": "j", "model": "m", "baseline": "b", "index": n, "preference": 1.5, "len_1": 1, "len_2": 2}
            for n in range(3)]  # fmt: skip
    paths.append(folder / "t.parquet")
    pq.write_table(pa.Table.from_pylist([{**row, "when": None, "nan": float("nan")} for row in rows]), paths[-1])
    paths.append(folder / "dataset")
    datasets.Dataset.from_list([{**row, "model": "n"} for row in rows]).save_to_disk(str(paths[-1]))
    paths.append(folder / "log.eval")
    log = {"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}}
    with zipfile.ZipFile(paths[-1], "w") as archive:
        archive.writestr("header.json", json.dumps(log))
        archive.writestr("samples/1_epoch_1.json", json.dumps({"id": 1, "epoch": 1, "scores": {"s": {"value": "C"}}}))
    paths.append(folder / "log.json")
    sample = {"id": 2, "epoch": 1, "scores": {"s": {"value": 0.5}}}
    paths[-1].write_text(json.dumps({**log, "samples": [sample]}))
    return paths


def test_a_small_file_of_every_kind_comes_back_field_by_field(tmp_path: Path) -> None:
    paths = write_every_kind(tmp_path / "in")
    names = [path.relative_to(tmp_path).as_posix() for path in paths]
    run("import", "auto", *names, cwd=tmp_path)
    for format_ in ("alpaca_eval", "mt_bench", "arena_hard", "inspect", "table"):
        run("export", format_, "--out", "out", cwd=tmp_path)
    back = {"/".join(path.relative_to(tmp_path / "out").parts[1:]): path for path in (tmp_path / "out").rglob("*")}
    for name, path in zip(names, paths, strict=True):
        copy = back[name]
        if path.suffix == ".eval":
            assert members(copy) == members(path)
        elif path.is_dir():
            assert list(datasets.load_from_disk(str(copy))) == list(datasets.load_from_disk(str(path)))
        else:
            assert independently(copy) == independently(path), name


def members(path: Path) -> dict[str, object]:
    with zipfile.ZipFile(path) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def test_only_the_files_that_are_asked_for_come_back(tmp_path: Path) -> None:
    saved(tmp_path / "a.json", [KINDS[0][3]])
    saved(tmp_path / "b.json", [{**KINDS[1][3], **COMPLETED["annotations"]}])
    saved(tmp_path / "deep" / "a.json", [KINDS[0][3]])
    run("import", "auto", "a.json", "b.json", "deep", cwd=tmp_path)

    def exported(out: str, *options: str) -> list[str]:
        run("export", "alpaca_eval", "--out", out, *options, cwd=tmp_path)
        folder = tmp_path / out
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    assert exported("one", "--kind", "annotations") == ["annotations/b.json"]
    assert exported("two", "--name", "a") == ["outputs/a.json", "outputs/deep/a.json"]
    assert exported("three", "--name", "deep/a") == ["outputs/deep/a.json"]


def test_an_evaluator_comes_back_as_its_folder_with_the_prompt_that_lay_beside_it(tmp_path: Path) -> None:
    write_evaluator(tmp_path / "evaluators", "mine")
    run("import", "alpaca_eval", "evaluators/mine", cwd=tmp_path)
    run("export", "alpaca_eval", "--kind", "evaluator", "--out", "out", cwd=tmp_path)
    copy = tmp_path / "out" / "evaluator" / "evaluators" / "mine"
    original = tmp_path / "evaluators"
    assert (copy / "configs.yaml").read_bytes() == (original / "mine" / "configs.yaml").read_bytes()
    assert (copy / "shared" / "prompt.txt").read_bytes() == (original / "shared" / "prompt.txt").read_bytes()
    again = evalkit("export", "alpaca_eval", "--out", "out", cwd=tmp_path)
    refused_in_one_line(again, "is there already")


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    place = tmp_path / "work" / "..." / "~" / "a b"
    place.mkdir(parents=True)
    hostile = ["--out", "con", "..x", "a\nb", "é" * 80, "$(x)"]
    for name in hostile:
        (place / f"{name}.jsonl").write_text('{"question_id": 1, "turns": ["a"]}\n')
    inside = tmp_path / "work" / "inside"
    inside.mkdir()
    run("import", "mt_bench", "--", *(f"../.../~/a b/{name}.jsonl" for name in hostile), cwd=inside)
    run("export", "mt_bench", "--out", "out", cwd=inside)
    before = {place, place.parent, place.parent.parent, *place.iterdir()}
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path not in before]
    copies = [path for path in written if path.suffix == ".jsonl"]
    assert len(copies) == len(hostile)
    assert all(path.is_relative_to(inside / "out" / "question") for path in copies)
    assert all(set(path.name) <= set(map(chr, range(33, 127))) and len(path.name) < 120 for path in copies)


# verdicts that were imported


SINGLE: Row = {"question_id": 1, "model": "m", "judge": ["gpt-4", "single-v1"], "judgment": "So [[7]].", "score": 7}


def lines(path: Path, *rows: Row) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_board_of_imported_grades_is_that_of_a_computation_by_hand(tmp_path: Path) -> None:
    rows = [
        {**SINGLE, "question_id": question, "turn": turn, "score": grade, "judgment": f"So [[{grade}]]."}
        for question, grades in enumerate([(7, 4), (9, 5), (10, 3.5)])
        for turn, grade in enumerate(grades, start=1)
    ]
    rows += [
        {**SINGLE, "question_id": 3, "turn": 1, "score": -1, "judgment": "Hm."},
        {**SINGLE, "question_id": 3, "turn": 2, "score": -1, "judgment": "$ERROR$"},
    ]
    lines(tmp_path / "gpt-4_single.jsonl", *rows)
    done = json.loads(run("import", "mt_bench", "gpt-4_single.jsonl", "--json", cwd=tmp_path).stdout)
    assert (done["verdicts"], done["failures"]) == ({"gpt-4": 6}, {"gpt-4": 2})
    (row,) = board(tmp_path, "--benchmark", "mt_bench")
    assert float(row["score"]) == pytest.approx((7 + 4 + 9 + 5 + 10 + 3.5) / 6)
    assert [float(row["turn_1"]), float(row["turn_2"])] == pytest.approx([26 / 3, 12.5 / 3])
    assert (row["n_total"], row["n_missing"], row["judge"]) == ("6", "2", "gpt-4")
    (again,) = board(tmp_path, "gpt-4_single.jsonl", "--by", "turn")
    assert numbers([again]) == numbers([row])


def test_parts_that_no_verdict_has_are_refused_and_importing_again_with_questions_mends_it(tmp_path: Path) -> None:
    lines(tmp_path / "gpt-4_single.jsonl", *({**SINGLE, "question_id": n, "turn": 1, "score": n + 3} for n in range(4)))
    questions = [{"question_id": n, "turns": ["Why?"], "category": "abcd"[n // 2]} for n in range(4)]
    lines(tmp_path / "question.jsonl", *questions)
    run("import", "mt_bench", "gpt-4_single.jsonl", cwd=tmp_path)
    shown = ("leaderboard", "--benchmark", "mt_bench", "--by", "category", "--reference", "none")
    done = evalkit(*shown, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "evalkit: error: --by category: no verdict has a category. Outputs and questions tell"
    )
    alone = evalkit("leaderboard", "--benchmark", "mt_bench", "--by", "turn", cwd=tmp_path)
    assert alone.stderr == "evalkit: error: --by turn: every verdict is of turn 1, so that there is nothing to split\n"
    run("import", "mt_bench", "gpt-4_single.jsonl", "--questions", "question.jsonl", cwd=tmp_path)
    table = run(*shown, cwd=tmp_path).stdout
    assert re.search(r"a +3.50 +\[.*\] +2\n", table) and re.search(r"b +5.50 +\[.*\] +2\n", table)


def test_a_board_of_imported_games_is_that_of_a_computation_by_hand(tmp_path: Path) -> None:
    def game(score: str | None) -> Row | None:
        return {"score": score, "judgment": {"answer": f"[[{score}]]"}, "prompt": []}

    def row(uid: str, *games: Row | None) -> Row:
        return {"uid": uid, "category": "coding", "judge": "j", "model": "m", "baseline": "b", "games": list(games)}

    lines(
        tmp_path / "m.jsonl",
        row("1", game("B>>A"), game("A>B")),  # 1 strongly, 1
        row("2", game("A=B"), game("B>A")),  # 1/2, 0
        row("3", None, game("A>B")),  # missing
        row("4", game("A>B"), game(None)),  # missing
    )
    run("import", "arena_hard", "m.jsonl", cwd=tmp_path)
    (plain,) = board(tmp_path, "--benchmark", "arena_hard_v2", "--control", "none")
    assert float(plain["win_rate"]) == pytest.approx(100 * (1 + 1 + 0.5 + 0) / 4)
    assert (plain["n_total"], plain["n_missing"], plain["n_wins"], plain["n_losses"]) == ("2", "2", "1", "1")
    (strong,) = board(tmp_path, "--benchmark", "arena_hard_v2", "--control", "none", "--strong-weight", "3")
    assert float(strong["win_rate"]) == pytest.approx(100 * (3 * 1 + 1 + 0.5 + 0) / 6)


def test_importing_the_same_files_again_changes_nothing_and_a_corrected_file_replaces(tmp_path: Path) -> None:
    lines(tmp_path / "a.jsonl", *({**SINGLE, "question_id": n} for n in range(4)))
    lines(tmp_path / "b.jsonl", *({**SINGLE, "question_id": n, "model": "n"} for n in range(4)))
    first = run("import", "mt_bench", "a.jsonl", "b.jsonl", cwd=tmp_path).stdout
    before, stats = board(tmp_path, "--benchmark", "mt_bench"), store_counts(tmp_path)
    assert run("import", "mt_bench", "a.jsonl", "b.jsonl", cwd=tmp_path).stdout == first
    assert board(tmp_path, "--benchmark", "mt_bench") == before
    assert store_counts(tmp_path) == stats
    lines(tmp_path / "a.jsonl", *({**SINGLE, "question_id": n, "score": 3, "judgment": "[[3]]"} for n in range(3)))
    run("import", "mt_bench", "a.jsonl", cwd=tmp_path)
    after = {row["model"]: row for row in board(tmp_path, "--benchmark", "mt_bench")}
    assert (after["m"]["score"], after["m"]["n_total"]) == ("3.0", "3")
    assert (after["n"]["score"], after["n"]["n_total"]) == ("7.0", "4")


def store_counts(folder: Path) -> object:
    document = json.loads(run("store", "stats", "--json", cwd=folder).stdout)
    return {name: value for name, value in document.items() if "bytes" not in name}


@pytest.mark.skipif(not PUBLISHED, reason="the published files are not beside this checkout")
def test_real_judgments_are_read_from_their_replies_as_they_were_recorded(tmp_path: Path) -> None:
    path = REAL_DATA / "arena_hard" / "arena_bench_v1_judgment_claude-2.1.jsonl"
    run("import", "mt_bench", path, cwd=tmp_path)
    run("export", "parquet", "--benchmark", "mt_bench", "--out", "out", cwd=tmp_path)
    rows = pq.read_table(tmp_path / "out" / "verdicts.parquet").to_pylist()
    published = [json.loads(line) for line in path.read_text().splitlines()]
    expected = {row["question_id"]: None if row["score"] == -1 else row["score"] for row in published}
    assert {row["key"].partition(":")[0]: row["rating"] for row in rows} == expected
    document = json.loads(
        run("leaderboard", "--benchmark", "mt_bench", "--reference", "none", "--json", cwd=tmp_path).stdout
    )
    (row,) = document["boards"][0]["rows"]
    # none as a number that was taken over
    assert row["readings"] == {"stated": 299}


# the way of somebody who has used AlpacaEval


def write_evaluator(folder: Path, name: str) -> Path:
    """An evaluator whose prompt lies beside its folder."""
    mine = folder / name
    mine.mkdir(parents=True)
    (folder / "shared").mkdir()
    (folder / "shared" / "prompt.txt").write_text(PROMPT)
    config = {**WEIGHTED, "prompt_template": "shared/prompt.txt"}
    (mine / "configs.yaml").write_text(yaml.safe_dump({name: config}))
    return mine


def write_results(folder: Path, model: str, judge: str, outputs: Path, baseline: Path) -> None:
    """What AlpacaEval leaves of a model that it has judged."""
    pairs = list(zip(json.loads(baseline.read_text()), json.loads(outputs.read_text()), strict=True))
    rows = [
        {
            "instruction": base["instruction"], "output_1": base["output"], "generator_1": "base", "dataset": "mock",
            "output_2": own["output"], "generator_2": model, "annotator": judge,
            "preference": [1.0, 2.0, 1.25, 1.5, None][n % 5],
            "raw_completion": {"message": {"content": "m"}, "logprobs": None},
        }
        for n, (base, own) in enumerate(pairs)
    ]  # fmt: skip
    place = folder / model / judge
    place.mkdir(parents=True)
    (place / "annotations.json").write_text(json.dumps(rows))
    (place / "leaderboard.csv").write_text(f",win_rate,standard_error\n{model},46.875,8.1\n")
    (folder / model / "model_outputs.json").write_text(outputs.read_text())


@pytest.mark.parametrize("name", ["mine", "my judge (v2)"])
def test_a_judge_and_its_results_move_here_and_new_models_land_on_the_same_board(tmp_path: Path, name: str) -> None:
    baseline, old, _ = (write_outputs(tmp_path, model, 20, seed=n) for n, model in enumerate(("base", "old", "new")))
    evaluator = write_evaluator(tmp_path / "evaluators", name)
    write_results(tmp_path / "submissions", "old", name, old, baseline)
    imported = run("import", "alpaca_eval", evaluator.relative_to(tmp_path), "submissions", cwd=tmp_path)
    judge = f"results/judges/{safe_name(name)}.yaml"
    assert f"wrote judge {judge}" in imported.stdout
    (before,) = board(tmp_path)
    assert float(before["win_rate"]) == pytest.approx(100 * (0 + 1 + 0.25 + 0.5) / 4)
    assert (before["n_total"], before["n_missing"]) == ("16", "4")
    with mock_judge(tmp_path / "mock") as endpoint:
        command = ("annotate", "new.json", "--baseline", "base.json", "--judge", judge)
        run(*command, cwd=tmp_path, OPENAI_BASE_URL=endpoint.url)
    document = json.loads(run("leaderboard", "--json", "--reference", "none", cwd=tmp_path).stdout)
    assert len(document["boards"]) == 1
    rows = {row["model"]: row for row in document["boards"][0]["rows"]}
    assert set(rows) == {"old", "new"}
    assert {row["judge_digest"] for row in rows.values()} == {before["judge_digest"]}
    assert (rows["new"]["n_total"], rows["new"]["readings"]) == (20, {"weighted": 20})
    assert rows["old"]["win_rate"] == pytest.approx(float(before["win_rate"]))


# verdicts of our own in other tools' formats


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arena")
    write_arena(folder)
    run("annotate", "longer.jsonl", "shorter.jsonl", "--benchmark", "arena.yaml", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("talk")
    write_conversations(folder)
    run("annotate", "chatty.jsonl", "curt.jsonl", "--benchmark", "talk.yaml", cwd=folder)
    compared = ("annotate", "chatty.jsonl", "--benchmark", "talk.yaml", "--judge", "surface_five_way")
    run(*compared, "--baseline", "curt.jsonl", cwd=folder)
    return folder


def moved(
    folder: Path, format_: str, benchmark: str, *more: str, weight: int = 1
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The board of a store, and that of another one into which its verdicts were brought by way of a format."""
    out, there = f"out-{format_}-{weight}", f"there-{format_}-{weight}"
    run("export", format_, "--benchmark", benchmark, "--out", out, cwd=folder)
    source = {"parquet": f"{out}/verdicts.parquet", "datasets": f"{out}/verdicts"}.get(format_, out)
    run("import", "auto", source, "--benchmark", benchmark, "--results", there, cwd=folder)
    options = ("--benchmark", benchmark, "--strong-weight", weight, *more)
    return board(folder, *options), board(folder, *options, "--results", there)


def only(rows: list[dict[str, str]], *columns: str) -> list[dict[str, str]]:
    return [{name: row[name] for name in columns if name in row} for row in rows]


@pytest.mark.parametrize(("format_", "weight"), [("parquet", 1), ("parquet", 3), ("datasets", 1)])
def test_comparisons_move_as_a_table_with_everything_that_a_board_shows(arena: Path, format_: str, weight: int) -> None:
    here, there = moved(arena, format_, "arena.yaml", "--control", "bold", weight=weight)
    assert same_numbers(numbers(here), numbers(there))
    assert here[0]["style_win_rate"]


def test_a_table_of_verdicts_is_a_board_by_itself(arena: Path) -> None:
    run("export", "parquet", "--benchmark", "arena.yaml", "--out", "table", cwd=arena)
    here = board(arena, "--benchmark", "arena.yaml", "--control", "bold")
    there = board(arena, "table/verdicts.parquet", "--control", "bold", "--by", "category")
    assert {row["model"] for row in there} == {"longer", "shorter"}
    ranks = ("rank", "rank_lower", "rank_upper")
    assert same_numbers(sorted(numbers(here, *ranks), key=str), sorted(numbers(there, *ranks), key=str))


@pytest.mark.parametrize("weight", [1, 3])
def test_games_move_with_their_strong_verdicts(arena: Path, weight: int) -> None:
    # of the texts, a file of judgments keeps neither length nor style
    rates = ("model", "win_rate", "win_rate_lower", "win_rate_upper", "n_wins", "n_losses", "n_ties", "category_math")
    here, there = (
        sorted(only(rows, *rates), key=str) for rows in moved(arena, "arena_hard", "arena.yaml", weight=weight)
    )
    assert same_numbers(here, there)


def test_games_lie_as_arena_hard_lays_them(arena: Path) -> None:
    run("export", "arena_hard", "--benchmark", "arena.yaml", "--out", "games", cwd=arena)
    path = arena / "games" / "model_judgment" / "surface_five_way" / "longer.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert set(rows[0]) == {"uid", "category", "judge", "model", "baseline", "games"}
    assert len(rows) == N and all(len(row["games"]) == 2 for row in rows)


@pytest.mark.parametrize("format_", ["mt_bench", "parquet"])
def test_grades_and_pairs_move_turn_by_turn(talk: Path, format_: str) -> None:
    # MT-Bench's files have no categories
    columns = (
        "model",
        "score",
        "score_lower",
        "score_upper",
        "turn_1",
        "turn_2",
        "n_total",
        "win_rate",
        "n_wins",
        "n_ties",
    )
    here, there = moved(talk, format_, "talk.yaml")
    assert [len(rows) for rows in (here, there)] == [3, 3]
    assert same_numbers(only(here, *columns), only(there, *columns))
    assert format_ == "mt_bench" or same_numbers(numbers(here), numbers(there))


def test_mt_bench_has_a_file_for_grades_and_one_for_pairs(talk: Path) -> None:
    run("export", "mt_bench", "--benchmark", "talk.yaml", "--out", "mt", cwd=talk)
    place = talk / "mt" / "model_judgment"
    assert sorted(path.name for path in place.iterdir()) == [
        "surface_five_way_pair.jsonl",
        "surface_grade_single.jsonl",
    ]
    single = [json.loads(line) for line in (place / "surface_grade_single.jsonl").read_text().splitlines()]
    assert len(single) == 4 * N
    assert {(type(row["question_id"]), row["turn"]) for row in single} == {(int, 1), (int, 2)}
    pair = [json.loads(line) for line in (place / "surface_five_way_pair.jsonl").read_text().splitlines()]
    assert len(pair) == 2 * N
    assert {"g1_winner", "g2_winner", "g1_judgment", "g2_judgment", "turn", "judge"} <= set(pair[0])


def test_only_one_judge_or_model_is_written_where_it_is_named(talk: Path) -> None:
    options = ("--benchmark", "talk.yaml", "--out", "some", "--judge", "surface_grade", "--model", "curt")
    run("export", "inspect", *options, cwd=talk)
    (path,) = (talk / "some").rglob("*.jsonl")
    assert path.relative_to(talk / "some").as_posix() == "surface_grade/curt.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == 2 * N and all(1 <= row["value"] <= 10 and row["epoch"] == 1 for row in rows)


def test_annotations_of_imported_files_are_written_with_their_texts_and_a_leaderboard(tmp_path: Path) -> None:
    baseline, old = (write_outputs(tmp_path, model, 20, seed=n) for n, model in enumerate(("base", "old")))
    write_results(tmp_path / "submissions", "old", "j", old, baseline)
    run("import", "alpaca_eval", "submissions", cwd=tmp_path)
    done = run("export", "alpaca_eval", "--benchmark", "imported", "--out", "out", cwd=tmp_path)
    assert "note:" not in done.stderr
    original = json.loads((tmp_path / "submissions" / "old" / "j" / "annotations.json").read_text())
    rows = json.loads((tmp_path / "out" / "old" / "j" / "annotations.json").read_text())
    fields = ("instruction", "output_1", "generator_1", "output_2", "generator_2", "annotator", "preference", "dataset")
    assert len(rows) == len(original)
    by_instruction = {row["instruction"]: row for row in rows}
    for row in original:
        found = by_instruction[row["instruction"]]
        assert [found[name] for name in fields if name != "dataset"] == [
            row[name] for name in fields if name != "dataset"
        ]
    (line,) = csv.DictReader(io.StringIO((tmp_path / "out" / "leaderboard.csv").read_text()))
    assert float(line["win_rate"]) == pytest.approx(43.75) and line[""] == "old"
    assert same_numbers(numbers(board(tmp_path, "out/old")), numbers(board(tmp_path)))


# what cannot be


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["alpaca"], ["unknown format 'alpaca'", "Did you mean 'alpaca_eval'"]),
        (["parquet"], ["--benchmark NAME"]),
        (["table", "--benchmark", "mt_bench"], ["verdicts are written as", "parquet"]),
        (["nonsense", "--benchmark", "mt_bench"], ["unknown format 'nonsense'"]),
        (["alpaca_eval"], ["holds no file of alpaca_eval", "evalkit import alpaca_eval FILES"]),
        (["mt_bench", "--kind", "pair"], ["holds no file of mt_bench (pair)"]),
        (["mt_bench", "--kind", "pairs"], ["unknown kind of mt_bench 'pairs'"]),
        (["mt_bench", "--name", "other"], ["unknown file 'other'", "Known: j_single"]),
        (["mt_bench", "--benchmark", "mtbench"], ["holds no verdicts for benchmark 'mtbench'", "It has some for "]),
        (["mt_bench", "--benchmark", "alpaca_eval"], ["holds no verdicts for benchmark 'alpaca_eval'"]),
        (["mt_bench", "--benchmark", "mt_bench", "--judge", "gpt4"], ["unknown judge 'gpt4'", "Known: gpt-4"]),
        (["mt_bench", "--benchmark", "mt_bench", "--model", "x"], ["unknown model 'x'", "Known: m"]),
        (["arena_hard", "--benchmark", "mt_bench"], ["are grades", "Write mt_bench or parquet"]),
        (["mt_bench", "--judge", "gpt-4"], ["--judge chooses among verdicts", "--benchmark NAME"]),
        (["mt_bench", "--benchmark", "mt_bench", "--kind", "single"], ["--kind chooses among imported files"]),
        (["mt_bench", "--results", "nowhere"], ["no store yet"]),
    ],
)
def test_an_export_that_cannot_be_is_one_line_and_leaves_nothing_behind(
    one_judgment: Path, arguments: list[str], said: list[str]
) -> None:
    refused_in_one_line(evalkit("export", *arguments, "--out", "nothing", cwd=one_judgment), *said)
    assert not (one_judgment / "nothing").exists()


@pytest.fixture(scope="module")
def one_judgment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    lines(folder / "j_single.jsonl", SINGLE)
    run("import", "mt_bench", "j_single.jsonl", cwd=folder)
    return folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["auto", "nowhere.jsonl"], ["nowhere.jsonl: no such file"]),
        (["auto", "empty"], ["empty: holds no file of a known format"]),
        (["mt_bench", "a.json"], ["a.json: is not a file of mt_bench; its records are those of alpaca_eval (outputs)"]),
        (["mtbench", "a.json"], ["unknown format 'mtbench'"]),
        (["auto", "good.jsonl", "bad.jsonl"], ['bad.jsonl:1: field "score": expected a number, found text']),
        (["auto", "good.jsonl", "--benchmark", "mtbench"], ["unknown benchmark 'mtbench'"]),
        (["auto", "good.jsonl", "--judge", "nobody"], ["unknown judge 'nobody'"]),
        (["auto", "good.jsonl", "--questions", "none.jsonl"], ["none.jsonl: no such file"]),
        (["auto", "good.jsonl", "evaluator"], ["fn_completion_parser: 'ranking_parser' cannot be carried over"]),
    ],
)
def test_an_import_that_cannot_be_is_one_line_and_files_nothing(
    tmp_path: Path, arguments: list[str], said: list[str]
) -> None:
    (tmp_path / "empty").mkdir()
    saved(tmp_path / "a.json", [KINDS[0][3]])
    lines(tmp_path / "good.jsonl", SINGLE)
    lines(tmp_path / "bad.jsonl", {**SINGLE, "score": "seven"})
    (tmp_path / "evaluator").mkdir()
    config = {**WEIGHTED, "fn_completion_parser": "ranking_parser", "prompt_template": "prompt.txt"}
    (tmp_path / "evaluator" / "configs.yaml").write_text(yaml.safe_dump({"e": config}))
    (tmp_path / "evaluator" / "prompt.txt").write_text(PROMPT)
    refused_in_one_line(evalkit("import", *arguments, cwd=tmp_path), *said)
    assert not (tmp_path / "results" / "judges").exists()
    assert (
        "holds no verdicts" in evalkit("leaderboard", "--benchmark", "mt_bench", cwd=tmp_path).stderr
        or not (tmp_path / "results").exists()
    )
