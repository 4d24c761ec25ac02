"""A history comes back from its file as it went in, and a file that holds something else is refused in one line."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.boards.rates import learn
from evalkit.catalog.histories import read_known
from evalkit.errors import EvalkitError, InputError
from evalkit.formats.histories import read_generic_file, read_history_file, write_generic_file, write_history_file
from evalkit.stats.recorded import HistoryFile, JudgeIdentity
from tests.boards.taught import KNOWN, POSITIONS, history_of, knowing, models

KEYS = ("", " ", "a b", "a  b", "\tc\n", "ß\u2028ü", *POSITIONS[:60])


@pytest.fixture(scope="module")
def made() -> HistoryFile:
    judge = JudgeIdentity("a judge", "model-1", "f" * 64, "parser")
    return history_of(models(20, sorted(KEYS)), judge=judge, name="own questions")


@pytest.fixture
def written(made: HistoryFile, tmp_path: Path) -> Path:
    path = tmp_path / "made.json"
    write_history_file(path, made)
    return path


def test_a_history_comes_back_as_it_went_in(made: HistoryFile, written: Path) -> None:
    read = read_history_file(written)
    assert (read.name, read.baseline, read.judge, read.source, read.date) == (
        made.name, made.baseline, made.judge, made.source, made.date
    )  # fmt: skip
    assert read.keys == made.keys and len(read.digest) == 64
    for name in ("difficulty", "precision"):
        ours, theirs = getattr(made.history, name), getattr(read.history, name)
        assert theirs.keys() == ours.keys() == set(KEYS)
        assert np.allclose([theirs[key] for key in ours], list(ours.values()), atol=1e-6)
    assert read.history.prior.names == made.history.prior.names
    for name in ("mean", "spread", "error", "form"):
        assert np.allclose(getattr(read.history.prior, name), getattr(made.history.prior, name), atol=1e-6)
    assert read.history.members.keys() == made.history.members.keys() and read.history.shape is not None
    again = written.with_name("again.json")
    write_history_file(again, read)
    assert again.read_bytes() == written.read_bytes()


def test_a_row_is_the_same_by_a_history_and_by_its_file(made: HistoryFile, written: Path) -> None:
    own = replace(made, judge=JudgeIdentity("judge"))
    write_history_file(written, own)
    (further,) = models(1, sorted(KEYS), seed=3)
    rates = [learn([further], knowing(file)).row(further).lc.value for file in (own, read_history_file(written))]
    assert rates[0] == pytest.approx(rates[1], abs=1e-3)


def test_an_instruction_is_known_by_each_of_its_names(made: HistoryFile, written: Path) -> None:
    named = replace(made, keys=tuple((names[0], f"digest {n}") for n, names in enumerate(made.keys)))
    write_history_file(written, named)
    known = read_history_file(written).history.difficulty
    assert len(known) == 2 * len(KEYS) and known["digest 0"] == known[made.keys[0][0]]


def test_what_judges_have_in_common_comes_back_as_it_went_in(tmp_path: Path) -> None:
    write_generic_file(tmp_path / "any.json", KNOWN.generic, source="made", date="2026-01-01")
    read = read_generic_file(tmp_path / "any.json")
    assert read.confounding == KNOWN.generic.confounding
    for name in ("alone", "beside_difficulty"):
        ours, theirs = getattr(KNOWN.generic, name), getattr(read, name)
        assert theirs.names == ours.names and np.array_equal(theirs.spread, ours.spread)


FIELDS = ("name", "baseline", "judge", "source", "date", "prior", "shape", "models", "instructions")


def without(*path: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for name in path[:-1]:
            document = document[name]
        del document[path[-1]]

    return change


def put(value: Any, *path: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for name in path[:-1]:
            document = document[name]
        document[path[-1]] = value

    return change


def of_three(document: Any) -> None:
    """The prior as files had it before slopes went with balance."""
    prior, places = document["prior"], [0, 1, 5]
    prior["names"], prior["mean"] = ([prior[name][place] for place in places] for name in ("names", "mean"))
    for name in ("spread", "error", "form"):
        prior[name] = [[prior[name][row][column] for column in places] for row in places]


DAMAGE: dict[str, tuple[Callable[[Any], None], str]] = {
    **{f"no {name}": (without(name), f"missing field '{name}'") for name in FIELDS},
    "no name of the judge": (without("judge", "name"), "missing field 'name'"),
    "no spread": (without("prior", "spread"), "missing field 'spread'"),
    "no dispersion": (without("models", "model-0-03", "dispersion"), "missing field 'dispersion'"),
    "another kind": (put("generic", "kind"), "is no history file"),
    "no kind": (without("kind"), "is no history file"),
    "precision below 0": (put(-1.0, "instructions", 4, 2), "a precision above 0"),
    "no precision": (put(0.0, "instructions", 4, 2), "a precision above 0"),
    "a difficulty in words": (put("hard", "instructions", 4, 1), "expected a number, found 'hard'"),
    "a difficulty that is true": (put(True, "instructions", 4, 1), "expected a number, found True"),
    "no difficulty": (put(None, "instructions", 4, 1), "expected a number, found None"),
    "an instruction without a name": (put([], "instructions", 4, 0), "each has a name"),
    "an instruction of two": (put([["a"], 1.0], "instructions", 4), "instruction"),
    "an instruction of text": (put("a", "instructions", 4), "instruction"),
    "an instruction whose names are one text": (put("text", "instructions", 4, 0), "instruction"),
    "two instructions of one name": (put([POSITIONS[7]], "instructions", 4, 0), "two instructions"),
    "no instructions": (put([], "instructions"), "each has a name"),
    "instructions by name": (put({}, "instructions"), "instructions"),
    "a mean too few": (put([1.0], "prior", "mean"), "a prior of 6 coefficients has 6 means"),
    "a flat matrix": (put([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "prior", "error"), "symmetric matrices of 6 rows"),
    "rows of unlike lengths": (put([[1.0], [1.0, 2.0], *[[1.0]] * 4], "prior", "form"), "rows of one length"),
    "a matrix that is not symmetric": (put(9.0, "prior", "spread", 0, 1), "symmetric matrices of 6 rows"),
    "a matrix too few": (put([[1.0] * 3] * 3, "prior", "spread"), "symmetric matrices of 6 rows"),
    "a prior that knows nothing of balance": (of_three, "has the coefficients length_shorter, length_longer"),
    "a shape without a loss by balance": (without("shape", "losses", "by-balance"), "missing field 'by-balance'"),
    "a variance below 0": (put(-9.0, "prior", "spread", 0, 0), "negative variance"),
    "a number of the prior in words": (put("x", "prior", "mean", 0), "a prior holds numbers only"),
    "another coefficient": (put("speed", "prior", "names", 0), "prior"),
    "a dispersion of 0": (put(0, "models", "model-0-03", "dispersion"), "a dispersion is above 0"),
    "a model without a coefficient": (without("models", "model-0-03", "intercept"), "model-0-03"),
    "no models": (put({}, "models"), "models"),
    "models in a list": (put([], "models"), "models"),
    "a judge in words": (put("gpt", "judge"), "judge"),
    "a judge whose model is a number": (put(4, "judge", "model"), "model: expected text, found a number"),
    "a shape without a field": (without("shape", "weights"), "missing field 'weights'"),
    "a shape in words": (put("two", "shape"), "shape"),
    "a name that is a list": (put([], "name"), "name"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused_in_one_line_that_names_it_and_the_cure(written: Path, damage: str) -> None:
    change, said = DAMAGE[damage]
    document = json.loads(written.read_text())
    change(document)
    written.write_text(json.dumps(document))
    with pytest.raises(InputError) as caught:
        read_history_file(written)
    message = str(caught.value)
    assert message.startswith(f"{written}: ") and "\n" not in message
    assert said in message and ("Make the file anew" in message or "evalkit benchmarks learn" in message)
    assert "unpack" not in message and "indices" not in message and "object" not in message


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "3", '"text"', "lc_win_rate,model\n1,2\n", '{"kind": "history", "name": NaN}', "[" * 9999],
)
def test_a_file_that_is_no_history_at_all_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "board.json"
    path.write_text(text)
    for read in (read_history_file, read_generic_file):
        with pytest.raises(InputError) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_not_a_number_is_refused_wherever_it_stands(written: Path) -> None:
    text = written.read_text()
    for name in ("NaN", "Infinity", "1e999"):
        written.write_text(text.replace('"losses": {"one": ', f'"losses": {{"two": {name}, "one": '))
        with pytest.raises(InputError, match=str(written)):
            read_history_file(written)


def test_what_is_missing_or_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(EvalkitError, match=str(path)):
            read_known([path])


def test_a_board_given_for_a_history_is_named(tmp_path: Path, written: Path) -> None:
    from evalkit.sources.selection import difficulty_of

    board = tmp_path / "board.csv"
    board.write_text("model,lc_win_rate\na,50\n")
    with pytest.raises(InputError) as caught:
        difficulty_of(board)
    assert str(board) in str(caught.value) and "\n" not in str(caught.value)
    assert isinstance(difficulty_of(written), HistoryFile)
