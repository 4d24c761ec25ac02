"""No command and no function writes over what it reads, or writes two things into one file."""

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

import evalkit as ek
from evalkit.cli.gate_ending import end_without_decision
from evalkit.cli.main import group
from evalkit.errors import ConfigError, EvalkitError
from tests.attacks.world import run, write_answers

JUDGED = ("--benchmark", "cand")
ASK = ("cand.json", "--baseline", "base.json", "--judge", "surface")


@pytest.fixture(scope="module")
def world() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ek") as name:
        folder, before = Path(name), Path.cwd()
        os.chdir(folder)
        try:
            write_answers(folder)
            code, said = run("annotate", *ASK)
            assert code == 0, said
            write_inputs(folder)
            yield folder
        finally:
            os.chdir(before)


def write_inputs(folder: Path) -> None:
    """One file of each kind that a command reads."""
    votes = "model_a,model_b,winner\n" + "".join(f"m{n % 3},m{(n + 1) % 3},m{n % 3}\n" for n in range(9))
    board = "model,score\n" + "".join(f"m{n},{n}\n" for n in range(5))
    questions = [{"instruction": f"What is {n}?"} for n in range(3)]
    judged = folder / "results" / "cand" / "surface" / "annotations.json"
    texts = {
        "votes.csv": votes,
        "one.csv": board,
        "two.csv": board,
        "verdicts.json": judged.read_text(),
        "in/verdicts.json": judged.read_text(),
        "in/annotations.json": judged.read_text(),
        "questions.json": json.dumps(questions),
        "mine.yaml": "description: mine\nquestions: sub/asked.json\n",
        "sub/asked.json": json.dumps(questions),
        "judges/mine.yaml": "client: openai\nmodel: m\nparser: bracket_label\nprompt: words\n",
        "judges/words.jinja": "{% block user %}{{ instruction }}{% endblock %}",
        "model.yaml": "client: openai\nmodel: m\nbase_url: http://127.0.0.1:9/v1\n",
        "rules.toml": '[[gate.rules]]\nname = "r"\nmin = 1\nsource = "in"\n',
        "rows/rows.csv": votes,
        "results/model/outputs.json": json.dumps(questions),
        "names.json": "{}",
        "evalkit.toml": "",
        "gate.json": "{}",
        "baseline.json": (folder / "base.json").read_text(),
    }
    for place, text in texts.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".db-shm"}


