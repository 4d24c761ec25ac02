"""The largest memory that an audit takes of long answers.

Usage: `python -m benchmarks.audit_memory [ANSWERS [CHARS]]` writes files of 805 answers of 100,000 characters by
default, audits them in a process of its own, and prints its peak in MB and its processor time.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

_WORDS = 20_000


def main(answers: int, chars: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [_written(Path(folder) / f"{model}.json", model, answers, chars) for model in ("model", "baseline")]
        audit = [sys.executable, "-m", "evalkit", "audit", "outputs", str(paths[0]), "--baseline", str(paths[1])]
        subprocess.run(audit, check=False, capture_output=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{answers} answers of {chars} characters: {used.ru_maxrss / 1024:.0f} MB, {used.ru_utime:.0f} s")


def _written(path: Path, model: str, answers: int, chars: int) -> Path:
    """Outputs of random words, the baseline's short."""
    draw = random.Random(model)
    pool = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randrange(2, 10))) for _ in range(_WORDS)]
    length = chars if model == "model" else 1000
    rows = [
        {
            "instruction": f"Write about {pool[place]} and {pool[-place]}.",
            "output": " ".join(draw.choices(pool, k=length // 5))[:length],
            "generator": model,
        }
        for place in range(answers)
    ]
    path.write_text(json.dumps(rows))
    return path


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    main(*given, *(805, 100_000)[len(given) :])
