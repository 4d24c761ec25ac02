"""Imports and exports from Python: the command's texts, documents and files."""

import json
from pathlib import Path
from typing import Any

import pytest

import evalkit as ek
from tests.api.hostile import NAME, shown_as_text
from tests.cli.running import evalkit
from tests.sources.test_imports import LOG

OUTPUTS = Path(__file__).parents[2] / "examples" / "outputs"


@pytest.fixture(scope="module")
def annotations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Verdicts on the example in AlpacaEval's layout."""
    made = tmp_path_factory.mktemp("judged")
    done = evalkit("annotate", OUTPUTS / "careful.json", "--benchmark", "example", cwd=made)
    assert done.returncode == 0, done.stderr
    return made / "results" / "careful" / "surface" / "annotations.json"


def test_an_import_counts_what_the_command_counts(annotations: Path, tmp_path: Path) -> None:
    files = [OUTPUTS, annotations]
    found = ek.import_files(*files, benchmark="example", judge="surface", results=tmp_path / "mine")
    words = ["import", "auto", *files, "--benchmark", "example", "--judge", "surface", "--results"]
    done = evalkit(*words, "theirs", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{found}\n"), done.stderr
    assert evalkit(*words, "others", "--json", cwd=tmp_path).stdout == f"{found.to_json()}\n"
    assert found.records == {"alpaca_eval outputs": 192, "alpaca_eval annotations": 48}
    assert found.verdicts == {"surface": 48}
    frame = found.frame
    assert list(frame.columns) == ["kind", "judge", "records", "verdicts", "failures"]
    assert frame["records"].dtype == frame["verdicts"].dtype == frame["failures"].dtype == "Int64"
    assert frame["verdicts"].dropna().tolist() == [48] and frame["judge"].dropna().tolist() == ["surface"]
    board = ek.leaderboard(benchmark="example", results=tmp_path / "mine")
    assert board.frame["model"].tolist() == ["careful"]


def test_notes_of_an_import_name_keywords_and_the_command_names_options(tmp_path: Path) -> None:
    samples = [{"id": n, "epoch": 1, "scores": {"rubric": {"value": value}}} for n, value in enumerate((0.5, 7))]
    log = tmp_path / "log.json"
    log.write_text(json.dumps({**LOG, "samples": samples}))
    found = ek.import_files(log, results=tmp_path / "mine")
    note, _ = found.notes
    assert note.endswith("Give the scale with judge rubric.yaml, a judge that asks for a grade")
    done = evalkit("import", "auto", log, "--json", cwd=tmp_path)
    assert "Give the scale with --judge rubric.yaml" in done.stderr and done.stdout == f"{found.to_json()}\n"


@pytest.mark.parametrize("benchmark", [None, "example"])
def test_an_export_writes_what_the_command_writes(benchmark: str | None, annotations: Path, tmp_path: Path) -> None:
    ek.import_files(annotations, benchmark="example", judge="surface", results=tmp_path / "results")
    done = evalkit(
        *("export", "alpaca_eval", "--out", tmp_path / "theirs", "--json"),
        *(() if benchmark is None else ("--benchmark", benchmark, "--judge", "surface")),
        cwd=tmp_path,
    )
    judge = None if benchmark is None else "surface"
    found = ek.export_files(
        "alpaca_eval", out=tmp_path / "mine", benchmark=benchmark, judge=judge, results=tmp_path / "results"
    )
    assert done.stdout == f"{found.to_json()}\n".replace("/mine", "/theirs"), done.stderr
    written = {path.relative_to(tmp_path / "mine"): path.read_bytes() for path in found.files}
    assert written and written == {path: (tmp_path / "theirs" / path).read_bytes() for path in written}
    assert found.frame["records"].dtype == "int64" and found.frame["records"].tolist() == list(found.files.values())
    assert str(found).splitlines() == [
        f"wrote {path}: {n} record{'s' if n > 1 else ''}" for path, n in found.files.items()
    ]


def test_a_notebook_shows_a_name_as_text(annotations: Path, tmp_path: Path) -> None:
    rows = json.loads(annotations.read_text())
    foreign = tmp_path / "annotations.json"
    foreign.write_text(json.dumps([{**row, "annotator": NAME} for row in rows]))
    assert shown_as_text(ek.import_files(foreign, benchmark="example", results=tmp_path / "results"))


def test_a_wrong_keyword_is_one_line_that_names_it(tmp_path: Path) -> None:
    place: dict[str, Any] = {"out": tmp_path / "out", "results": tmp_path / "results"}
    ek.import_files(OUTPUTS / "careful.json", results=tmp_path / "results")
    for call, reason in (
        (lambda: ek.import_files(OUTPUTS, format="nope"), "unknown format 'nope'. Known: alpaca_eval"),
        (lambda: ek.import_files(OUTPUTS, judge="nobody", results=tmp_path), "unknown judge 'nobody'"),
        (lambda: ek.export_files("alpaca_eval", judge="j", **place), "^judge chooses .* with benchmark=NAME"),
        (
            lambda: ek.export_files("alpaca_eval", kind="k", benchmark="example", **place),
            "^kind chooses among imported files, and benchmark among verdicts",
        ),
        (lambda: ek.export_files("table", out="o", results="nowhere"), "no store yet"),
    ):
        with pytest.raises(ek.EvalkitError, match=reason) as caught:
            call()
        assert "\n" not in str(caught.value)
