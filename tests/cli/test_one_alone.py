"""One candidate alone has about the number that it has among all, on recorded verdicts; and a history of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import evalkit as ek
import evalkit.boards.rates
from evalkit.boards.background import HistorySource
from evalkit.boards.entries import Entry
from evalkit.boards.rates import Estimators, learn
from evalkit.formats.histories import read_history_file
from evalkit.sources.entries import entries_of_files
from evalkit.sources.selection import Sources, read_recipe
from evalkit.stats.history import History, fit_history
from evalkit.stats.recorded import JudgeIdentity
from evalkit.stats.sample import Sample
from tests.boards.taught import AUTO, history_of, knowing
from tests.cli.gating import EXAMPLES, run, write_outputs
from tests.zygote import Zygote

JUDGE = "weighted_alpaca_eval_gpt4_turbo"
BASELINE = "gpt4_1106_preview"
TABLE = Path(__file__).parents[3] / "shared" / "data" / "alpaca_eval" / "preferences.parquet"
TEN = 10
# made answers have nothing to do with their instructions
UNAUDITED = ("--audit", "off")
SURFACE = ("--benchmark", "example", "--judge", "surface", *UNAUDITED)
recorded = pytest.mark.skipif(not TABLE.is_file(), reason="the recorded verdicts are not beside this checkout")


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    found = entries_of_files([TABLE], judge=JUDGE)
    return [one for one in found if one.baseline == BASELINE and one.model != BASELINE]


@pytest.fixture(scope="module")
def rates(entries: list[Entry]) -> Estimators:
    return learn(entries, AUTO)


@pytest.fixture(scope="module")
def chosen(entries: list[Entry], rates: Estimators) -> list[Entry]:
    """Ten models from all over the table that a board would rank."""
    sound = [one for one in entries if rates.row(one).lc.status.kind.value == "ok"]
    return sound[:: len(sound) // TEN][:TEN]


@recorded
def test_one_model_alone_has_about_the_number_that_it_has_among_all(
    rates: Estimators, chosen: list[Entry], tmp_path: Path
) -> None:
    frame = pd.read_parquet(TABLE)
    assert len(chosen) == TEN
    for among in chosen:
        own = frame[(frame.judge == JUDGE) & (frame.model == among.model) & (frame.baseline == BASELINE)]
        own.to_csv(tmp_path / "one.csv", index=False)
        (alone,) = entries_of_files([tmp_path / "one.csv"])
        found = learn([alone], AUTO)
        whole, single = rates.row(among).lc, found.row(alone).lc
        assert found.length.source == HistorySource.FILE and whole.value is not None and single.value is not None
        assert abs(whole.value - single.value) <= 2.0, among.model


@recorded
def test_a_history_that_never_saw_the_model_gives_about_its_number(
    entries: list[Entry], rates: Estimators, chosen: list[Entry]
) -> None:
    for one in chosen[::4]:
        others = [other for other in entries if other.model != one.model and not other.refused]
        blind = knowing(history_of(others, judge=JudgeIdentity(JUDGE)))
        single, whole = learn([one], blind).row(one).lc, rates.row(one).lc
        assert single.value is not None and whole.value is not None
        assert abs(single.value - whole.value) <= 2.0, one.model
        assert single.lower is not None and single.upper is not None
        assert single.lower <= whole.value <= single.upper, one.model


@recorded
def test_claude_does_not_pass_at_31_alone_or_among_all(zygote: Zygote, tmp_path: Path) -> None:
    frame = pd.read_parquet(TABLE)
    frame[frame.model == "claude"].to_csv(tmp_path / "claude.csv", index=False)
    for source in (TABLE, tmp_path / "claude.csv"):
        said = run(zygote, "gate", "claude", "--min", "31", "--judge", JUDGE, "--source", source, cwd=tmp_path)
        assert said.status == 4, said.out + said.err
        assert said.out.startswith("INCONCLUSIVE")


def write_models(folder: Path, n: int) -> list[Path]:
    """Models that answer the example's instructions at lengths of their own."""
    return [
        write_outputs(
            folder / f"m{model:02d}.json",
            f"m{model:02d}",
            [f"answer {n} of {model} {'word and ' * (7 * n * (model + 3) % 31)}" for n in range(48)],
        )
        for model in range(n)
    ]


def test_a_store_teaches_a_history_that_boards_and_benchmarks_take(zygote: Zygote, tmp_path: Path) -> None:
    models = write_models(tmp_path, 20)
    few, rest = models[:19], models[19:]
    assert (
        run(zygote, "annotate", *few, "--benchmark", "example", "--judge", "surface", *UNAUDITED, cwd=tmp_path).status
        == 0
    )
    early = run(zygote, "benchmarks", "learn", "example", cwd=tmp_path)
    assert early.status == 2 and "a history takes 20" in early.error
    assert (
        run(zygote, "annotate", *rest, "--benchmark", "example", "--judge", "surface", *UNAUDITED, cwd=tmp_path).status
        == 0
    )
    said = run(zygote, "benchmarks", "learn", "example", "--out", "own.json", cwd=tmp_path)
    assert (said.status, said.out) == (0, "wrote own.json: 20 models, 48 instructions\n")
    learned = read_history_file(tmp_path / "own.json")
    assert (learned.judge.name, learned.judge.model) == ("surface", "surface") and learned.judge.parser
    named = run(
        zygote, "leaderboard", "--benchmark", "example", "--difficulty", "own.json", "--json", cwd=tmp_path
    )  # fmt: skip
    assert named.status == 0, named.err
    assert '"lc_source": "history file"' in named.out
    benchmark = (EXAMPLES.parents[1] / "leaderboards" / "example.yaml").read_text(encoding="utf-8")
    (tmp_path / "team.yaml").write_text(f"{benchmark}\nhistory: own.json\n", encoding="utf-8")
    recipe = read_recipe(Sources(board=str(tmp_path / "team.yaml")))
    assert recipe.known is not None and recipe.known.files[0].digest == learned.digest


def test_what_the_models_of_a_run_teach_each_other_is_learned_once_for_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught: list[list[str]] = []

    def fit(samples: Mapping[str, Sample], **how: Any) -> History:
        taught.append(sorted(samples))
        return fit_history(samples, **how)

    monkeypatch.setattr(evalkit.boards.rates, "fit_history", fit)
    results = tmp_path / "results"
    written = ek.annotate(*write_models(tmp_path, 6), benchmark="example", judge="surface", audit="off",
                          results=results, progress=False)  # fmt: skip
    assert taught == [[f"m{number:02d}" for number in range(6)]]
    board = ek.leaderboard(benchmark="example", results=results)
    assert {row.entry.model: row.lc for row in written.rows} == {row.entry.model: row.lc for row in board.rows}


@pytest.mark.parametrize(
    ("judges", "said"), [(["surface", "shortest"], "several judges, forms or baselines"), (["surface_grade"], "graded")]
)
def test_several_judges_and_grades_teach_no_history(
    zygote: Zygote, tmp_path: Path, judges: list[str], said: str
) -> None:
    named = [word for judge in judges for word in ("--judge", judge)]
    done = run(
        zygote, "annotate", *write_models(tmp_path, 2), "--benchmark", "example", *named, *UNAUDITED, cwd=tmp_path
    )
    assert done.status == 0, done.err
    refused = run(zygote, "benchmarks", "learn", "example", cwd=tmp_path)
    assert refused.status == 2 and said in refused.error
    assert not list(tmp_path.glob("*.history.json"))
