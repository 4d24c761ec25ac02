"""Attacks on the store: somebody who may write its file lets a model win what it lost, with checksums that fit.

On AlpacaEval's 805 instructions with a judge's recorded replies where they lie beside the project, on the shipped
example otherwise. The gate asks for a win rate between the honest one and the forged one.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.own_folder import own_folder
from evalkit.store.seal import KEY_VARIABLE
from tests.attacks.forging import take_seals_off, turn_around
from tests.attacks.world import run
from tests.conftest import REAL_DATA, REPOSITORY

OWNERS_KEY, FORGERS_KEY = "the owner of the store has this key", "the forger of the store has another"
_STORE = Path("results", "evalkit.db")
_SAID = re.compile(r"^(PASSED|FAILED|INCONCLUSIVE).*?win rate ([\d.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Judged:
    """The arguments of a gate that judges outputs, the model, and the share of its verdicts that are rewritten."""

    arguments: tuple[object, ...]
    minimum: float
    model: str
    share: float


def store() -> Iterator[tuple[str, int, str, int, int]]:
    """Replies rewritten in stores with and without a seal: what gate, verify and check say then."""
    judged = _recorded() or _example()
    for kind, (key, checked_with, after) in _KINDS.items():
        yield _tried(judged, kind, key=key, checked_with=checked_with, after=after)


def _recorded() -> Judged | None:
    data = REAL_DATA / "alpaca_eval"
    model = "gpt-3.5-turbo-1106"
    replies = data / "annotations" / f"{model}.weighted_alpaca_eval_gpt4_turbo.json.gz"
    if not replies.is_file():
        return None
    outputs = data / "outputs"
    asked = (outputs / f"{model}.json", "--baseline", outputs / "gpt4_1106_preview.json")
    return Judged((*asked, "--judge", "alpaca_eval_2", "--replay", replies), 20, model, 0.25)


def _example() -> Judged:
    asked = (REPOSITORY / "examples" / "outputs" / "terse.json", "--benchmark", "example", "--judge", "surface")
    return Judged(asked, 60, "terse", 1.0)


def _reseal(path: Path) -> None:
    take_seals_off(path)
    with _keyed(FORGERS_KEY):
        assert run("store", "seal")[0] == 0


# how the store was written, and what else the forger does -> the key that it was written with, the one that is there
# when it is checked, and what is done to it after its replies were rewritten
_KINDS: Mapping[str, tuple[str, str, Callable[[Path], None] | None]] = {
    "no seal": ("", "", None),
    "sealed": (OWNERS_KEY, OWNERS_KEY, None),
    "sealed, all seals taken off": (OWNERS_KEY, OWNERS_KEY, take_seals_off),
    "sealed, and again with a key of the forger's": (OWNERS_KEY, OWNERS_KEY, _reseal),
    "sealed, and the key is not there": (OWNERS_KEY, "", None),
}


def _tried(
    judged: Judged, kind: str, *, key: str, checked_with: str, after: Callable[[Path], None] | None
) -> tuple[str, int, str, int, int]:
    gate = ("gate", *judged.arguments, "--min", judged.minimum, "--metric", "win_rate")
    with own_folder():
        with _keyed(key):
            before = run(*gate)[1]
            n = int(json.loads(run("store", "check", "--json")[1])["n_places"])
        rewritten = turn_around(_STORE, judged.model, most=round(judged.share * n))
        if after is not None:
            after(_STORE)
        with _keyed(checked_with):
            codes = {"gate": run(*gate), "verify": run("verify", "results"), "check": run("store", "check")}
    found = [name for name, (code, _) in codes.items() if code not in (0, 4)]
    code, said = codes["gate"]
    story = f"{_decision(before)}, then {_decision(said)}"
    done = f"{rewritten} of {n} replies rewritten, {kind}: {story}"
    return done, len(codes), ", ".join(found), len(codes) - len(found), int(code == 0)


def _decision(said: str) -> str:
    """The outcome of a gate and its number, from its first line; a refused one has none."""
    found = _SAID.search(said)
    return "refused" if found is None else f"{found[1]} {found[2]}"


@contextlib.contextmanager
def _keyed(key: str) -> Iterator[None]:
    """The environment with this key for seals, or with none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, key)
        yield
