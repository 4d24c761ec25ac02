"""What taught a row when it was written stays, and what somebody writes into a row teaches nothing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.api.verification import Disagreement, verify_row
from evalkit.boards.background import HistorySource, judge_identity
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import DifficultySource, Recipe
from evalkit.boards.rates import learn
from evalkit.engine.limits import Limits
from evalkit.gating.choice import Required
from evalkit.gating.gate import Gate
from evalkit.gating.rule import Rule
from evalkit.judge_spec.config import read_judge
from evalkit.judging.layout import Options
from evalkit.judging.run import annotate
from evalkit.judging.work import plan_all
from evalkit.provenance.canonical import stored_document
from evalkit.provenance.document import sealed
from evalkit.provenance.pinning import pinned_for
from evalkit.reporting.gate import gate_document
from evalkit.sources.entries import entries_of_store
from evalkit.store import Store, open_store
from tests.boards.taught import AUTO, history_of, knowing
from tests.builders import output_set

BENCHMARK, N = "bench", 40
SURFACE = read_judge("surface")


def texts(number: int) -> list[str]:
    """Of lengths and looks that differ by model and instruction."""
    return [
        f"model {number} says {n} {'word and ' * (7 * n * (number + 3) % 31)}{'**bold** ' * ((n + number) % 3)}"
        for n in range(N)
    ]


def judge(store: Store, numbers: Sequence[int]) -> None:
    baseline = output_set("base", [f"base {n} {'word ' * (11 * n % 29)}" for n in range(N)])
    shown = [output_set(f"m{number:02d}", texts(number)) for number in numbers]
    works = plan_all(baseline, shown, [SURFACE], Options(BENCHMARK), secret=store.secret)
    list(annotate(works, store, limits=Limits()))


def entries_in(store: Store) -> list[Entry]:
    return entries_of_store(store, benchmark=BENCHMARK)


def write_row(results: Path, store: Store, recipe: Recipe = AUTO, model: str = "m00") -> Path:
    group = entries_in(store)
    (entry,) = [one for one in group if one.model == model]
    row = learn(group, recipe).row(entry)
    path = results / model / "surface" / "row.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(sealed(stored_document(row, benchmark=BENCHMARK), annotations=None)))
    return path


def decided(store: Store, results: Path, recipe: Recipe = AUTO, minimum: float = 40.0) -> dict[str, Any]:
    group = entries_in(store)
    candidate = next(one for one in group if one.model == "m00")
    gate = Gate(
        rule=Rule(minimum=minimum),
        recipe=recipe,
        wanted=Required(),
        benchmark=BENCHMARK,
        pinned=pinned_for(candidate, group, recipe, results=results),
    )
    return gate_document(gate.decide(candidate, group, gate.rule))


def edited(path: Path, change: Any) -> None:
    """A row that somebody changed and sealed anew."""
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(sealed(document, annotations=None)))


@dataclass(frozen=True, slots=True)
class Six:
    """A store of six judged models, which no test writes to, a row of the first one, and its decisions with that row
    and without.
    """

    store: Store
    row: str
    pinned: dict[str, Any]
    fresh: dict[str, Any]

    def written(self, results: Path) -> Path:
        """The row where a test may change it."""
        path = results / "m00" / "surface" / "row.json"
        path.parent.mkdir(parents=True)
        path.write_text(self.row)
        return path


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Six]:
    folder = tmp_path_factory.mktemp("six")
    with open_store(f"sqlite:///{folder / 'store.db'}") as store:
        judge(store, range(6))
        row = write_row(folder / "results", store).read_text()
        yield Six(store, row, decided(store, folder / "results"), decided(store, folder / "none"))


@pytest.mark.parametrize("models", [1, 5, 20])
def test_models_that_are_judged_later_change_neither_number_nor_source_of_a_row(
    store: Store, tmp_path: Path, models: int
) -> None:
    judge(store, range(models))
    path = write_row(tmp_path, store)
    source = json.loads(path.read_text())["lc_source"]
    before = decided(store, tmp_path)
    judge(store, range(models, models + 20))
    assert decided(store, tmp_path) == before
    assert verify_row(json.loads(path.read_text()), store).equal
    named = {1: HistorySource.GENERIC, 5: HistorySource.DIFFICULTY_OF_MODELS, 20: HistorySource.MODELS}
    assert source == named[models].value
    # without the row the others count
    fresh = decided(store, tmp_path / "none")
    assert fresh["equal_length"]["own_history"] and fresh["value"] != before["value"]


def slope(document: dict[str, Any]) -> None:
    document["provenance"]["background"]["prior"]["mean"][0] += 3.0


def difficulty(document: dict[str, Any]) -> None:
    told = document["provenance"]["background"]["difficulty"]
    for key in told:
        told[key] = -told[key]


def fewer(document: dict[str, Any]) -> None:
    document["provenance"]["background"]["difficulty"].popitem()


def nothing(document: dict[str, Any]) -> None:
    document["provenance"]["background"] = None


def endless(document: dict[str, Any]) -> None:
    document["provenance"]["background"]["models"] = 10**400


def own(document: dict[str, Any]) -> None:
    document["provenance"]["background"]["source"] = HistorySource.MODELS.value


def called_a_file(document: dict[str, Any]) -> None:
    document["provenance"]["background"].update(source=HistorySource.FILE.value, history="alpaca_eval")


@pytest.mark.parametrize("change", [slope, difficulty, fewer, nothing, endless, own, called_a_file])
def test_what_somebody_writes_into_a_row_changes_no_decision(six: Six, tmp_path: Path, change: Any) -> None:
    edited(six.written(tmp_path), change)
    assert decided(six.store, tmp_path) == six.pinned == six.fresh


@pytest.mark.parametrize("source", [DifficultySource.FIT, DifficultySource.NONE])
def test_a_source_that_was_chosen_for_a_row_does_not_decide_a_gate(
    six: Six, tmp_path: Path, source: DifficultySource
) -> None:
    path = write_row(tmp_path, six.store, replace(AUTO, difficulty=source))
    assert decided(six.store, tmp_path) == six.fresh and not six.fresh["equal_length"]["own_history"]
    edited(path, lambda document: document["provenance"]["recipe"]["difficulty"].update(kind="auto"))
    assert not decided(six.store, tmp_path)["equal_length"]["own_history"]


@pytest.mark.parametrize("models", [1, 6, 20])
def test_a_row_of_each_source_follows_from_the_store(store: Store, tmp_path: Path, models: int) -> None:
    judge(store, range(models))
    document = json.loads(write_row(tmp_path, store).read_text())
    verified = verify_row(document, store)
    assert verified.equal and verified.notes == ()
    document["lc_win_rate"] += 1.0
    found = verify_row(sealed(document, annotations=None), store)
    assert [one.cause for one in found.differences if one.field == "lc_win_rate"] == [Disagreement.NUMBER]


def test_a_row_by_a_file_follows_from_it_and_says_so_where_it_is_gone(store: Store, tmp_path: Path) -> None:
    judge(store, range(20))
    entries = entries_in(store)
    own = history_of(entries, judge=judge_identity(entries[0]), name="mine", digest="1" * 64)
    document = json.loads(write_row(tmp_path, store, knowing(own)).read_text())
    assert document["lc_source"] == HistorySource.FILE.value
    assert verify_row(document, store, difficulty=own).notes == ()
    gone = verify_row(document, store)
    assert gone.equal and any("taught this row are gone" in note for note in gone.notes)


def test_a_row_of_an_earlier_method_is_no_mismatch_and_both_values_are_told(six: Six) -> None:
    document = json.loads(six.row)
    now = document["lc_win_rate"]
    for name in ("background", "style_background"):
        del document["provenance"][name]
    for name in [one for one in document if one.startswith(("lc_source", "lc_models", "lc_error", "lc_sens", "lc_slope",
                                                            "share_as", "equal_length"))]:  # fmt: skip
        del document[name]
    document["evalkit"] = document["provenance"]["evalkit"] = "0.1.0"
    document["lc_win_rate"] = now + 2.0
    verified = verify_row(sealed(document, annotations=None), six.store)
    assert verified.equal
    (note,) = [one for one in verified.notes if one.startswith("older method: lc_win_rate: ")]
    assert str(now + 2.0) in note and "an earlier method" in note
    document["win_rate_stderr"] = "x"
    assert verify_row({**document}, six.store).equal is False
