"""Published tables: those that ship, and files of other tools."""

import csv
import re
from pathlib import Path

import pytest

from evalkit.catalog.benchmarks import benchmark_names
from evalkit.catalog.published import published_names, read_published
from evalkit.catalog.references import read_aliases
from evalkit.errors import ConfigError, InputError, UnknownName

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def saved(folder: Path, text: str, *, name: str = "board.csv", header: str = "") -> str:
    path = folder / name
    path.write_text(text)
    if header:
        path.with_suffix(".yaml").write_text(header)
    return str(path)


def test_every_shipped_table_says_where_it_is_from_and_what_it_can_be_compared_with() -> None:
    sizes = {}
    for name in published_names():
        table = read_published(name)
        sizes[name] = len(table.rows)
        assert table.benchmark in benchmark_names() and table.title and table.judges and table.instructions
        assert re.search(r"commit [0-9a-f]{12}", table.source) and table.date < "2026"
        assert table.baseline or table.metrics == ("score",)
    assert sizes == {
        "alpaca_eval_1": 102, "alpaca_eval_2": 210, "arena_hard_v0.1": 60, "arena_hard_v0.1_style": 73, "mt_bench": 33,
    }  # fmt: skip


def test_figures_that_anybody_can_look_up() -> None:
    numbers = {
        name: {row.model: row.numbers for row in read_published(name).rows}
        for name in ("alpaca_eval_2", "alpaca_eval_1", "mt_bench", "arena_hard_v0.1", "arena_hard_v0.1_style")
    }
    assert numbers["alpaca_eval_2"]["gpt4_1106_preview"]["win_rate"].value == 50.0
    assert numbers["alpaca_eval_2"]["claude-2.1"]["lc_win_rate"].value == pytest.approx(25.2519, abs=1e-4)
    assert numbers["alpaca_eval_1"]["gpt4_1106_preview"]["win_rate"].value == pytest.approx(97.699, abs=1e-3)
    assert numbers["mt_bench"]["gpt4_0314"]["score"].value == 8.96
    arena = numbers["arena_hard_v0.1"]["gpt-4-turbo-2024-04-09"]["win_rate"]
    assert (arena.value, arena.lower, arena.upper) == (82.63, 80.75, 84.6)
    style = numbers["arena_hard_v0.1_style"]["claude-3-opus-20240229"]["style_win_rate"]
    assert (style.value, style.lower, style.upper) == (65.5, 63.2, 67.7)


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the published files are not beside this checkout")
@pytest.mark.parametrize("edition", [1, 2])
def test_the_shipped_table_has_the_figures_of_the_published_file(edition: int) -> None:
    with (REAL_DATA / "alpaca_eval" / f"published_alpaca_eval{edition}.csv").open(newline="") as file:
        theirs = {row["model"]: row for row in csv.DictReader(file)}
    ours = read_published(f"alpaca_eval_{edition}")
    assert {row.model for row in ours.rows} == set(theirs)
    for row in ours.rows:
        there = theirs[row.model]
        assert row.numbers["win_rate"].value == pytest.approx(float(there["win_rate"]), abs=1e-4)
        assert row.numbers["win_rate"].stderr == pytest.approx(float(there["standard_error"]), abs=1e-4)
        if there["length_controlled_winrate"]:
            expected = pytest.approx(float(there["length_controlled_winrate"]), abs=1e-4)
            assert row.numbers["lc_win_rate"].value == expected
        else:
            assert "lc_win_rate" not in row.numbers
        assert (row.n, row.avg_chars) == (int(there["n_total"]), float(there["avg_length"]))


def test_the_readme_lists_every_table_with_its_facts() -> None:
    text = (Path(__file__).resolve().parents[2] / "leaderboards" / "published" / "README.md").read_text()
    for name in published_names():
        table = read_published(name)
        assert f"| `{name}` | `{table.benchmark}` | {len(table.rows)} | {table.date} | {table.judge} |" in text


