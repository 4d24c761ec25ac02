"""The door of the statistics: its functions stay functions, explain themselves, and their examples run."""

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

from evalkit import stats

DOCS = Path(__file__).parents[2] / "docs"
FUNCTIONS = {name: found for name in stats.__all__ if inspect.isfunction(found := getattr(stats, name))}
EXAMPLES = {name: found for name, found in FUNCTIONS.items() if ">>>" in (found.__doc__ or "")}
WITH_AN_EXAMPLE = {
    "build_battles", "build_sample", "build_sample_from_frame", "build_samples_by_model", "fit_bradley_terry",
    "length_controlled_win_rate", "paired_difference", "rank_intervals", "spearman", "win_rate",
}  # fmt: skip


def test_no_module_takes_the_place_of_a_function() -> None:
    for module in pkgutil.walk_packages(stats.__path__, f"{stats.__name__}."):
        importlib.import_module(module.name)
    assert [name for name in stats.__all__ if isinstance(getattr(stats, name), ModuleType)] == []


def test_the_most_used_functions_have_an_example() -> None:
    assert EXAMPLES.keys() >= WITH_AN_EXAMPLE


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_in_a_docstring_prints_what_it_says(name: str) -> None:
    said: list[str] = []
    for test in doctest.DocTestFinder(recurse=False).find(EXAMPLES[name], name, globs={}):
        doctest.DocTestRunner().run(test, out=said.append)
    assert said == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_says_what_it_does(name: str) -> None:
    assert FUNCTIONS[name].__doc__


def taken_by_pages() -> dict[str, set[str]]:
    """The names that the examples of the pages import, by module of the statistics."""
    taken: dict[str, set[str]] = {}
    for page in (DOCS / "statistics.md", *sorted((DOCS / "statistics").glob("*.md"))):
        for module, names in re.findall(
            r"^>>> from (evalkit\.stats\S*) import (.*)", page.read_text("utf-8"), re.MULTILINE
        ):
            taken.setdefault(module, set()).update(names.split(", "))
    return taken


def test_the_pages_take_the_statistics_through_their_door_and_the_table_lists_what_they_take() -> None:
    taken = taken_by_pages()
    assert taken.keys() == {stats.__name__}
    assert taken[stats.__name__] <= set(stats.__all__)
    section = (DOCS / "statistics.md").read_text("utf-8").partition("## From Python")[2]
    listed = {
        name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert listed <= FUNCTIONS.keys()
    assert taken[stats.__name__] & FUNCTIONS.keys() <= listed
