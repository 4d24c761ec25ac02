"""Simulates cells, keeps each finished cell as a line of JSON, and skips cells that are finished already."""

import ast
import hashlib
import json
import time
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.honesty.cells import Cell
from benchmarks.honesty.measures import Group, Seen, groups_of
from benchmarks.honesty.processes import Drawn
from benchmarks.honesty.sources import Candidates, candidates_of, sensitivity
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import WIN_RATE
from evalkit.gating.rule import Outcome, Rule, Spent
from evalkit.gating.sequential import SMALLEST_BATCH, rule_of_look

_ROOT = Path(__file__).parents[2]
# the code and data that decide a row and a gate, and the modules that draw the verdicts
_DECIDING = ("evalkit/stats", "evalkit/boards", "evalkit/gate", "leaderboards")
_DRAWING = ("forms", "judges", "lengths", "measures", "processes", "runner", "sources")


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a finished cell, with its seed, its number of draws (`worlds`) and the version of the code."""

    cell: str
    seed: int
    worlds: int
    version: str
    seconds: float
    groups: tuple[Group, ...]

    def as_json(self) -> str:
        values = {name: getattr(self, name) for name in ("cell", "seed", "worlds", "version", "seconds")}
        return json.dumps({**values, "groups": [one.as_json() for one in self.groups]})

    @classmethod
    def of_json(cls, line: str) -> "Result":
        values: dict[str, Any] = json.loads(line)
        return cls(**{**values, "groups": tuple(Group.of_json(one) for one in values["groups"])})


def run_cells(cells: Sequence[Cell], *, runs: int, out: Path | None, jobs: int) -> Iterator[tuple[Cell, Result]]:
    """Every cell with its result; results that `out` has already come first."""
    code = code_version()
    kept = {(one.cell, one.version): one for one in read_results(out)} if out is not None else {}
    left = []
    for cell in cells:
        known = kept.get((cell.title, version_of(cell, code)))
        if known is not None and known.worlds >= cell.worlds(runs):
            yield cell, known
        else:
            left.append(cell)
    for cell, result in _simulated(left, runs=runs, jobs=jobs, code=code):
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            with out.open("a") as file:
                file.write(result.as_json() + "\n")
        yield cell, result


def read_results(path: Path) -> list[Result]:
    """The results in a file, without lines that cannot be read."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            found.append(Result.of_json(line))
        except (ValueError, TypeError, KeyError):
            # a kill cut the line off, or another version wrote it
            continue
    return found


def run_cell(cell: Cell, *, runs: int, code: str = "") -> Result:
    begun = time.perf_counter()
    seed, worlds = zlib.crc32(cell.title.encode()), cell.worlds(runs)
    seen = [_world(cell, np.random.default_rng([seed, world]), world) for world in range(worlds)]
    rows, pairs = ([one for both in seen for one in both[place]] for place in (0, 1))
    groups = tuple(groups_of(rows, pairs))
    return Result(cell.title, seed, worlds, version_of(cell, code), round(time.perf_counter() - begun, 2), groups)


def code_version() -> str:
    """A digest of all code and data that a result depends on besides its cell."""
    paths = [path for folder in _DECIDING for path in sorted((_ROOT / folder).rglob("*")) if path.is_file()]
    paths = [path for path in paths if "__pycache__" not in path.parts]
    paths += [Path(__file__).with_name(f"{name}.py") for name in _DRAWING]
    digest = hashlib.sha256()
    for path in paths:
        content = _without_words(path.read_text()) if path.suffix == ".py" else path.read_bytes()
        digest.update(str(path.relative_to(_ROOT)).encode() + b"\0" + content)
    return digest.hexdigest()


def _without_words(source: str) -> bytes:
    """The code without comments and docstrings, which do not change any number."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree).encode()


def version_of(cell: Cell, code: str) -> str:
    return hashlib.sha256(f"{code} {cell!r}".encode()).hexdigest()[:16]


def _simulated(cells: Sequence[Cell], *, runs: int, jobs: int, code: str) -> Iterator[tuple[Cell, Result]]:
    if jobs == 1:
        for cell in cells:
            yield cell, run_cell(cell, runs=runs, code=code)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(run_cell, cell, runs=runs, code=code): cell for cell in cells}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


def _world(cell: Cell, generator: np.random.Generator, world: int) -> tuple[list[Seen], list[Seen]]:
    """The rows of one draw, and the differences of some of their pairs."""
    source, strata = cell.source, cell.process.strata
    drawn = cell.process.draw(generator, cell.n, history=source.history, candidates=source.candidates(len(strata)))
    known = candidates_of(source, drawn)
    truths = [_truth(cell, one) for one in drawn[source.history :]]
    rows = [
        _row(cell, known, entry, truth, stratum=one.model.stratum.name, world=world)
        for entry, truth, one in zip(known.entries, truths, drawn[source.history :], strict=True)
    ]
    if known.rates is None:
        return rows, []
    return rows, [
        _pair(cell, known, (first, second), (truths[first], truths[second]), stratum=rows[first].stratum, world=world)
        for first, second in _pairs(rows)
    ]


def _pairs(rows: Sequence[Seen]) -> list[tuple[int, int]]:
    """Pairs of models of one stratum; every model is in one pair at most."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(rows):
        places.setdefault(one.stratum, []).append(place)
    return [pair for found in places.values() for pair in zip(found[::2], found[1::2], strict=False)]


def _truth(cell: Cell, drawn: Drawn) -> float:
    return cell.process.win_rate(drawn.model) if cell.metric == WIN_RATE else drawn.lc


def _row(cell: Cell, known: Candidates, entry: Entry, truth: float, *, stratum: str, world: int) -> Seen:
    row = known.row(entry)
    estimate = row.measured(cell.metric).estimate
    rule = Rule(metric=cell.metric, minimum=truth)
    outcome = _looked(known, entry, rule) if cell.looks else known.decide(entry, rule).outcome
    return Seen(world, stratum, estimate, truth, outcome, sensitivity(row))


def _looked(known: Candidates, entry: Entry, rule: Rule) -> Outcome:
    """The decision of a gate that looks after every batch until it passes or fails."""
    keys = entry.sample.keys
    for look, n in enumerate([*range(SMALLEST_BATCH, len(keys), SMALLEST_BATCH), len(keys)], start=1):
        spent = Spent(instructions=n, of=len(keys), looks=look, confidence=rule.confidence)
        decision = known.look(entry, rule_of_look(rule, spent, n=n), keys=frozenset(keys[:n]), spent=spent)
        if decision.outcome in (Outcome.PASSED, Outcome.FAILED):
            return decision.outcome
    return Outcome.INCONCLUSIVE


def _pair(
    cell: Cell,
    known: Candidates,
    places: tuple[int, int],
    truths: tuple[float, float],
    *,
    stratum: str,
    world: int,
) -> Seen:
    first, second = (known.entries[place] for place in places)
    return Seen(world, stratum, known.difference(first, second, cell.metric), truths[0] - truths[1])
