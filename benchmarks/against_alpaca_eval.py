"""Ours beside alpaca_eval on the same machine and the same published files: medians and ratios.

    python benchmarks/against_alpaca_eval.py DATA [--peer-python PYTHON] [--rounds 5]

DATA holds outputs/, annotations/, preferences.parquet and reconstructed/. The peer is measured where PYTHON can import
alpaca_eval (extra `bench`). Every figure is a whole process, imports included, unless it says otherwise.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODEL = "gpt-3.5-turbo-1106"
JUDGE = "weighted_alpaca_eval_gpt4_turbo"

OUR_LC = """
import sys, time
from pathlib import Path
from evalkit.boards.build import build_boards
from evalkit.boards.metrics import DifficultySource, Recipe
from evalkit.sources.entries import entries_of_files
entries = entries_of_files([Path(sys.argv[1]) / "preferences.parquet"], judge=sys.argv[2])
for recipe in (Recipe(), Recipe(difficulty=DifficultySource.FIT)):
    started = time.perf_counter()
    build_boards(entries, recipe)
    print(time.perf_counter() - started)
"""

PEER_CACHED = """
import gzip, json, logging, sys
from pathlib import Path
import alpaca_eval.metrics.glm_winrate as glm
from alpaca_eval.main import evaluate
logging.disable(logging.CRITICAL)
data, folder, model, judge = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
if not (folder / "configs.yaml").exists():
    (folder / "prompt.txt").write_text("<|im_start|>user\\n{instruction}{output_1}{output_2}\\n<|im_end|>")
    (folder / "configs.yaml").write_text(f'''
cached:
  prompt_template: "{folder}/prompt.txt"
  fn_completions: "openai_completions"
  completions_kwargs: {{model_name: "m"}}
  fn_completion_parser: "ranking_parser"
  batch_size: 1
''')
    rows = json.load(gzip.open(data / f"annotations/{model}.{judge}.json.gz"))
    keep = ("instruction", "output_1", "output_2", "preference")
    cache = [{**{k: row[k] for k in keep}, "annotator": "cached"} for row in rows]
    (folder / "annotations_seed0_configs.json").write_text(json.dumps(cache))
glm.hf_hub_download = lambda filename, **_: str(data / "reconstructed" / filename)
board, rows = evaluate(
    model_outputs=str(data / f"outputs/{model}.json"),
    reference_outputs=str(data / "outputs/gpt4_1106_preview.json"),
    annotators_config=str(folder / "configs.yaml"),
    output_path=str(folder / "out"),
    precomputed_leaderboard=None,
    is_cache_leaderboard=False,
    is_return_instead_of_print=True,
)
assert len(rows) == 805 and all(row["preference"] is not None for row in rows), len(rows)
assert board["length_controlled_winrate"].notna().all()
"""

PEER_LC = """
import sys, time
from pathlib import Path
import pandas as pd
import alpaca_eval.metrics.glm_winrate as glm
data, judge = Path(sys.argv[1]), sys.argv[2]
glm.hf_hub_download = lambda filename, **_: str(data / "reconstructed" / filename)
frame = pd.read_parquet(data / "preferences.parquet")
frame = frame[frame["judge"] == judge]
models = []
for model, rows in frame.groupby("model"):
    texts = {"output_1": ["x" * n for n in rows["len_1"]], "output_2": ["x" * n for n in rows["len_2"]]}
    models.append(pd.DataFrame({"preference": rows["preference"].to_numpy(), "index": rows["index"].to_numpy(), **texts,
                                "generator_1": "b", "generator_2": model, "annotator": judge}).set_index("index"))
started = time.perf_counter()
for one in models:
    glm.get_length_controlled_winrate(one, save_weights_dir=None)
print(time.perf_counter() - started)
"""


def main() -> None:
    arguments = read_arguments()
    data, rounds = arguments.data, arguments.rounds
    peer = arguments.peer_python
    has_peer = subprocess.run([peer, "-c", "import alpaca_eval"], capture_output=True, check=False).returncode == 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "peer").mkdir()
        print("| what | ours, s | alpaca_eval, s | ratio |\n|---|---:|---:|---:|")
        peer_cached = [peer, "-c", PEER_CACHED, str(data), str(folder / "peer"), MODEL, JUDGE] if has_peer else None
        row("cached re-run, 805 rows", *medians(rounds, ours_cached(data, folder), peer_cached))
        plain, fitted = printed(rounds, [sys.executable, "-c", OUR_LC, str(data), JUDGE])
        theirs = printed(1, [peer, "-c", PEER_LC, str(data), JUDGE])[0] if has_peer else None
        row("LC of 44 models: ours with intervals, theirs points only (no imports)", plain, theirs)
        row("the same, difficulty learned from the table", fitted, theirs)
        imports = [peer, "-c", "import alpaca_eval"] if has_peer else None
        row(
            "evalkit --help / import alpaca_eval",
            *medians(rounds, [sys.executable, "-m", "evalkit", "--help"], imports),
        )


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def ours_cached(data: Path, folder: Path) -> list[str]:
    """Our command for a run whose replies are all stored."""
    command = [sys.executable, "-m", "evalkit", "annotate", str(data / f"outputs/{MODEL}.json")]
    command += ["--baseline", str(data / "outputs/gpt4_1106_preview.json"), "--judge", "surface"]
    return [*command, "--results", str(folder / "results")]


def medians(rounds: int, ours: list[str], theirs: list[str] | None) -> tuple[float, float | None]:
    """Median wall times of both processes in seconds, run in turns, as a shared machine is now fast and now slow.

    The first round fills caches and does not count.
    """
    pairs = [(timed(ours), None if theirs is None else timed(theirs)) for _ in range(rounds + 1)][1:]
    peer = [their for _, their in pairs if their is not None]
    return statistics.median(our for our, _ in pairs), statistics.median(peer) if peer else None


def printed(rounds: int, command: list[str]) -> list[float]:
    """Medians of the numbers that a process prints, a line each."""
    lines = [[float(line) for line in quiet(command).split()] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*lines, strict=True)]


def timed(command: list[str]) -> float:
    started = time.perf_counter()
    quiet(command)
    return time.perf_counter() - started


def quiet(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{shutil.which(command[0]) or command[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def row(what: str, ours: float, theirs: float | None) -> None:
    peer = "not installed" if theirs is None else f"{theirs:.2f}"
    ratio = "" if theirs is None else f"{theirs / ours:.1f}x"
    print(f"| {what} | {ours:.2f} | {peer} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
