"""Files of what other models taught: a history of one judge on one benchmark, and what judges have in common."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from evalkit.documents import parse_json, read_text
from evalkit.errors import InputError
from evalkit.files import write_text
from evalkit.stats.coefficients import CoefficientPrior
from evalkit.stats.confounding import Confounding
from evalkit.stats.covariates import LENGTH
from evalkit.stats.generic import Generic
from evalkit.stats.history import History
from evalkit.stats.slopes import Member, ShapeChoice

HISTORY, GENERIC = "history", "generic"
# a seventh digit of a coefficient moves no rate by as much as it is shown with
_DECIMALS = 6
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class JudgeIdentity:
    """By what a judge is known: its model, its prompt's SHA-256 and its parser; of recorded verdicts, its name."""

    name: str
    model: str | None = None
    prompt: str | None = None
    parser: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class HistoryFile:
    """A history and whose it is; `keys` are the names under which each instruction may be known, shape (n,).

    `baseline` is the model that all were compared with, `source` says where the verdicts came from, and `date` when
    the figures were computed. `digest` is the SHA-256 of the file's text, empty before there is one.
    """

    name: str
    baseline: str
    judge: JudgeIdentity
    history: History
    keys: tuple[tuple[str, ...], ...]
    source: str
    date: str
    digest: str = ""


def read_history_file(path: Path) -> HistoryFile:
    """A history that was written to a file.

    Raises:
        InputError: it cannot be read, or a field is missing or wrong.
    """
    return _read(path, HISTORY, _history_file)


def read_generic_file(path: Path) -> Generic:
    """What judges have in common, from a file.

    Raises:
        InputError: it cannot be read, or a field is missing or wrong.
    """
    return _read(path, GENERIC, _generic)


def write_history_file(path: Path, written: HistoryFile) -> None:
    """Write a history, an instruction a line, numbers with six decimals."""
    history, judge = written.history, written.judge
    first = [names[0] for names in written.keys]
    write_text(
        path,
        _document(
            {
                "kind": HISTORY,
                "name": written.name,
                "baseline": written.baseline,
                "judge": {
                    "name": judge.name,
                    "model": judge.model,
                    "prompt_sha256": judge.prompt,
                    "parser": judge.parser,
                },
                "source": written.source,
                "date": written.date,
                "prior": prior_document(history.prior),
                "shape": None if history.shape is None else _shape_document(history.shape),
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
    """Write what judges have in common."""
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
    """A prior as JSON takes it; without `decimals` to the last digit."""

    def numbers(values: Any) -> Any:
        return values.tolist() if decimals is None else values.round(decimals).tolist()

    arrays = {name: numbers(getattr(prior, name)) for name in ("mean", "spread", "error", "form")}
    return {"names": list(prior.names), **arrays}


def prior_of(document: Mapping[str, Any]) -> CoefficientPrior:
    """The prior of a document.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    names = tuple(map(str, document["names"]))
    mean, *matrices = (np.array(document[name], dtype=np.float64) for name in ("mean", "spread", "error", "form"))
    k = len(names)
    if mean.shape != (k,) or any(one.shape != (k, k) or not np.allclose(one, one.T) for one in matrices):
        raise ValueError(f"a prior of {k} coefficients has {k} means and symmetric matrices of {k} rows")
    if not all(np.isfinite(one).all() for one in (mean, *matrices)):
        raise ValueError("a prior holds numbers only")
    if any(np.linalg.eigvalsh(one).min() < -1e-4 for one in matrices):
        raise ValueError("a covariance of the prior has a negative variance")
    return CoefficientPrior(names, mean, *matrices)


def _history_file(found: Mapping[str, Any], digest: str) -> HistoryFile:
    judge, shape = found["judge"], found["shape"]
    keys = tuple(tuple(map(str, names)) for names, _, _ in found["instructions"])
    values = [(_number(difficulty), _number(precision)) for _, difficulty, precision in found["instructions"]]
    if not keys or not all(keys) or any(precision <= 0 for _, precision in values):
        raise ValueError("every instruction has a name, a difficulty and a precision above 0")
    pairs = list(zip(keys, values, strict=True))
    return HistoryFile(
        name=str(found["name"]),
        baseline=str(found["baseline"]),
        judge=JudgeIdentity(str(judge["name"]), judge["model"], judge["prompt_sha256"], judge["parser"]),
        history=History(
            difficulty={name: difficulty for names, (difficulty, _) in pairs for name in names},
            precision={name: precision for names, (_, precision) in pairs for name in names},
            prior=prior_of(found["prior"]),
            members={name: _member(one) for name, one in found["models"].items()},
            controls=(LENGTH,),
            shape=None if shape is None else ShapeChoice(**{name: _number(one) for name, one in shape.items()}),
        ),
        keys=keys,
        source=str(found["source"]),
        date=str(found["date"]),
        digest=digest,
    )


def _generic(found: Mapping[str, Any], _digest: str) -> Generic:
    confounding = found["confounding"]
    return Generic(
        prior_of(found["beside_difficulty"]),
        prior_of(found["alone"]),
        Confounding(_number(confounding["correlation"]), _number(confounding["effect"])),
    )


def _member(found: Mapping[str, Any]) -> Member:
    coefficients = {name: _number(value) for name, value in found.items() if name != "dispersion"}
    dispersion = _number(found["dispersion"])
    if dispersion <= 0:
        raise ValueError("a dispersion is above 0")
    return Member(coefficients, dispersion)


def _read(path: Path, kind: str, make: Callable[[Mapping[str, Any], str], _Made]) -> _Made:
    text = read_text(path)
    found = parse_json(text, str(path))
    if not isinstance(found, dict) or found.get("kind") != kind:
        raise InputError(f"{path}: is no {kind} file. evalkit benchmarks learn writes such a file")
    try:
        return make(found, hashlib.sha256(text.encode()).hexdigest())
    except KeyError as error:
        raise InputError(f"{path}: missing field {error.args[0]!r}. Make the file anew") from None
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(f"{path}: {error}. Make the file anew") from None


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"expected a number, found {value!r}")
    return float(value)


def _shape_document(shape: ShapeChoice) -> dict[str, float]:
    return _rounded(
        {
            "one_slope": shape.one_slope,
            "loss_one": shape.loss_one,
            "loss_two": shape.loss_two,
            "shorter": shape.shorter,
            "longer": shape.longer,
        }
    )


def _judge_document(judge: JudgeIdentity) -> dict[str, str | None]:
    return {"name": judge.name, "model": judge.model, "prompt_sha256": judge.prompt, "parser": judge.parser}


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, _DECIMALS) for name, value in values.items()}


def _document(fields: Mapping[str, Any], **tables: Mapping[str, Any] | Sequence[Any]) -> str:
    """JSON with a line for each row of a table, so that files of two dates can be compared."""
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items()]
    lines += [f"{json.dumps(name)}: {_table(rows)}" for name, rows in tables.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _table(rows: Mapping[str, Any] | Sequence[Any]) -> str:
    if isinstance(rows, Mapping):
        inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
        return "{\n" + inner + "\n}"
    return "[\n" + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n]"
