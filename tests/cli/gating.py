"""Gates as users and CI jobs run them, on files that a test makes."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.zygote import Zygote

EXAMPLES = Path(__file__).parents[2] / "examples" / "outputs"


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line of the error, or of a decision against the candidate."""
        (line,) = [line for line in self.err.splitlines() if line.startswith(("evalkit: error: ", "evalkit: gate "))]
        return line


def run(zygote: Zygote, *arguments: object, cwd: Path, **environment: str) -> Said:
    running = zygote.start(arguments, cwd=cwd, environment=environment)
    status = running.wait()
    return Said(status, running.out.read_text(encoding="utf-8"), running.err.read_text(encoding="utf-8"))


def write_table(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    """A table of preferences in AlpacaEval's code: judge, model, baseline, index, preference, len_1, len_2."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["judge", "model", "baseline", "index", "preference", "len_1", "len_2"])
        writer.writerows(rows)
    return path


def verdict_rows(
    mean: float, n: int, *, missing: int = 0, model: str = "candidate", judge: str = "judge", baseline: str = "baseline"
) -> list[list[object]]:
    """Half of the verdicts 0.1 above the mean and half below, half of the answers longer; the last ones missing."""
    return [
        [
            judge,
            model,
            baseline,
            index,
            "" if index >= n - missing else 1 + mean + (0.1 if index // 2 % 2 else -0.1),
            1000 + index,
            1000 + index + (150 if index % 2 else -150),
        ]
        for index in range(n)
    ]


def write_outputs(path: Path, model: str, answers: Sequence[str]) -> Path:
    """Answers to the instructions of the example, as AlpacaEval has them."""
    asked = json.loads((EXAMPLES / "baseline.json").read_text(encoding="utf-8"))
    rows = [
        {"instruction": one["instruction"], "output": answer, "generator": model}
        for one, answer in zip(asked, answers, strict=False)
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def example_answers(model: str) -> list[str]:
    rows = json.loads((EXAMPLES / f"{model}.json").read_text(encoding="utf-8"))
    return [str(row["output"]) for row in rows]
