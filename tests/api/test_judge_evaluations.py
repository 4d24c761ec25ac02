"""Judges measured against people through Python: asked, stored, refused, and shown."""

import json
from pathlib import Path

import pytest

import evalkit as ek
from tests.metaeval.made_labels import labelled, takes_first, takes_longer


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def test_a_judge_is_asked_once_and_kept_with_its_evaluation(results: Path) -> None:
    found = ek.evaluate_judges(takes_longer, human=labelled(), results=results)
    assert [row.judge.name for row in found.table.judges] == ["takes_longer"]
    assert found.frame.loc[0, "human_agreement"] == pytest.approx(100 * (0.9 * 21 + 2 * 0.1 + 0.6) / 24)
    again = ek.evaluate_judges(takes_longer, human=labelled(), results=results)
    assert again.to_json() == found.to_json()
    (asked,) = again.asked
    assert asked.annotated.progress.stored == asked.annotated.progress.total == 16
    assert len(ek.verify(results, results=results).evaluations) == 1
    # people's labels are no benchmark
    with pytest.raises(ek.InputError, match="holds no verdicts"):
        ek.leaderboard(results=results)


def test_the_place_decides_is_said_of_a_judge_that_looks_at_the_place(results: Path) -> None:
    found = ek.evaluate_judges(takes_first, human=labelled(24), results=results)
    (row,) = found.table.judges
    assert [row.estimate(name).value for name in ("inconsistent", "prefers_first")] == [100, 100]
    assert found.notes[0].startswith("takes_first: the place decides: its winner changes with the order on 100.00 of")
    assert found.metrics()["takes_first/inconsistent"] == 100


def test_verdicts_of_a_file_are_measured_and_nobody_is_asked(tmp_path: Path) -> None:
    rows = labelled()
    recorded = [{**row, "annotator": "theirs", "preference": 2} for row in rows]
    for row in recorded:
        del row["annotators"]
    found = ek.evaluate_judges(human=rows, source=recorded, by="category", results=tmp_path / "none")
    assert [row.judge.name for row in found.table.judges] == ["theirs"]
    assert not (tmp_path / "none").exists() and not found.asked
    assert found.frame[found.frame["field"] == "category"]["part"].tolist() == ["even", "odd"]


def test_every_form_holds_every_judge_and_hostile_names_harm_none(tmp_path: Path) -> None:
    hostile = "<script>=1+1\u202e|x"
    recorded = [{**row, "annotator": hostile, "preference": 2} for row in labelled()]
    for row in recorded:
        del row["annotators"]
    found = ek.evaluate_judges(human=labelled(), source=recorded)
    for form in ("table", "csv", "json", "markdown", "alpaca_eval"):
        text = found.written(form)
        assert "longest" in text and "\u202e" not in text
    assert json.loads(found.to_json())["labels"]["comparisons"] == 8
    page = found.report(tmp_path / "judges.html").read_text()
    assert "<script>=1+1" not in page and "&lt;script&gt;=1+1" in page
    assert found.plot().title.startswith("Agreement with people")
    with pytest.raises(ek.ConfigError, match="calibration needs 200"):
        found.plot("reliability")


def test_a_forecast_sends_nothing(results: Path) -> None:
    forecast = ek.forecast_evaluation("surface", human=labelled(), limit=4, results=results)
    assert forecast.frame.loc[0, "requests"] == 4 and not results.exists()


@pytest.mark.parametrize(
    ("keywords", "complaint"),
    [
        ({}, "no judge was named, and no source has verdicts"),
        ({"judges": ["surface_grade"]}, "grades single answers, and people's labels compare two"),
        ({"judges": ["surface"], "by": "colour"}, "unknown field of the labels 'colour'"),
        ({"judges": ["surface"], "family": {"other": "x*"}}, "unknown judge 'other'"),
        ({"judges": ["surface"], "risk": 1.5}, "risk: expected a number"),
        ({"judges": ["surface"], "max_cost": 1.0}, "max_cost needs the prices"),
        ({"judges": ["surface"], "human": {"a": {"1__x__y__1": "model_a"}}}, "labels without texts"),
        ({"judges": ["surface"], "human": [{"instruction": "i", "output_1": "a", "output_2": None, "preference": 1}]},
         "output_2"),
        ({"judges": ["surface"], "human": [{"instruction": "i", "output_1": "a", "output_2": "b", "preference": 7}]},
         "preference"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused_in_one_line(
    keywords: dict[str, object], complaint: str, results: Path
) -> None:
    given = {"human": labelled(), "results": results, **keywords}
    with pytest.raises(ek.EvalkitError, match=complaint) as refused:
        ek.evaluate_judges(*given.pop("judges", ()), **given)  # type: ignore[arg-type, misc]
    assert "\n" not in str(refused.value)


def test_further_labels_of_a_person_are_refused_or_count_as_other_peoples(results: Path) -> None:
    rows = [{**row, "annotator": "ann", "preference": 2} for row in labelled()]
    for row in rows:
        del row["annotators"]
    rows.append({**rows[0], "preference": 1})
    with pytest.raises(ek.InputError, match="'ann' says something else"):
        ek.evaluate_judges("longest", human=rows, results=results)
    found = ek.evaluate_judges("longest", human=rows, results=results, repeats_of_people=True)
    assert found.table.judges[0].numbers["human_agreement"].count == 9
    assert found.table.people.estimate("human_agreement").status.reason.startswith("1 instruction")


def test_judges_of_one_name_stay_apart_and_a_sample_is_not_kept(results: Path) -> None:
    recorded = [{**row, "annotator": name, "preference": 2} for row in labelled() for name in ("longest", "people")]
    for row in recorded:
        del row["annotators"]
    found = ek.evaluate_judges("longest", human=labelled(), source=recorded, limit=6, results=results)
    assert {row.judge.name for row in found.table.judges} == {"longest", "longest #2", "people #2"}
    numbers = found.metrics()
    names = {name.split("/")[0] for name in numbers}
    assert {"longest", "longest #2", "people #2", "(longest)", "people"} <= names
    with pytest.raises(ek.InputError, match="holds no row"):
        ek.verify(results, results=results)
