"""The examples of the documentation print what it says they print."""

import doctest
import re
from pathlib import Path

import pytest

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
