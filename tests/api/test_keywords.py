"""The keywords of the functions: wrong kinds are one line that names the keyword, before anything is done."""

import inspect
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evalkit as ek
from tests.conftest import REPOSITORY

CAREFUL = REPOSITORY / "examples" / "outputs" / "careful.json"
# each function with what it needs besides the keyword at hand
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "annotate": ((CAREFUL,), {"benchmark": "example"}),
    "forecast": ((CAREFUL,), {"benchmark": "example"}),
    "leaderboard": ((), {"benchmark": "example"}),
    "compare": (("careful", "wordy"), {"benchmark": "example"}),
    "gate": (("careful",), {"benchmark": "example", "minimum": 50}),
    "verdicts": ((), {"benchmark": "example"}),
    "ratings": ((), {"benchmark": "example"}),
    "correlate": (("board.csv",), {"reference": "chatbot_arena_20240329"}),
    "power": ((), {"margin": 5}),
    "judge_pair": (("a", "b", "c"), {"judge": "surface"}),
}
# values that are no text, no number, no path, no list and no function
NONSENSE = (object(), b"bytes", float("nan"), [object()], {"a": object()})
# keywords that take any value, which is read as data, as a judge or as a client
ANYTHING = {
    "baseline", "questions", "replay", "difficulty", "reference", "source", "judge", "price_judge", "client", "maps",
    "audit_limit", "benchmarks", "published",
}  # fmt: skip


def keywords_of(function: Callable[..., object]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind == parameter.KEYWORD_ONLY]


@pytest.mark.parametrize("function", CALLS)
def test_a_value_of_a_wrong_kind_is_one_line_that_names_the_keyword(
    function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given, needed = CALLS[function]
    keywords = [keyword for keyword in keywords_of(getattr(ek, function)) if keyword not in ANYTHING]
    for keyword, value in itertools.product(keywords, NONSENSE):
        with pytest.raises(ek.EvalkitError) as caught:
            getattr(ek, function)(*given, **{**needed, keyword: value})
        said = str(caught.value)
        assert said.startswith(f"{keyword}: expected ") and "\n" not in said and "--" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("function", [*CALLS, "win_rate_callback"])
def test_a_typo_in_a_keyword_is_pythons_own_error(function: str) -> None:
    given, needed = CALLS.get(function, ((["a prompt"],), {}))
    with pytest.raises(TypeError, match=rf"{function}\(\) got an unexpected keyword argument 'judgee'"):
        getattr(ek, function)(*given, **needed, judgee="surface")


@pytest.mark.parametrize(
    ("keyword", "value", "line"),
    [
        ("limit", "5", "limit: expected a whole number, found '5'"),
        ("limit", True, "limit: expected a whole number, found True"),
        ("limit", 0, "limit: expected a whole number from 1, found 0"),
        ("shortcut", 1, "shortcut: expected True or False, found 1"),
        ("results", None, "results: expected text or a path, found None"),
        ("shortcut", np.True_, "shortcut: expected True or False, found numpy.bool"),
        ("seed", 1.5, "seed: expected a whole number, found 1.5"),
        ("max_cost", 10**400, "max_cost: expected a number, found a number too large"),
        ("parser", "bracket_label", "parser: expected a function, found 'bracket_label'"),
    ],
)
def test_the_line_says_what_was_expected_and_found(keyword: str, value: Any, line: str, tmp_path: Path) -> None:
    with pytest.raises(ek.ConfigError) as caught:
        ek.annotate(CAREFUL, **{"benchmark": "example", "results": tmp_path / "results", keyword: value})
    assert str(caught.value) == line
    assert list(tmp_path.iterdir()) == []


def test_numbers_of_array_libraries_are_numbers(tmp_path: Path) -> None:
    numbers: dict[str, Any] = {"limit": np.int64(7), "seed": np.uint8(3), "max_minutes": np.float32(5)}
    run = ek.annotate(CAREFUL, benchmark="example", results=tmp_path, **numbers)
    assert run.rows[0].entry.sample.n == 7


def test_hostile_texts_in_errors_move_no_cursor() -> None:
    with pytest.raises(ek.InputError) as caught:
        ek.leaderboard("\x1b[31m\n.json")
    assert str(caught.value) == r"\u001b[31m\u000a.json: no such file"
