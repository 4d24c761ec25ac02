"""A site written from Python and by the command: the same files, from the store and from files."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import evalkit as ek
from evalkit.cli.main import group
from tests.reporting.sites import N

MODELS = {"good": 0.7, "Poor!": 0.3}


def verdicts(folder: Path, shift: float = 0.0) -> Path:
    """Recorded verdicts on two models, with texts."""
    for model, share in MODELS.items():
        rows = [
            {
                "instruction": f"Question {number}?",
                "output_1": f"The baseline's answer {number}.",
                "output_2": f"An answer of {model}, {number}, {'long ' * (number % 7)}.",
                "generator_1": "base",
                "generator_2": model,
                "annotator": "judge",
                "preference": 1 + min(0.97, max(0.03, share + shift + (number * 7 % 10 - 4.5) / 15)),
                "raw_completion": f"said {number}",
            }
            for number in range(N)
        ]
        path = folder / model / "annotations.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(rows))
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, list(map(str, arguments)), standalone_mode=False)


@pytest.fixture(scope="module", autouse=True)
def without_figures() -> object:
    """The figures of a board take longer to draw than all else of a site, and are the report's."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("evalkit.reporting.page.section._DRAWN", ())
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("verdicts")
    verdicts(made / "first")
    verdicts(made / "second", -0.1)
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_command_writes_the_site_that_python_writes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    named = {"one": "first", "two": "second"}
    written = ek.site(tmp_path / "python", benchmark=named, title="Both", sample=9, seed=3, alias={"Poor!": "poor"})
    assert written.overview.is_file() and written.size == sum(written.files.values())
    words = ["--benchmark", "one=first", "--benchmark", "two=second", "--alias", "Poor!=poor"]
    done = run("site", tmp_path / "command", *words, "--title", "Both", "--sample", 9, "--seed", 3)
    assert done.exception is None, done.output
    assert contents(tmp_path / "command") == contents(tmp_path / "python")
    assert done.output == str(written).replace("/python/", "/command/") + "\n"
    assert "6 pages" in str(written) and " MB" in str(written)
    assert json.loads(written.to_json())["files"] == dict(written.files)
    assert set(written.files) == {
        str(path.relative_to(written.path)) for path in written.path.rglob("*") if path.name != "evalkit-site.json"
        and path.is_file()
    }  # fmt: skip
    assert "<title>Both</title>" in written.overview.read_text()


def test_files_of_one_benchmark_are_named_like_their_report(folder: Path, tmp_path: Path) -> None:
    written = ek.site(tmp_path / "s", folder / "first", text=False, by=())
    assert "benchmarks/first.html" in written.files and "<title>first</title>" in written.overview.read_text()
    assert run("site", tmp_path / "s", folder / "first", "--no-text", "--json").exception is None


def test_what_cannot_be_a_site_is_one_line_and_writes_nothing(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("mine")
    with pytest.raises(ek.InputError, match="mine: holds files, and no site of evalkit's"):
        ek.site(tmp_path / "mine", folder / "first")
    with pytest.raises(ek.ConfigError, match="SOURCES are verdicts on one benchmark"):
        ek.site(tmp_path / "new", folder / "first", benchmark=["one", "two"])
    with pytest.raises(ek.ConfigError, match="sample: expected a whole number from 1"):
        ek.site(tmp_path / "new", folder / "first", sample=0)
    with pytest.raises(ek.InputError, match="no store yet"):
        ek.site(tmp_path / "new", results=tmp_path / "results")
    done = run("site", tmp_path / "mine", folder / "first")
    assert isinstance(done.exception, ek.InputError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]
    assert contents(tmp_path / "mine") == {"thesis.tex": b"mine"}


def test_without_sources_every_benchmark_of_the_store_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outputs = {
        name: [{"instruction": f"Say {n}.", "output": f"Here is {n}. {'More. ' * (n % size)}"} for n in range(N)]
        for name, size in (("base", 3), ("cand", 5))
    }
    for name, rows in outputs.items():
        Path(f"{name}.json").write_text(json.dumps([{**row, "generator": name} for row in rows]))
    for benchmark in ("one", "two"):
        ek.annotate("cand.json", baseline="base.json", judge="surface", benchmark=benchmark, audit="off")
    written = ek.site("public")
    assert {"benchmarks/one.html", "benchmarks/two.html", "judges/surface.html", "models/cand.html"} <= set(
        written.files
    )
    assert "<title>Leaderboards</title>" in written.overview.read_text()