# a command, and the two options that the error names; the file of the first is never written
COLLISIONS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a board onto its source": (("leaderboard", "verdicts.json", "--out", "verdicts.json"), "--out", "SOURCES"),
    "a board into its folder": (("leaderboard", "in", "--out", "in/annotations.json"), "--out", "SOURCES"),
    "one of several": (
        ("leaderboard", "--benchmark", "cand", "--benchmark", "two=verdicts.json", "--out", "verdicts.json"),
        "--out", "--benchmark",
    ),
    "a published table": (
        ("leaderboard", *JUDGED, "--published", "one.csv", "--out", "one.csv"),
        "--out", "--published",
    ),
    "a plot and a board": (("leaderboard", *JUDGED, "--plot", "x.svg", "--out", "x.svg"), "--out", "--plot"),
    "the store": (("leaderboard", *JUDGED, "--out", "results/evalkit.db"), "--out", "--results"),
    "a named store": (
        ("leaderboard", *JUDGED, "--store", "sqlite:///results/evalkit.db", "--out", "results/evalkit.db"),
        "--out", "--store",
    ),
    "a page onto its source": (("report", "verdicts.json", "--out", "verdicts.json"), "--out", "SOURCES"),
    "a page onto its gate": (("report", *JUDGED, "--gate", "gate.json", "--out", "gate.json"), "--out", "--gate"),
    "ratings onto their votes": (("ratings", "votes.csv", "--out", "votes.csv"), "--out", "VOTES"),
    "a board of boards": (
        ("correlate", "one.csv", "--reference", "two.csv", "--out", "two.csv"),
        "--out", "--reference",
    ),
    "a map": (
        ("correlate", "one.csv", "--reference", "two.csv", "--map", "names.json", "--out", "names.json"),
        "--out", "--map",
    ),
    "releases": (("releases", "cand", "--benchmark", "mine.yaml", "--plot", "mine.yaml.svg"), "--plot", "--benchmark"),
    "the settings": (
        ("gate", "cand", *JUDGED, "--min", "1", "--junit", "evalkit.toml"),
        "--junit", "the settings file",
    ),
    "two reports": (
        ("gate", "cand", *JUDGED, "--min", "1", "--summary", "x", "--junit", "./x"),
        "--summary", "--junit",
    ),
    "two that differ in case": (
        ("gate", "cand", *JUDGED, "--min", "1", "--summary", "New.xml", "--junit", "new.XML"), "--summary", "--junit",
    ),
    "a badge onto the outputs": (("gate", *ASK, "--min", "1", "--badge", "cand.json"), "--badge", "CANDIDATE"),
    "a badge onto the baseline": (("gate", *ASK, "--min", "1", "--badge", "base.json"), "--badge", "--baseline"),
    "a summary onto the rules": (
        ("gate", "cand", *JUDGED, "--rules", "rules.toml", "--summary", "rules.toml"),
        "--summary", "--rules",
    ),
    "a summary onto what rules name": (
        ("gate", "cand", *JUDGED, "--rules", "rules.toml", "--summary", "in/annotations.json"), "--summary", "--rules",
    ),
    "a gate's log": (("gate", *ASK, "--min", "1", "--log", "cand.json"), "--log", "CANDIDATE"),
    "a log onto the outputs": (("annotate", *ASK, "--log", "cand.json"), "--log", "OUTPUTS"),
    "a log onto the baseline beside": (
        ("annotate", "cand.json", "--judge", "surface", "--log", "baseline.json"),
        "--log", "OUTPUTS",
    ),
    "a log onto a judge": (
        ("annotate", *ASK, "--judge", "judges/mine.yaml", "--log", "judges/mine.yaml"),
        "--log", "--judge",
    ),
    "a log onto a prompt": (
        ("annotate", *ASK, "--judge", "judges/mine.yaml", "--log", "judges/words.jinja"),
        "--log", "--judge",
    ),
    "a log onto a replay": (
        ("annotate", *ASK, "--replay", "verdicts.json", "--log", "verdicts.json"),
        "--log", "--replay",
    ),
    "a log onto questions": (
        ("annotate", *ASK, "--benchmark", "mine", "--log", "sub/asked.json"),
        "--log", "--benchmark",
    ),
    "answers onto questions": (
        ("generate", "model.yaml", "--questions", "questions.json", "--out", "questions.json"), "--out", "--questions",
    ),
    "answers onto the model": (("generate", "model.yaml", "--out", "model.yaml"), "--out", "MODEL"),
    "answers and their log": (("generate", "model.yaml", "--out", "x.json", "--log", "x.json"), "--out", "--log"),
    "a history onto a benchmark": (("benchmarks", "learn", "mine.yaml", "--out", "mine.yaml"), "--out", "NAME"),
    "an export onto the store": (("store", "export", "results/evalkit.db"), "FILE", "--results"),
    "answers onto questions by default": (
        ("generate", "model.yaml", "--questions", "results/model/outputs.json"), "--out", "--questions",
    ),
    "an export onto a run's files": (("export", "alpaca_eval", "--out", "results", *JUDGED), "--out", "row.json"),
    "a site around its source": (("site", "in", "in/verdicts.json"), "DIR", "SOURCES"),
    "a site around a named source": (("site", "in", "--benchmark", "cand=in/verdicts.json"), "DIR", "--benchmark"),
    "a site around the store": (("site", "results", *JUDGED), "DIR", "--results"),
}  # fmt: skip


@pytest.mark.parametrize("name", COLLISIONS)
def test_what_is_read_is_not_written_over(world: Path, name: str) -> None:
    words, target, other = COLLISIONS[name]
    (world / "mine.yaml.svg").unlink(missing_ok=True)
    if name == "releases":
        # a name with an ending of its own, which is the same file all the same
        os.link("mine.yaml", "mine.yaml.svg")
    before = contents(world)
    code, said = run(*words)
    assert code == 2 and "\n" not in said, said
    assert (
        target in said
        and other in said
        and re.search(rf"Name another (file|folder) with {target}|another file with", said)
    ), said
    assert contents(world) == before


