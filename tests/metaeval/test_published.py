"""Published judges under one's own: their figures, their place, and what is refused."""

import csv
import io
import json
from pathlib import Path

import pytest

import evalkit as ek
from evalkit.catalog import published_judges_names, read_published_judges_table
from evalkit.metaeval import JudgeRow, RowKind
from tests.metaeval.made_labels import labelled, takes_longer

REAL = Path(__file__).parents[3] / "shared" / "data" / "alpaca_eval" / "published_annotators.csv"
COLUMNS = "annotator,Human agreement,Proba. prefer longer,# parsed\n"


def values(row: JudgeRow, *names: str) -> list[float | None]:
    return [row.estimate(name).value for name in names]


def saved(folder: Path, text: str, header: str = "") -> str:
    path = folder / "theirs.csv"
    path.write_text(text)
    if header:
        path.with_suffix(".yaml").write_text(header)
    return str(path)


def test_alpaca_evals_annotators_stand_under_ones_own_and_change_nothing(tmp_path: Path) -> None:
    alone = ek.evaluate_judges(takes_longer, human=labelled(), results=tmp_path)
    found = ek.evaluate_judges(takes_longer, human=labelled(), results=tmp_path, published="alpaca_eval")
    own = len(alone.table.rows)
    assert json.loads(found.to_json())["rows"][:own] == json.loads(alone.to_json())["rows"]
    assert found.metrics() == alone.metrics()
    assert found.plot().description == alone.plot().description
    rows = {row.judge.name: row for row in found.table.rows[own:]}
    assert len(rows) == 31 and {row.kind for row in rows.values()} == {RowKind.PUBLISHED}
    humans, longest = rows["humans"], rows["longest"]
    assert values(humans, "human_agreement", "variance", "bias") == [65.6636, 34.3364, 0]
    assert values(longest, "human_agreement", "prefers_longer", "prefers_lists") == pytest.approx([62.1914, 100, 88.29])
    assert values(humans, "kappa", "ece", "excess_longer") == [None, None, None]
    agreement = humans.estimate("human_agreement")
    assert (agreement.lower, agreement.upper, agreement.stderr, agreement.n) == (None, None, None, 2592)
    assert "published on 2024-09-26" in str(agreement.status) and "cross-annotations" in str(agreement.status)
    assert humans.rank is None and humans.excess_rank is None


def test_every_form_says_which_rows_are_published(tmp_path: Path) -> None:
    text = saved(tmp_path, f"{COLUMNS}<b>=1|humans,65.7,0.64,2592\n", 'title: "<i>Their table"\ndate: "2024-09-26"\n')
    found = ek.evaluate_judges(takes_longer, human=labelled(), results=tmp_path, published=["alpaca_eval", text])
    assert "longest (published)" in str(found) and "(longest)" in str(found)
    assert "longest (published)" in found.written("markdown")
    document = json.loads(found.to_json())
    assert [one["name"] for one in document["published"]] == ["alpaca_eval", text]
    last = document["rows"][-1]
    assert (last["kind"], last["rank"], last["missing"], last["published_in"]) == ("published", None, None, text)
    for form in ("csv", "alpaca_eval"):
        table = list(csv.DictReader(io.StringIO(found.written(form))))
        assert "published" in table[-1].values() and "humans" in "".join(table[-1].values())
    assert any(
        "rows marked published are as alpaca_eval printed them (source: github.com" in one for one in found.notes
    )
    page = found.report(tmp_path / "judges.html").read_text()
    assert '<tr class="published">' in page and "<b>=1" not in page and "<i>Their" not in page


def test_the_form_that_is_written_is_read_again(tmp_path: Path) -> None:
    found = ek.evaluate_judges(takes_longer, human=labelled(), results=tmp_path)
    (tmp_path / "mine.csv").write_text(found.written("alpaca_eval"))
    again = ek.evaluate_judges(takes_longer, human=labelled(), results=tmp_path, published=str(tmp_path / "mine.csv"))
    published = {row.judge.name: row for row in again.table.of_kind(RowKind.PUBLISHED)}
    for row in found.table.rows:
        if row.estimate("human_agreement").value is not None:
            names = ("human_agreement", "prefers_longer", "prefers_first")
            assert values(published[row.judge.name], *names) == pytest.approx(values(row, *names))


@pytest.mark.parametrize(
    ("text", "header", "complaint"),
    [
        (f"{COLUMNS}a,165.7,0.64,10\n", "", "Human agreement: expected a number from 0 to 100, found '165.7'"),
        (f"{COLUMNS}a,65.7,64,10\n", "", "Proba. prefer longer: expected a number from 0 to 1, found '64'"),
        (f"{COLUMNS}a,high,0.64,10\n", "", "Human agreement: expected a number from 0 to 100, found 'high'"),
        (f"{COLUMNS}a,65.7,0.64,\n", "", "# parsed: expected the number of verdicts"),
        (f"{COLUMNS}a,65.7,0.64,10\na,65.7,0.64,10\n", "", "annotator 'a' stands twice"),
        (f"{COLUMNS},65.7,0.64,10\n", "", "the annotator has no name"),
        (f"{COLUMNS}a,,,10\n", "", "no row holds a number"),
        ("model,win_rate\na,50\n", "", "is not a row of a table of judges"),
        (f"{COLUMNS}a,65.7,0.64,10\n", "date: 24-9-26\n", "date: expected YYYY-MM-DD"),
        (f"{COLUMNS}a,65.7,0.64,10\n", "titel: x\n", "unknown key 'titel'. Did you mean 'title'?"),
    ],
)
def test_wrong_tables_are_refused_before_anybody_is_asked(
    tmp_path: Path, text: str, header: str, complaint: str
) -> None:
    with pytest.raises(ek.EvalkitError) as raised:
        ek.evaluate_judges(
            takes_longer, human=labelled(), results=tmp_path / "none", published=saved(tmp_path, text, header)
        )
    assert complaint in str(raised.value) and "theirs" in str(raised.value)
    assert not (tmp_path / "none").exists()


def test_a_shipped_table_says_where_it_is_from() -> None:
    assert published_judges_names() == ["alpaca_eval"]
    table = read_published_judges_table("alpaca_eval")
    assert "commit d96bcbd71cf2" in table.source and table.labels and table.note
    with pytest.raises(ek.UnknownName, match="Did you mean 'alpaca_eval'"):
        read_published_judges_table("alpaca_evl")


@pytest.mark.skipif(not REAL.is_file(), reason="../shared/data is absent: the source's own file is not part of evalkit")
def test_the_shipped_figures_are_those_of_the_source() -> None:
    theirs = {judge.name: judge for judge in read_published_judges_table(str(REAL)).rows}
    shipped = read_published_judges_table("alpaca_eval").rows
    # the source has a share where this judge's agreement in percent belongs
    assert theirs.keys() - {judge.name for judge in shipped} == {"weighted_alpaca_eval_gpt-4o-mini-2024-07-18"}
    for judge in shipped:
        assert judge.n_verdicts == theirs[judge.name].n_verdicts
        assert judge.numbers == pytest.approx(dict(theirs[judge.name].numbers), abs=0.00501)
