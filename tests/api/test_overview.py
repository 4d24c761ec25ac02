"""Several benchmarks in one table, through the function and the command."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

import evalkit as ek
from evalkit.cli.main import group
from tests.conftest import REPOSITORY

OUTPUTS = REPOSITORY / "examples" / "outputs"
MODELS = ("careful", "terse", "wordy", "baseline")
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose store has the example's models, judged by pairs, by five verdicts and by grades."""
    folder = tmp_path_factory.mktemp("judged")
    for model in MODELS:
        for benchmark, judge in (("example", "surface"), ("hard", "surface_five_way"), ("graded", "surface_grade")):
            ek.annotate(
                OUTPUTS / f"{model}.json",
                benchmark=benchmark,
                judge=judge,
                baseline=None if benchmark == "graded" else OUTPUTS / "baseline.json",
                results=folder / "results",
                audit="off",
            )
    return folder


@pytest.fixture
def inside(judged: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(judged)
    return judged


def leaderboard(*arguments: str) -> str:
    done = CliRunner().invoke(group, ["leaderboard", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def error_of(*arguments: str) -> str:
    done = CliRunner().invoke(group, ["leaderboard", *arguments])
    assert isinstance(done.exception, ek.EvalkitError), done.output
    return str(done.exception.for_command or done.exception)


@pytest.mark.usefixtures("inside")
def test_the_command_and_the_function_give_the_same_table_whose_cells_are_those_of_the_boards() -> None:
    found = ek.leaderboard(benchmarks=["example", "hard", "graded"])
    named = leaderboard("--benchmark", "example", "--benchmark", "hard", "--benchmark", "graded", "--format", "csv")
    assert named == found.written("csv")
    assert leaderboard("--all", "--json") == ek.leaderboard(benchmarks="all").to_json()
    cells = {
        (cell["model"], cell["benchmark"], cell["metric"]): cell["value"] for cell in found.frame.to_dict("records")
    }
    for benchmark in ("example", "hard"):
        for row in ek.leaderboard(benchmark=benchmark).frame.to_dict("records"):
            assert cells[row["model"], benchmark, "lc_win_rate"] == row["lc_win_rate"]
            assert cells[row["model"], benchmark, "win_rate"] == row["win_rate"]
    assert set(found.frame.model) == set(MODELS)
    assert {metric for model, benchmark, metric in cells if benchmark == "graded"} == {"score"}


@pytest.mark.usefixtures("inside")
def test_each_benchmark_has_the_judge_that_is_named_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # `hard` has no verdicts of surface, so that one name for all would be refused
    named = ["surface", "hard=surface_five_way"]
    words = [word for judge in named for word in ("--judge", judge)]
    asked = ("--benchmark", "example", "--benchmark", "hard", "--format", "csv")
    both = leaderboard(*asked, *words)
    assert both == leaderboard(*asked)
    assert both == ek.leaderboard(benchmarks=["example", "hard"], judge=named).written("csv")
    by_benchmark = {"example": "surface", "hard": "surface_five_way"}
    assert both == ek.leaderboard(benchmarks=["example", "hard"], judge=by_benchmark).written("csv")
    monkeypatch.setenv("EVALKIT_JUDGE", "surface")
    assert {row.entry.judge for row in ek.leaderboard(benchmark="example", judge="surface").rows} == {"surface"}
    assert leaderboard("--benchmark", "example", "--format", "csv").count("surface") > 0
    monkeypatch.delenv("EVALKIT_JUDGE")
    for judges, said in (
        (["surface", "surface_grade"], "--judge: names 2 judges for all benchmarks. Keep one, or name"),
        (["hard=a", "hard=b"], "--judge: hard has two judges, a and b. Keep one"),
        (["hard="], "--judge hard=: expected NAME or BENCHMARK=NAME"),
        (["hrd=surface"], "--judge: unknown benchmark 'hrd'. Did you mean 'hard'? Known: example, hard"),
    ):
        assert error_of(*asked, *(word for judge in judges for word in ("--judge", judge))).startswith(said)
    assert error_of("--benchmark", "example", "--judge", "a", "--judge", "b").startswith("--judge: names 2 judges, and")
    with pytest.raises(ek.ConfigError, match="judges by benchmark are for several"):
        ek.leaderboard(benchmark="example", judge=by_benchmark)


@pytest.mark.usefixtures("inside")
def test_a_name_with_two_values_is_refused_and_an_alias_of_nobody_is_noted() -> None:
    assert "--weight: hard has two values, 1 and 2. Keep one" in error_of(
        "--all", "--aggregate", "z", "--weight", "hard=1", "--weight", "hard=2"
    )
    assert "--alias: a has two values, b and c. Keep one" in error_of("--all", "--alias", "a=b", "--alias", "a=c")
    found = ek.leaderboard(benchmarks="all", alias=["carefull=careful", "wordy=verbose", "terse=baseline"])
    assert found.notes == (
        "--alias carefull=careful: no board has a model 'carefull'",
        "--alias wordy=verbose: no board has a model 'verbose'",
    )
    done = CliRunner().invoke(group, ["leaderboard", "--all", "--alias", "carefull=careful"])
    assert "note: --alias carefull=careful: no board has a model 'carefull'" in done.stderr


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("method", ["mean-rank", "z", "bt"])
def test_an_aggregate_has_a_place_for_every_model(method: str) -> None:
    document = json.loads(leaderboard("--all", "--aggregate", method, "--weight", "graded=2", "--json"))["aggregate"]
    assert document["weights"] == {"example": 0.25, "graded": 0.5, "hard": 0.25}
    assert {one["model"] for one in document["models"]} == set(MODELS)
    for one in document["models"]:
        assert set(one["rank_without"]) == {"example", "graded", "hard"}
        assert one["rank_lower"] <= one["rank"] <= one["rank_upper"]
        assert one["lower"] <= one["value"] <= one["upper"] and one["n"] == 3 * 48
    text = leaderboard("--all", "--aggregate", method)
    assert "without graded" in text and "rank intervals hold at once" in text


@pytest.mark.usefixtures("inside")
def test_what_the_columns_rest_on_stands_below_them() -> None:
    text = leaderboard("--all")
    assert "graded: surface_grade, answers graded alone, n = 48, 4 models" in text
    assert text.count("measures style, not quality") == 3
    assert len(max(leaderboard("--all").splitlines(), key=len)) > 20


def test_verdicts_in_files_make_a_column_and_hostile_names_change_no_form(tmp_path: Path) -> None:
    models = [HOSTILE, "=cmd()", "a|b\x1b[2J", "plain"]
    for name in ("one", "two"):
        lines = [["judge", "model", "baseline", "index", "preference", "len_1", "len_2"]] + [
            ["j", model, "b", str(n), str(1 + ((n + at) % 3 > 0)), str(100 + n), str(100 + 7 * n % 90)]
            for at, model in enumerate(models)
            for n in range(60)
        ]
        buffer = io.StringIO()
        csv.writer(buffer).writerows(lines)
        (tmp_path / f"{name}.csv").write_text(buffer.getvalue())
    files = [f"{name}={tmp_path / name}.csv" for name in ("one", "two")]
    arguments = [part for file in files for part in ("--benchmark", file)]
    given = ek.leaderboard(benchmarks={name: tmp_path / f"{name}.csv" for name in ("one", "two")}, aggregate="bt")
    for form in ("table", "markdown", "csv", "json", "html"):
        text = leaderboard(*arguments, "--aggregate", "bt", "--format", form)
        assert text == given.written(form)
        assert "\x1b" not in text
        if form in ("markdown", "html"):
            assert "<img" not in text.replace("\\<img", "")
    assert any(cell.startswith("'=cmd") for row in csv.reader(io.StringIO(given.written("csv"))) for cell in row)
    assert "<img" not in given._repr_html_()


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--aggregate", "z"], "--aggregate is for several benchmarks, and this board is of one: add --benchmark or"),
        (["--all", "--weight", "example"], "--weight: expected NAME=VALUE, found 'example'"),
        (["--all", "--weight", "example=0"], "--weight: expected a number above 0 for example, found 0"),
        (["--all", "--weight", "example=2"], "--weight is for an aggregate: add --aggregate mean-rank, z or bt"),
        (["--all", "--aggregate", "z", "--weight", "no=2"], "unknown benchmark 'no'. Known: example, graded, hard"),
        (["results", "--all"], "SOURCES are verdicts on one benchmark, and several are asked for: name the verdicts"),
        (["--all", "--plot", "x.svg", "--panel", "ranks"], "--panel chooses a figure of one board, and several"),
        (["--benchmark", "example", "--benchmark", "nosuch"], "holds no verdicts for benchmark 'nosuch'"),
        (["--benchmark", "example", "--benchmark", "one=no.csv"], "no.csv: no such file"),
    ],
)
def test_what_makes_no_table_is_refused_in_one_line(arguments: Sequence[str], said: str) -> None:
    assert said in error_of(*arguments)


@pytest.mark.usefixtures("inside")
def test_the_figure_has_a_panel_for_each_board_and_for_the_aggregate(tmp_path: Path) -> None:
    out = tmp_path / "all.svg"
    done = CliRunner().invoke(group, ["leaderboard", "--all", "--aggregate", "bt", "--plot", str(out)])
    assert done.exit_code == 0 and f"note: {out}: written" in done.stderr
    drawn = out.read_text(encoding="utf-8")
    assert all(name in drawn for name in (*MODELS, "example", "hard", "graded", "score", "Elo of"))
    plot = ek.leaderboard(benchmarks="all").plot()
    assert plot.title == "4 models on 3 benchmarks" and "in 3 panels" in plot.description


@pytest.mark.usefixtures("inside")
def test_settings_and_the_environment_may_name_one_benchmark(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = inside / "evalkit.toml"
    settings.write_text('[leaderboard]\nbenchmark = "graded"\n')
    assert "surface_grade" in leaderboard()
    settings.write_text('[leaderboard]\nbenchmark = ["graded", "hard"]\n')
    assert "hard win rate" in leaderboard()
    settings.unlink()
    monkeypatch.setenv("EVALKIT_BENCHMARK", "hard")
    assert "surface_five_way" in leaderboard()