def test_the_files_of_three_tools_are_read_and_say_what_they_know(tmp_path: Path) -> None:
    alpaca = read_published(
        saved(
            tmp_path,
            ",win_rate,standard_error,n_total,avg_length,length_controlled_winrate,lc_standard_error\n"
            "base,50.0,0.0,805,2049,50.0,\nmine,40.5,1.5,804,1000,41.0,0.1\n",
            name="weighted_judge_leaderboard.csv",
        )
    )
    assert (alpaca.judges, alpaca.baseline, alpaca.formulas) == (
        ("weighted_judge",), "base", {"lc_win_rate": "lc_compat"},
    )  # fmt: skip
    assert alpaca.rows[1].numbers["lc_win_rate"].stderr is None and alpaca.rows[1].n == 804
    arena = read_published(
        saved(
            tmp_path,
            "model,score,rating_q025,rating_q975,CI,avg_tokens,date\n"
            'm,82.63,80.75,84.6,"(-1.88, +1.97)",662.0,2024-07-31\ng,50,50,50,"(-0.00, +0.00)",423.0,2024-07-31\n',
        )
    )
    assert (arena.metrics, arena.baseline, arena.date, arena.judges) == (("win_rate",), "g", "2024-07-31", ())
    assert arena.rows[0].avg_tokens == 662 and arena.formulas == {"win_rate": "arena_v0.1"}
    bench = read_published(
        saved(tmp_path, "key,Model,MT-bench (score),MMLU\ngpt-4,GPT-4,8.99,0.864\nx,X,-,0.5\n", name="fastchat.csv")
    )
    assert [(row.model, row.numbers["score"].value) for row in bench.rows] == [("gpt-4", 8.99)]


def test_a_header_beside_a_file_says_what_the_file_does_not(tmp_path: Path) -> None:
    header = 'judge: my judge\njudges: [j]\nbaseline: b\ndate: "2025-02-03"\nsource: a paper\ninstructions: 48\n'
    table = read_published(saved(tmp_path, "model,win_rate\nm,41\n", header=header))
    assert (table.judge, table.baseline, table.date, table.source) == ("my judge", "b", "2025-02-03", "a paper")


@pytest.mark.parametrize(
    ("text", "header", "said"),
    [
        ("model,mmlu\nm,41\n", "", "is not a row of a published table"),
        ("model,win_rate\nm,x\n", "", "row 1: win_rate: expected a number, found 'x'"),
        ("model,win_rate\nm,141\n", "", "expected a percentage from 0 to 100, found 141"),
        ("model,win_rate,win_rate_lower\nm,41,42\n", "", "41 is outside of its interval"),
        ("model,win_rate\nm,41\nm,42\n", "", "model 'm' stands twice"),
        ("model,win_rate\nm,\n", "", "no row holds a number"),
        ("model,win_rate\nm,41\n", "colour: red\n", "unknown key 'colour'"),
        ("model,win_rate\nm,41\n", "date: yesterday\n", "expected YYYY-MM-DD"),
        ("model,win_rate\nm,41\n", "judges: j\n", "judges: expected a list of names"),
        ("model,win_rate\nm,41\n", "instructions: 0\n", "expected a whole number above 0"),
        ("model,win_rate\nm,41\n", "formulas: x\n", "formulas: expected an estimator's name by metric"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(tmp_path: Path, text: str, header: str, said: str) -> None:
    with pytest.raises((InputError, ConfigError), match=re.escape(said)):
        read_published(saved(tmp_path, text, header=header))


def test_an_unknown_table_is_named_with_those_that_ship() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'mt_bench'"):
        read_published("mt_bensh")


def test_most_published_models_are_known_to_the_aliases() -> None:
    # a renamed column or another spelling would lose them all at once
    known = set(read_aliases()) | set(read_aliases().values())
    for name in ("mt_bench", "arena_hard_v0.1"):
        assert sum(row.model in known for row in read_published(name).rows) >= 25
