"""A report written from Python: the command's page, its path and its size."""

import json
from pathlib import Path

import pytest

import evalkit as ek
from tests.cli.running import evalkit

OUTPUTS = Path(__file__).parents[2] / "examples" / "outputs"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("judged")
    named = [OUTPUTS / f"{name}.json" for name in ("careful", "wordy")]
    done = evalkit("annotate", *named, "--benchmark", "example", cwd=made)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def folder(judged: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(judged)
    return judged


def test_the_page_is_the_one_that_the_command_writes(folder: Path) -> None:
    done = evalkit("report", "--benchmark", "example", cwd=folder)
    written = (folder / "results" / "report.html").read_bytes()
    page = ek.report(benchmark="example")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{page}\n", "")
    assert page.path == Path("results/report.html") and page.path.read_bytes() == written
    assert page.size == len(written) and json.loads(page.to_json()) == {"path": str(page.path), "bytes": page.size}
    assert page.notes == ()


def test_what_the_page_shows_is_chosen_as_on_the_command_line(folder: Path) -> None:
    page = ek.report(
        "results", out="small.html", title="Small", sample=5, seed=3, text=False, by="category", metric="win_rate"
    )
    words = ["results", "--out", "command.html", "--title", "Small", "--sample", 5, "--seed", 3, "--no-text"]
    done = evalkit("report", *words, "--by", "category", "--metric", "win_rate", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert Path(page).read_bytes() == (folder / "command.html").read_bytes()


def test_a_page_that_is_too_large_for_mail_boxes_has_a_note_in_each_language() -> None:
    page = ek.Page(Path("report.html"), 16_200_000)
    assert str(page) == "wrote report.html, 16.2 MB"
    (note,), (printed,) = page.notes, page.command_notes
    assert note.endswith("Make it smaller with sample=N or text=False")
    assert printed.endswith("Make it smaller with --sample N or --no-text")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"sample": 0}, "sample: expected a whole number from 1, found 0"),
        ({"by": "categroy"}, "unknown part 'categroy'"),
        ({"bootstrap": -1}, "bootstrap: expected a whole number from 0, found -1"),
    ],
)
def test_a_wrong_keyword_is_one_line_that_names_it(wrong: dict[str, int], reason: str, folder: Path) -> None:
    with pytest.raises(ek.EvalkitError, match=reason) as caught:
        ek.report(benchmark="example", out="wrong.html", **wrong)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value) and not str(caught.value).startswith("--")
    assert not (folder / "wrong.html").exists()
