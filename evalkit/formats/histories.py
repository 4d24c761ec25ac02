"""Files with the priors that other models taught: a judge's history on a benchmark, and the priors common to judges."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from evalkit.documents import kind_of, parse_json, read_text
from evalkit.errors import InputError
from evalkit.files import write_text
from evalkit.stats import (
    DIFFICULTY,
    INTERCEPT,
    LENGTH,
    LONGER,
    SHAPES,
    SHORTER,
    TAUGHT,
    CoefficientPrior,
    Confounding,
    FitCheck,
    Generic,
    History,
    HistoryFile,
    JudgeIdentity,
    Member,
    ShapeChoice,
)

HISTORY, GENERIC = "history", "generic"
_HOW = ": evalkit benchmarks learn NAME"
# a seventh decimal of a coefficient does not change any rate in the digits that are shown
_DECIMALS = 6
_Made = TypeVar("_Made")


def read_history_file(path: Path) -> HistoryFile:
    """Read a history from a file that `write_history_file` wrote.

    Raises:
        InputError: it cannot be read, or a field is missing or wrong.
    """
    return _read_document(path, HISTORY, _history_file)


def read_generic_file(path: Path) -> Generic:
    """Read the priors common to judges from a file that `write_generic_file` wrote.

    Raises:
        InputError: it cannot be read, or a field is missing or wrong.
    """
    return _read_document(path, GENERIC, _generic)


def write_history_file(path: Path, written: HistoryFile) -> None:
    """Write a history to a file with one instruction a line and numbers of six decimals."""
    history, judge = written.history, written.judge
    first = [names[0] for names in written.keys]
    write_text(
        path,
        _document(
            {
                "kind": HISTORY,
                "name": written.name,
                "baseline": written.baseline,
                "judge": _judge_document(judge),
                "source": written.source,
                "date": written.date,
                "prior": prior_document(history.prior),
                "shape": None if history.shape is None else _shape_document(history.shape),
                "check": None if history.check is None else check_document(history.check, _DECIMALS),
            },
            models={
                name: {"dispersion": round(member.dispersion, _DECIMALS), **_rounded(member.coefficients)}
                for name, member in sorted(history.members.items())
            },
            instructions=[
                [list(names), round(history.difficulty[key], _DECIMALS), round(history.precision[key], _DECIMALS)]
                for names, key in zip(written.keys, first, strict=True)
            ],
        ),
    )


def write_generic_file(path: Path, generic: Generic, *, source: str, date: str) -> None:
    """Write the priors common to judges to a file."""
    confounding = generic.confounding
    write_text(
        path,
        _document(
            {
                "kind": GENERIC,
                "source": source,
                "date": date,
                "beside_difficulty": prior_document(generic.beside_difficulty),
                "alone": prior_document(generic.alone),
                "confounding": {
                    "correlation": round(confounding.correlation, _DECIMALS),
                    "effect": round(confounding.effect, _DECIMALS),
                },
            }
        ),
    )


def prior_document(prior: CoefficientPrior, decimals: int | None = _DECIMALS) -> dict[str, Any]:
    """A prior as JSON; its numbers are rounded to `decimals`, or kept to the last digit if that is None."""

    def numbers(values: Any) -> Any:
        return values.tolist() if decimals is None else values.round(decimals).tolist()

    arrays = {name: numbers(getattr(prior, name)) for name in ("mean", "spread", "error", "form")}
    return {"names": list(prior.names), **arrays}


def prior_of(document: Mapping[str, Any]) -> CoefficientPrior:
    """The prior in a document that `prior_document` made.

    Raises:
        ValueError, KeyError, TypeError: the document is not such a prior.
    """
    names = tuple(map(str, document["names"]))
    try:
        mean, *matrices = (np.array(document[name], dtype=np.float64) for name in ("mean", "spread", "error", "form"))
    except (TypeError, ValueError):
        raise ValueError("a prior holds numbers only, in rows of one length") from None
    k = len(names)
    if mean.shape != (k,) or any(matrix.shape != (k, k) or not np.allclose(matrix, matrix.T) for matrix in matrices):
        raise ValueError(f"a prior of {k} coefficients has {k} means and symmetric matrices of {k} rows")
    if not all(np.isfinite(array).all() for array in (mean, *matrices)):
        raise ValueError("a prior holds numbers only")
    if any(np.linalg.eigvalsh(matrix).min() < -1e-4 for matrix in matrices):
        raise ValueError("a covariance of the prior has a negative variance")
    return CoefficientPrior(names, mean, *matrices)


def check_document(check: FitCheck, decimals: int | None = None) -> dict[str, float]:
    """A fit check as JSON; without `decimals` to the last digit."""
    residual, z = (number if decimals is None else round(number, decimals) for number in (check.residual, check.z))
    return {"residual": residual, "n": check.n, "z": z}


def check_of(document: Mapping[str, Any]) -> FitCheck:
    """The fit check of a document.

    Raises:
        ValueError, KeyError, TypeError: the document is not a fit check.
    """
    n = document["n"]
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"a fit check covers one pair or more, found n {n!r}")
    return FitCheck(_number(document["residual"]), n, _number(document["z"]))


def _history_file(found: Mapping[str, Any], digest: str) -> HistoryFile:
    judge, models, instructions = _object(found, "judge"), _object(found, "models"), _instructions(found)
    prior = prior_of(_object(found, "prior"))
    if prior.names != TAUGHT:
        raise ValueError(f"the prior of a history has the coefficients {', '.join(TAUGHT)}")
    if not models:
        raise ValueError("models: expected some, found none")
    return HistoryFile(
        name=_text(found, "name"),
        baseline=_text(found, "baseline"),
        judge=JudgeIdentity(
            _text(judge, "name"), *(_text_or_none(judge, name) for name in ("model", "prompt_sha256", "parser"))
        ),
        history=History(
            difficulty={name: difficulty for names, difficulty, _ in instructions for name in names},
            precision={name: precision for names, _, precision in instructions for name in names},
            prior=prior,
            members={name: _member(name, _object(models, name)) for name in models},
            controls=(LENGTH,),
            shape=None if found["shape"] is None else _shape(_object(found, "shape")),
            check=None if found["check"] is None else check_of(_object(found, "check")),
        ),
        keys=tuple(names for names, _, _ in instructions),
        source=_text(found, "source"),
        date=_text(found, "date"),
        digest=digest,
    )


def _instructions(found: Mapping[str, Any]) -> list[tuple[tuple[str, ...], float, float]]:
    """The names of each instruction, its difficulty, and the precision of that difficulty."""
    rows, expected = found["instructions"], "instructions: each has a name, a difficulty and a precision above 0"
    if not isinstance(rows, list) or not rows:
        raise ValueError(expected)
    read, seen = [], set[str]()
    for row in rows:
        if not isinstance(row, list) or len(row) != 3 or not isinstance(row[0], list) or not row[0]:
            raise ValueError(expected)
        names = tuple(row[0])
        if not all(isinstance(name, str) for name in names):
            raise ValueError(expected)
        if not seen.isdisjoint(names):
            raise ValueError(f"two instructions are called {next(name for name in names if name in seen)!r}")
        seen.update(names)
        difficulty, precision = map(_number, row[1:])
        if precision <= 0:
            raise ValueError(expected)
        read.append((names, difficulty, precision))
    return read


def _shape(found: Mapping[str, Any]) -> ShapeChoice:
    weights, losses = _object(found, "weights"), _object(found, "losses")
    return ShapeChoice(
        {shape: _number(weights[shape.value]) for shape in SHAPES},
        {shape: _number(losses[shape.value]) for shape in SHAPES},
        _number(found["shorter"]),
        _number(found["longer"]),
    )


def _generic(found: Mapping[str, Any], _digest: str) -> Generic:
    confounding = _object(found, "confounding")
    return Generic(
        prior_of(_object(found, "beside_difficulty")),
        prior_of(_object(found, "alone")),
        Confounding(_number(confounding["correlation"]), _number(confounding["effect"])),
    )


def _member(model: str, found: Mapping[str, Any]) -> Member:
    missing = [name for name in (INTERCEPT, SHORTER, LONGER, DIFFICULTY) if name not in found]
    if missing:
        raise ValueError(f"model {model!r} has no {missing[0]}")
    coefficients = {name: _number(value) for name, value in found.items() if name != "dispersion"}
    dispersion = _number(found["dispersion"])
    if dispersion <= 0:
        raise ValueError("a dispersion is above 0")
    return Member(coefficients, dispersion)


def _object(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found[name]
    if not isinstance(value, dict):
        raise ValueError(f"{name}: expected fields, found {kind_of(value)}")
    return value


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found[name]
    if not isinstance(value, str):
        raise ValueError(f"{name}: expected text, found {kind_of(value)}")
    return value


def _text_or_none(found: Mapping[str, Any], name: str) -> str | None:
    return None if found[name] is None else _text(found, name)


def _read_document(path: Path, kind: str, make: Callable[[Mapping[str, Any], str], _Made]) -> _Made:
    text = read_text(path)
    found = parse_json(text, str(path))
    if not isinstance(found, dict) or found.get("kind") != kind:
        raise InputError(f"{path}: is no {kind} file. evalkit benchmarks learn writes such a file")
    try:
        return make(found, hashlib.sha256(text.encode()).hexdigest())
    except KeyError as error:
        raise InputError(f"{path}: missing field {error.args[0]!r}. Make the file anew{_HOW}") from None
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: {error}. Make the file anew{_HOW}") from None


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"expected a number, found {value!r}")
    return float(value)


def _shape_document(choice: ShapeChoice) -> dict[str, Any]:
    return {
        "weights": _rounded({shape.value: choice.weights[shape] for shape in SHAPES}),
        "losses": _rounded({shape.value: choice.losses[shape] for shape in SHAPES}),
        **_rounded({"shorter": choice.shorter, "longer": choice.longer}),
    }


def _judge_document(judge: JudgeIdentity) -> dict[str, str | None]:
    return {"name": judge.name, "model": judge.model, "prompt_sha256": judge.prompt, "parser": judge.parser}


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, _DECIMALS) for name, value in values.items()}


def _document(fields: Mapping[str, Any], **tables: Mapping[str, Any] | Sequence[Any]) -> str:
    """JSON with a line for each row of a table, so that a diff shows how files of two dates differ."""
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items()]
    lines += [f"{json.dumps(name)}: {_table(rows)}" for name, rows in tables.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _table(rows: Mapping[str, Any] | Sequence[Any]) -> str:
    if isinstance(rows, Mapping):
        inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
        return "{\n" + inner + "\n}"
    return "[\n" + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n]"
