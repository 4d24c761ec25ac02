"""What end-to-end tests and benchmarks stand on: the mock judge as a process, judges and outputs as files."""

import contextlib
import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from tests.mock_judge import check_script

REPOSITORY = Path(__file__).parents[1]

_SHIPPED = {
    "label": "pairwise_label",
    "token": "alpaca_eval_2",
    "json": "pairwise_json",
    "five_way": "arena_hard",
    "grade": "mt_bench_grade",
    "grade_json": "grade_json",
}
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A request as the mock judge saw it; times are seconds since `MockJudge.origin`.

    `hash` is equal for the same texts in the same order, whatever the labels; `request` only for the same bytes.
    `status` is None where no head was sent. `in_flight` counts the request itself.
    """

    t: float
    arrived: float
    hash: str
    request: str
    attempt: int
    status: int | None
    billed: bool
    fault: str | None
    early: bool
    in_flight: int
    not_before: float | None


class MockJudge:
    """A running mock judge."""

    def __init__(self, folder: Path, *, latency: float, seed: int, script: Sequence[Mapping[str, Any]]) -> None:
        check_script(script)
        folder.mkdir(parents=True, exist_ok=True)
        self.origin = time.monotonic()
        self.ledger_path = folder / "ledger.jsonl"
        rules = folder / "script.json"
        rules.write_text(json.dumps(list(script)))
        self._options = [
            *("--ledger", str(self.ledger_path), "--script", str(rules), "--origin", repr(self.origin)),
            *("--latency", repr(latency), "--seed", str(seed)),
        ]
        self._process, self.port = self._start(0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def n_billed(self) -> int:
        return sum(entry.billed for entry in self.ledger())

    def ledger(self) -> list[Entry]:
        """All requests so far, in the order of their replies; a torn last line is left out."""
        if not self.ledger_path.exists():
            return []
        whole, _, _ = self.ledger_path.read_bytes().rpartition(b"\n")
        return [Entry(**json.loads(line)) for line in whole.splitlines()]

    def now(self) -> float:
        """The ledger's clock."""
        return time.monotonic() - self.origin

    def restart(self, *, down: float = 0.0) -> None:
        """Kill the process in whatever it does, and start it again on its port after `down` seconds."""
        self._process.send_signal(signal.SIGKILL)
        self._close()
        time.sleep(down)
        self._process, self.port = self._start(self.port)

    def stop(self) -> None:
        """End the process; it is gone when this returns."""
        self._process.terminate()
        self._close()

    def _start(self, port: int) -> tuple[subprocess.Popen[bytes], int]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.mock_judge", "--port", str(port), *self._options],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            process.wait()
            raise RuntimeError(f"the mock judge ended with {process.returncode} before it listened")
        return process, json.loads(line)["port"]

    def _close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def mock_judge(
    folder: Path, *, latency: float = 0.0, seed: int = 0, script: Sequence[Mapping[str, Any]] = ()
) -> Iterator[MockJudge]:
    """A mock judge that lives as long as the block; its ledger and script lie in the folder.

    Raises:
        ValueError: the script has an unknown key.
    """
    judge = MockJudge(folder, latency=latency, seed=seed, script=script)
    try:
        yield judge
    finally:
        judge.stop()


def write_judge(
    folder: Path,
    url: str,
    *,
    name: str = "judge",
    orders: str = "one",
    kind: Literal["label", "token", "json", "five_way", "grade", "grade_json"] = "label",
    **extra: Any,
) -> Path:
    """A judge's file like the shipped one of its kind, but asking the model `mock` at the address; `extra` wins."""
    shipped = yaml.safe_load((REPOSITORY / "annotators" / f"{_SHIPPED[kind]}.yaml").read_text())
    kept = {key: value for key, value in shipped.items() if key not in ("description", "prices")}
    fields = {**kept, "client": "openai", "model": "mock", "base_url": url, "orders": orders, **extra}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(fields, sort_keys=False))
    return path


def write_outputs(folder: Path, model: str, n: int, *, chars: int = 120, seed: int = 0) -> Path:
    """An AlpacaEval file of n distinct answers, from half to one and a half times `chars` long, each with a word of its
    instruction, which an audit looks for.

    The instructions are the same for every model, seed and length, and those of a longer file begin with those of a
    shorter one.
    """
    rows = [
        {
            "dataset": "mock",
            "instruction": f"Task {number}: explain {_word('instruction', number)} to a beginner.",
            "output": _text(seed, model, number, about=_word("instruction", number), chars=chars),
            "generator": model,
        }
        for number in range(n)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{model}.json"
    path.write_text(json.dumps(rows))
    return path


def _text(*parts: object, about: str, chars: int) -> str:
    """Begins with a word of its own, so that short texts differ too."""
    draw = random.Random(repr(parts))
    length = draw.randint(chars // 2, chars + chars // 2)
    words = [_word(*parts), about]
    size = sum(map(len, words)) + 1
    while size < length:
        word = "".join(draw.choices(_SYLLABLES, k=draw.randint(1, 4)))
        words.append(word)
        size += len(word) + 1
    return " ".join(words)


def _word(*parts: object) -> str:
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return "".join(_SYLLABLES[byte % len(_SYLLABLES)] for byte in digest[:9])
