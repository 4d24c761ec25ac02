"""The package as Python sees it: light names, and boards that are the command line's."""

import ast
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import evalkit as ek
from evalkit.boards.build import build_boards
from evalkit.boards.metrics import Recipe
from evalkit.catalog import benchmarks
from evalkit.documents import read_yaml
from evalkit.formats.records import Record
from evalkit.reporting.screen import Screen
from evalkit.reporting.terminal import boards_drawn
from evalkit.sources.selection import Sources
from tests.boards.test_build import entry, refused
from tests.cli.running import evalkit
from tests.reporting.test_tables import HOSTILE, few

REPOSITORY = Path(__file__).parents[2]
COLUMNS = [
    *("model", "lc_win_rate", "lc_lower", "lc_upper", "lc_stderr", "lc_status", "win_rate", "win_rate_stderr"),
    *("win_rate_lower", "win_rate_upper", "discrete_win_rate", "n_wins", "n_losses", "n_ties", "n_total", "n_missing"),
    *("avg_length", "rank", "rank_lower", "rank_upper", "judge", "baseline"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the shipped example was judged."""
    made = tmp_path_factory.mktemp("judged")
    outputs = [REPOSITORY / "examples" / "outputs" / f"{name}.json" for name in ("careful", "wordy", "terse")]
    done = evalkit("annotate", *outputs, "--benchmark", "example", cwd=made)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def example(folder: Path) -> ek.Leaderboard:
    return ek.leaderboard(benchmark="example", results=folder / "results")


def of(*entries: object) -> ek.Leaderboard:
    boards = build_boards(entries, Recipe())  # type: ignore[arg-type]
    return ek.Leaderboard(tuple(boards), Sources())


def test_the_names_of_the_package_are_those_of_its_stub() -> None:
    stub = ast.parse(Path(ek.__file__).with_suffix(".pyi").read_text())
    imported = {alias.asname for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert imported == set(ek.__all__) <= set(dir(ek))
    assert all(getattr(ek, name).__name__ == name for name in ek.__all__)
    with pytest.raises(AttributeError, match="module 'evalkit' has no attribute 'leaderbord'"):
        getattr(ek, "leaderbord")  # noqa: B009 (a type checker knows that there is none)


def test_the_frame_is_the_table_that_the_command_writes(example: ek.Leaderboard, folder: Path) -> None:
    done = evalkit("leaderboard", "--benchmark", "example", "--format", "csv", cwd=folder)
    written = pd.read_csv(io.StringIO(done.stdout))
    frame = example.frame
    assert list(frame.columns) == list(written.columns)
    assert [name for name in frame.columns if name in COLUMNS] == COLUMNS
    pd.testing.assert_frame_equal(frame, written, check_dtype=False)


def test_files_give_the_boards_that_they_give_the_command(folder: Path) -> None:
    (annotations,) = (folder / "results").glob("wordy/*/annotations.json")
    (row,) = ek.leaderboard(annotations, metric="win_rate", by="category").frame.to_dict("records")
    done = evalkit(
        "leaderboard", annotations, "--metric", "win_rate", "--by", "category", "--format", "csv", cwd=folder
    )
    (written,) = pd.read_csv(io.StringIO(done.stdout)).to_dict("records")
    assert row["win_rate"] == written["win_rate"] == pytest.approx(65.019428)
    assert ek.leaderboard(str(annotations)).boards[0].rows[0].entry.model == "wordy"


def test_what_cannot_be_had_is_missing_and_ranks_stay_whole_numbers() -> None:
    frame = of(entry("strong", 1.5), few(), refused(entry("null", 3.0))).frame.set_index("model")
    assert frame["lc_win_rate"].dtype == "float64" and bool(frame["lc_win_rate"].isna()["few"])
    assert frame["rank"].dtype == "Int64" and frame["rank"].isna().tolist() == [False, True, True]
    assert frame["n_missing"].dtype == "int64" and frame["cost"].dtype == "float64"
    assert frame.loc["null", "audit"] == "failed: one answer to 120 instructions"


def test_boards_of_grades_and_of_comparisons_fit_into_one_frame() -> None:
    frame = of(entry("m", 1.0), entry("g", 1.0, baseline="", judge="grades")).frame.set_index("model")
    assert bool(frame["n_wins"].isna()["g"]) and frame["n_wins"].dtype == "Int64"
    assert bool(frame["score"].isna()["m"]) and frame["score"].max() > 50


def test_a_board_prints_as_on_a_terminal_without_colours(
    example: ek.Leaderboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "130")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert f"{example!r}\n" == boards_drawn(example.boards, Screen(130))
    assert "●" in str(example) and "\x1b" not in str(example)


def test_a_notebook_shows_a_table_in_which_nothing_is_markup() -> None:
    shown = of(few(f"<img src=x onerror=alert(1)>{HOSTILE}"))._repr_html_()
    assert "<img" not in shown and "&lt;img src=x" in shown and "\x1b" not in shown


@pytest.mark.parametrize("panel", ["board", "length", "ranks", "lift"])
def test_a_figure_is_drawn_and_saved(example: ek.Leaderboard, panel: str, tmp_path: Path) -> None:
    plot = example.plot(panel)
    plot.save(tmp_path / "figure.svg")
    assert "careful" in (tmp_path / "figure.svg").read_text() == plot._repr_svg_()


def test_what_cannot_be_drawn_is_refused_by_name(example: ek.Leaderboard) -> None:
    with pytest.raises(ek.EvalkitError, match="unknown panel 'bord'. Did you mean 'board'"):
        example.plot("bord")
    with pytest.raises(ek.EvalkitError, match="one board, and these are 2; judge"):
        of(entry("a", 1.0), entry("a", 1.0, judge="other")).plot()


def test_the_report_is_the_one_that_the_command_writes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    board = ek.leaderboard(benchmark="example", by=("turn", "category"))
    assert board.report(tmp_path / "new" / "api.html", title="Example") == tmp_path / "new" / "api.html"
    done = evalkit("report", "--benchmark", "example", "--title", "Example", "--out", tmp_path / "cli.html", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new" / "api.html").read_bytes() == (tmp_path / "cli.html").read_bytes()
    small = board.report(str(tmp_path / "small.html"), sample=5, text=False)
    assert small.stat().st_size < (tmp_path / "cli.html").stat().st_size


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"by": "categroy"}, "unknown part 'categroy'. Did you mean 'category'"),
        ({"metric": "lc"}, "unknown metric 'lc'"),
        ({"benchmark": "exmaple"}, "holds no verdicts for benchmark 'exmaple'. It has some for example: add benchmark"),
        ({"reference": "nobody"}, "unknown reference 'nobody'"),
        ({"judge": "nobody"}, "nobody"),
        ({"results": "nowhere"}, "no store yet"),
    ],
)
def test_a_wrong_wish_is_one_line_that_says_what_would_do(wrong: dict[str, str], reason: str, folder: Path) -> None:
    wishes: dict[str, Any] = {"benchmark": "example", "results": str(folder / "results"), **wrong}
    with pytest.raises(ek.EvalkitError, match=reason) as caught:
        ek.leaderboard(**wishes)
    assert "\n" not in str(caught.value)


def test_a_board_and_its_report_read_the_benchmark_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def counted(path: Path) -> object:
        read.append(path)
        return read_yaml(path)

    monkeypatch.setattr(benchmarks, "read_yaml", counted)
    board = ek.leaderboard(benchmark="example", results=folder / "results")
    board.report(tmp_path / "report.html")
    assert [path.name for path in read] == ["example.yaml"]


def test_a_board_and_its_report_read_every_row_of_a_file_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: Counter[str] = Counter()
    make = Record.__init__

    def counted(self: Record, where: str, fields: dict[str, Any]) -> None:
        # a single field has a record of its own while it is checked
        made[where] += len(fields) > 1
        make(self, where, fields)

    monkeypatch.setattr(Record, "__init__", counted)
    ek.leaderboard(folder / "results").report(tmp_path / "report.html")
    rows = {where: n for where, n in made.items() if "annotations.json: row " in where}
    # a file's first row tells what the file is
    assert len(rows) == 3 * 48 and {n for where, n in rows.items() if not where.endswith(": row 1")} == {1}
