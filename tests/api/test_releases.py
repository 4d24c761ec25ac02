"""Releases of one model, judged offline one after the other: what changed is found, and looks are counted."""

import datetime
import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import evalkit as ek
from evalkit.api.keeping import Keeping, keep_rows
from evalkit.cli.main import group
from evalkit.errors import ConfigError, InputError, StoreError, UnknownName
from evalkit.store import open_store, releases_of, store_url
from tests.api.line import MODEL, answers, reworded, six_releases

WORSE, AT = "coding", 4


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six releases, of which the fifth answers one category worse; each is judged, and the last one gated."""
    folder = tmp_path_factory.mktemp("line") / "results"
    for label, records in six_releases(WORSE, AT):
        ek.annotate(records, benchmark="example", judge="surface", label=label, results=folder, progress=False)
    ek.gate(MODEL, benchmark="example", minimum=50, results=folder)
    return folder


@pytest.fixture(scope="module")
def found(results: Path) -> ek.Releases:
    return ek.releases(MODEL, benchmark="example", metric="win_rate", looks_budget=8, results=results)


def test_the_worse_category_is_found_at_its_release_and_no_other(found: ek.Releases) -> None:
    (series,) = found.series
    assert [release.name for release in series.releases] == [f"v1.{number}" for number in range(6)]
    moved = {release.name: release.change.moved for release in series.releases if release.change is not None}
    assert moved == {f"v1.{number}": ((WORSE,) if number == AT else ()) for number in range(1, 6)}
    change = series.releases[AT].change
    assert change is not None
    assert len(change.categories) == 6
    shown = change.difference.estimate
    assert shown.upper is not None
    assert shown.upper < 0
    # the rate fell by that of a sixth of the instructions
    assert shown.value == pytest.approx((change.categories[WORSE].estimate.value or 0) / 6, abs=0.3)


def test_the_number_of_the_last_release_is_that_of_the_board(results: Path) -> None:
    lc = ek.releases(MODEL, benchmark="example", results=results).series[0]
    (row,) = ek.leaderboard(benchmark="example", results=results).rows
    assert lc.releases[-1].estimate == row.lc
    # what was shown then is kept beside what is computed now
    assert lc.releases[0].runs[0].shown.value == pytest.approx(lc.releases[0].estimate.value)


def test_the_frame_the_document_and_the_text_say_the_same(found: ek.Releases) -> None:
    frame, document = found.frame, json.loads(found.to_json())
    assert frame["release"].tolist() == [release["name"] for release in document[0]["releases"]]
    assert frame["moved"].tolist()[AT] == WORSE
    assert frame["value"].tolist() == [release["number"]["value"] for release in document[0]["releases"]]
    # half answers break off, which the gate wants a person to look at
    assert frame["gate"].tolist()[-1] == "inconclusive"
    assert document[0]["looks"]["n"] == 6
    text = str(found)
    assert re.search(rf"v1.{AT}: {WORSE} -\d+\.\d\d \[-[\d.]+, -[\d.]+\] points of win rate since v1.3, p 0\.00", text)
    assert "looks: 6 looks at these 48 instructions, of a budget of 8" in text
    assert "used up" not in text
    assert found.metrics()["v1.4/change"] == pytest.approx(document[0]["releases"][AT]["change"]["value"])
    assert f"v1.{AT}" in found._repr_html_()
    drawn = found.plot()
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawn._repr_svg_()).iter()}
    assert tags <= {"svg", "title", "desc", "style", "g", "defs", "path", "use", "text", "clipPath", "rect"}
    assert f"{WORSE} -14.5" in drawn._repr_svg_()


def test_the_command_prints_what_the_function_gives(results: Path, found: ek.Releases) -> None:
    asked = ["releases", MODEL, "--benchmark", "example", "--metric", "win_rate", "--looks-budget", "8"]
    for more, expected in (([], str(found)), (["--json"], found.to_json())):
        done = CliRunner().invoke(group, [*asked, "--results", str(results), *more])
        assert (done.exit_code, done.stdout) == (0, expected)


def test_a_report_draws_the_releases(results: Path, tmp_path: Path) -> None:
    page = ek.report(benchmark="example", results=results, out=tmp_path / "report.html")
    text = page.path.read_text(encoding="utf-8")
    assert text.count('class="figure releases"') == 1
    assert 'href="#b0-releases"' in text
    assert "v1.4 moved coding" in text


def test_eight_looks_use_up_their_budget_with_one_line_that_names_the_cure(results: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(results, tmp_path / "results")

    def gate(number: int, budget: int) -> list[str]:
        records = reworded(answers(), number)
        decided = ek.gate(records, benchmark="example", judge="surface", minimum=40, label=f"v1.{number}",
                          looks_budget=budget, results=folder, progress=False)  # fmt: skip
        return [note for note in decided.decision.notes if "used up" in note]

    # six releases are there already
    assert gate(6, 8) == []
    (note,) = gate(7, 8)
    assert note.startswith("these 48 instructions are used up: 8 looks of a budget of 8.")
    assert "Judge on new instructions" in note
    # the same outputs again are no further look, and a larger budget has room for one
    assert gate(7, 9) == []
    text = str(ek.releases(MODEL, benchmark="example", metric="win_rate", looks_budget=8, results=folder))
    assert text.count(f"note: {note}") == 1


def test_a_store_that_cannot_be_written_fails_no_board_and_no_decision(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StoreError("is read-only")

    monkeypatch.setattr("evalkit.api.keeping.keep_rows", refuse)
    board = ek.leaderboard(benchmark="example", results=results)
    assert board.notes == ("these numbers are not kept among the releases: is read-only",)
    decided = ek.gate(MODEL, benchmark="example", minimum=50, results=results)
    assert decided.estimate.value == pytest.approx(60.78, abs=0.01)
    assert decided.decision.notes[-1] == "this decision is not kept among the releases: is read-only"


def test_a_board_keeps_what_is_new_and_nothing_twice(results: Path) -> None:
    def n_kept() -> int:
        with open_store(store_url(None, results)) as store:
            return len(releases_of(store))

    before = n_kept()
    rows = ek.leaderboard(benchmark="example", results=results).rows
    ek.leaderboard(benchmark="example", category="coding", results=results)
    assert n_kept() == before
    ek.leaderboard(benchmark="example", label="final", results=results)
    assert n_kept() == before + 1
    noon = datetime.datetime(2027, 1, 2, 12, 0, tzinfo=datetime.UTC)
    with open_store(store_url(None, results)) as store:
        keep_rows(store, rows, Keeping("leaderboard", "later", clock=lambda: noon))
        assert releases_of(store)[-1].at == noon


@pytest.mark.parametrize("label", ["", "  ", "x" * 101, "\ud800", "sk-proj-" + "a1B2" * 12])
def test_a_label_that_cannot_be_kept_is_refused_before_anything_is_judged(tmp_path: Path, label: str) -> None:
    with pytest.raises(ConfigError, match="label: "):
        ek.annotate(answers(), benchmark="example", judge="surface", label=label, results=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_names_that_are_not_there_are_told_with_those_that_are(results: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="unknown model 'carefull'.*careful"):
        ek.releases("carefull", benchmark="example", results=results)
    with pytest.raises(ConfigError, match="looks_budget"):
        ek.releases(MODEL, benchmark="example", looks_budget=0, results=results)
    with pytest.raises(InputError, match="no store yet"):
        ek.releases(MODEL, benchmark="example", results=tmp_path)
    with pytest.raises(ConfigError, match="label names a release in the store"):
        ek.leaderboard([{"a": 1}], label="v1", results=results)