@pytest.mark.parametrize(("file", "out", "words"), [
    ("rows/rows.csv", "..", ("table",)),
    ("theirs/cand/surface/annotations.json", "theirs", ("alpaca_eval", "--benchmark", "imported")),
])  # fmt: skip
def test_an_export_leaves_the_files_that_were_imported(
    world: Path, file: str, out: str, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = tmp_path / file
    imported.parent.mkdir(parents=True)
    imported.write_bytes((world / ("verdicts.json" if file.endswith(".json") else "votes.csv")).read_bytes())
    # a file is known by its path from where it was imported
    monkeypatch.chdir(imported.parent if out == ".." else tmp_path)
    code, said = run("import", "auto" if len(words) > 1 else "table", imported.relative_to(Path.cwd()))
    assert code == 0, said
    before = imported.read_bytes()
    code, said = run("export", *words, "--out", out)
    assert code == 2 and "a file that was imported. Name another folder with --out" in said, said
    assert imported.read_bytes() == before
    for _ in range(2):
        assert run("export", *words, "--out", "apart")[0] == 0


@pytest.mark.parametrize("spelt", ["./sub/../one.csv", "link.csv", "hard.csv", "there/one.csv", "{}/one.csv"])
def test_files_are_compared_and_not_the_texts_of_their_paths(world: Path, spelt: str) -> None:
    for link, name, target in (
        (os.symlink, "link.csv", "one.csv"),
        (os.link, "hard.csv", "one.csv"),
        (os.symlink, "there", "."),
    ):
        if not os.path.lexists(name):
            link(target, name)
    before = (world / "one.csv").read_bytes()
    code, said = run("correlate", "one.csv", "--reference", "two.csv", "--out", spelt.format(world))
    assert code == 2 and "BOARDS" in said, said
    assert (world / "one.csv").read_bytes() == before


def test_an_own_output_is_written_again_and_a_log_grows(world: Path) -> None:
    for words in (
        ("leaderboard", "in", "--format", "csv", "--out", "in/board.csv"),
        ("report", *JUDGED, "--no-text"),
        ("annotate", *ASK, "--log", "run.log"),
        ("gate", "cand", *JUDGED, "--min", "1", "--junit", "g.xml", "--summary", "g.md", "--badge", "g.json"),
        ("report", *JUDGED, "--title", "page.html", "--out", "page.html", "--no-text"),
        ("site", "public", *JUDGED, "--no-text"),
        ("store", "export", "moved.jsonl"),
        ("gate", "cand", *JUDGED, "--min", "1", "--summary", "/dev/stdout", "--junit", "/dev/stdout"),
    ):
        for _ in range(2):
            code, said = run(*words)
            assert code in (0, 1, 3, 4), said


PYTHON: dict[str, tuple[Callable[[], Any], str, str]] = {
    "annotate": (
        lambda: ek.annotate("cand.json", baseline="base.json", judge="surface", log="cand.json"),
        "log", "outputs",
    ),
    "gate": (
        lambda: ek.gate("cand", benchmark="cand", minimum=1, source=["in"], log="in/annotations.json"),
        "log", "source",
    ),
    "rules": (
        lambda: ek.gate("cand", benchmark="cand", log="verdicts.json",
                        rules=[{"name": "r", "min": 1, "source": "verdicts.json"}]),
        "log", "rules",
    ),
    "generate": (
        lambda: ek.generate("model.yaml", questions="questions.json", out=Path("questions.json")),
        "out", "questions",
    ),
    "two outputs": (lambda: ek.generate("model.yaml", questions="questions.json", out="n", log="n"), "log", "out"),
    "report": (lambda: ek.report("verdicts.json", out="verdicts.json"), "out", "sources"),
    "the store": (lambda: ek.report(benchmark="cand", out="results/evalkit.db"), "out", "results"),
    "site": (lambda: ek.site("in", benchmark={"cand": "in/verdicts.json"}), "folder", "benchmark"),
    "the settings": (lambda: ek.report(benchmark="cand", out="evalkit.toml"), "out", "the settings file"),
    "a judge": (
        lambda: ek.annotate("cand.json", baseline="base.json", judge=ek.judges()["surface"], benchmark="mine",
                            log="sub/asked.json"),
        "log", "benchmark",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PYTHON)
def test_functions_refuse_the_same_in_the_names_of_keywords(world: Path, name: str) -> None:
    call, target, other = PYTHON[name]
    before = contents(world)
    with pytest.raises(ConfigError) as refused:
        call()
    said = str(refused.value)
    assert said.startswith(target) or f"with {target}" in said
    assert other in said and "--" not in said
    assert contents(world) == before


@pytest.mark.parametrize("words", [
    ("cand.json", "--baseline", "notes.md", "--min", "1", "--summary", "notes.md"),
    ("cand.json", "--min", "no", "--replay=notes.md", "--summary=notes.md"),
    ("cand.json", "--min", "no", "--junit", "evalkit.toml"),
])  # fmt: skip
def test_a_gate_that_is_refused_reports_into_no_file_that_it_would_read(world: Path, words: tuple[str, ...]) -> None:
    (world / "notes.md").write_text("kept")
    error = CliRunner().invoke(group, ["gate", *words], standalone_mode=False).exception
    assert isinstance(error, EvalkitError | click.UsageError)
    end_without_decision(words, Path("evalkit.toml"), 2, str(error), error)
    assert (world / "notes.md").read_text() == "kept" and (world / "evalkit.toml").read_text() == ""
