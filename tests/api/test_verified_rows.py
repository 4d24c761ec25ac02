"""Written rows verified from Python: the command's lines and documents, and errors instead of exit codes."""

import json
import shutil
from pathlib import Path

import pytest

import evalkit as ek
from evalkit.errors import InputError, Unequal
from tests.api.hostile import NAME, shown_as_text
from tests.cli.running import evalkit

OUTPUTS = Path(__file__).parents[2] / "examples" / "outputs"
ROW = "results/careful/surface/row.json"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("judged")
    named = [OUTPUTS / f"{name}.json" for name in ("careful", "wordy")]
    done = evalkit("annotate", *named, "--benchmark", "example", cwd=made)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def folder(judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the judged folder, which is the current one."""
    copy = tmp_path / "copy"
    shutil.copytree(judged, copy)
    monkeypatch.chdir(copy)
    return copy


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def as_the_command(found: ek.VerifiedRows, folder: Path, status: int) -> bool:
    """True if the command prints the same text and document."""
    plain, document = evalkit("verify", "results", cwd=folder), evalkit("verify", "results", "--json", cwd=folder)
    assert (plain.returncode, document.returncode) == (status, status), plain.stderr
    return (plain.stdout, document.stdout) == (str(found), f"{found.to_json()}\n")


def test_equal_rows_are_those_of_the_command(folder: Path) -> None:
    found = ek.verify("results")
    assert found.equal and as_the_command(found, folder, 0)
    found.raise_for_differences()
    assert [row.model for row in found.rows] == ["careful", "wordy"]
    assert ek.verify(folder / ROW, results=folder / "results").equal


def test_an_edited_row_differs(folder: Path) -> None:
    edit(Path(ROW), lc_win_rate=99.5)
    found = ek.verify("results")
    assert not found.equal and as_the_command(found, folder, 5)
    with pytest.raises(Unequal, match="careful under surface: provenance.document_sha256: the row says") as caught:
        found.raise_for_differences()
    assert caught.value.exit_code == 5
    frame = found.frame.set_index("model")
    assert frame["equal"].dtype == "bool" and frame["n_verdicts"].dtype == frame["n_differences"].dtype == "int64"
    assert frame["n_differences"].tolist() == [2, 0] and frame["difference"].isna().tolist() == [False, True]


def test_a_file_that_cannot_be_verified_is_refused_where_no_row_differs(folder: Path) -> None:
    Path("results/wordy/surface/row.json").write_text("[]")
    found = ek.verify("results")
    assert not found.equal and as_the_command(found, folder, 2)
    with pytest.raises(InputError, match="row.json: holds no row"):
        found.raise_for_differences()


def test_a_notebook_shows_a_name_as_text(folder: Path) -> None:
    edit(Path(ROW), model=NAME)
    assert shown_as_text(ek.verify("results"))


def test_a_missing_row_store_or_history_is_one_line(folder: Path) -> None:
    for row, keywords, reason in (
        ("nowhere.json", {}, "nowhere.json: no such file"),
        (folder / "results" / "careful", {"results": "nowhere"}, "no store yet"),
        ("results", {"difficulty": "nowhere.json"}, "nowhere.json"),
    ):
        with pytest.raises(ek.EvalkitError, match=reason) as caught:
            ek.verify(row, **keywords)
        assert "\n" not in str(caught.value)
