"""The examples of the documentation print what it says they print."""

import doctest
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import evalkit as ek
from evalkit.clients import builtin as clients
from evalkit.judge_spec import parsers

REPOSITORY = Path(__file__).parents[1]
DOCS = [page for page in REPOSITORY.glob("docs/**/*.md") if "_build" not in page.parts]
SHOWN = sorted(page for page in DOCS if re.search(r"^>>> ", page.read_text(encoding="utf-8"), re.MULTILINE))


def examples(page: Path) -> str:
    """A page without anything but its examples, on the lines where they are."""
    kept, inside = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        fence = line.lstrip().startswith("```")
        inside = inside ^ fence
        kept.append(line if inside and not fence else "")
    return "\n".join(kept)


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.stem)
def test_an_example_prints_what_the_page_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    monkeypatch.chdir(tmp_path)
    # what is printed for a terminal is as wide as this
    monkeypatch.setenv("COLUMNS", "120")
    test = doctest.DocTestParser().get_doctest(examples(page), {}, page.name, str(page), 0)
    assert test.examples
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert said == []


def test_every_page_of_statistics_has_an_example_a_source_and_says_when_there_is_no_number() -> None:
    pages = [page for page in DOCS if page.parent.name == "statistics"]
    assert len(pages) >= 20
    for page in pages:
        headings = set(re.findall(r"^## (.*)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert {"Assumptions", "Refused or degraded", "Worked example", "Source"} <= headings, page.name
        assert page in SHOWN, page.name


# pages with Python that prints nothing, and the number of such blocks
SCRIPTS = {"README.md": 1, "docs/tutorial.md": 1, "docs/judges.md": 1}
# needs torch and transformers: tests/integration/test_trainer.py runs the same where they are installed
ELSEWHERE = {"docs/training.md": 3}


def scripts(page: str) -> list[str]:
    """The blocks of Python on a page that are not sessions of a prompt."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    return [block for block in re.findall(r"^```python\n(.*?)^```", text, re.S | re.M) if ">>> " not in block]


def test_no_other_page_has_python_that_is_not_run() -> None:
    pages = [REPOSITORY / "README.md", *DOCS]
    found = {page.relative_to(REPOSITORY).as_posix(): len(scripts(str(page))) for page in pages}
    assert {page: n for page, n in found.items() if n} == {**SCRIPTS, **ELSEWHERE}


@pytest.mark.parametrize("page", SCRIPTS)
def test_a_script_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    for name, model in (("my-model", "careful"), ("baseline", "baseline")):
        shutil.copy(REPOSITORY / "examples" / "outputs" / f"{model}.json", tmp_path / f"{name}.json")
    monkeypatch.chdir(tmp_path)
    for script in scripts(page):
        exec(compile(script, page, "exec"), {"__name__": "__main__"})
    assert page == "docs/judges.md" or (tmp_path / "report.html").stat().st_size > 100_000


def test_the_plug_ins_of_the_page_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (script,) = scripts("docs/judges.md")
    names: dict[str, Any] = {}
    exec(compile(script, "docs/judges.md", "exec"), names)
    monkeypatch.setitem(clients.BUILTIN, "capitals", names["CAPITALS"])
    monkeypatch.setitem(parsers.BUILTIN, "last_word", names["last_word"])
    (tmp_path / "capitals.yaml").write_text("client: capitals\nmodel: capitals\nparser: last_word\n")
    found = ek.judge_pair("Shout.", "YES", "no", judge=tmp_path / "capitals.yaml")
    assert (found.verdict, found.p_first, found.consistent) == ("first", 1.0, True)
