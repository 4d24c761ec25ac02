"""How large a report is, how long it takes to make, and how soon it can be used: ten models on 805 instructions.

Usage: `python -m benchmarks.report [DATA]`. Answers are those of DATA/alpaca_eval/outputs, taken by turns until there
are ten models, and synthetic ones of about the same length without the folder; the offline judge `surface` compares
them with the baseline in both orders. Times are those of whole processes; the page is opened in Debian's Chromium,
where that and playwright are installed.
"""

import argparse
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODELS, INSTRUCTIONS, OPENINGS = 10, 805, 5
LARGEST_MB, LONGEST_SECONDS, LATEST_SECONDS = 15.0, 10.0, 2.0
BASELINE = "gpt4_1106_preview"
EVALKIT = Path(sys.executable).with_name("evalkit")
READY = "html[data-ready=yes]"
MARKED = "performance.getEntriesByName('interactive')[0].startTime"


def read_answers(data: Path | None) -> dict[str, list[dict[str, str]]]:
    """Outputs by model, the baseline's first."""
    folder = None if data is None else data / "alpaca_eval" / "outputs"
    if folder is None or not folder.is_dir():
        return synthetic_answers()
    paths = sorted(folder.glob("*.json"), key=lambda path: (path.stem != BASELINE, path.stem))
    # two that were made to deceive would be refused by their audit
    return {path.stem: json.loads(path.read_text()) for path in paths if path.stem not in ("NullModel", "gpt4_gamed")}


def synthetic_answers() -> dict[str, list[dict[str, str]]]:
    draw = random.Random(0)
    words = ["".join(draw.choices("aeiounrstlmdkp", k=draw.randint(2, 9))) for _ in range(4000)]
    asked = [" ".join(draw.choices(words, k=25)) + f" ({n})" for n in range(INSTRUCTIONS)]
    names = [BASELINE, *(f"model-{n}" for n in range(MODELS))]
    return {
        name: [{"instruction": one, "output": " ".join(draw.choices(words, k=draw.randint(20, 480)))} for one in asked]
        for name in names
    }


def write_models(answers: dict[str, list[dict[str, str]]], folder: Path, n: int = MODELS) -> tuple[Path, list[Path]]:
    """The baseline's file, and `n` models': of fewer, answers are mixed anew until there are so many."""
    baseline, *models = (_write(folder / f"{name}.json", rows, name) for name, rows in answers.items())
    draw, pools = random.Random(1), list(answers.values())[1:]
    while len(models) < n:
        mixed = [{**draw.choice(rows), "dataset": rows[0].get("dataset", "")} for rows in zip(*pools, strict=True)]
        models.append(_write(folder / f"mixed-{len(models)}.json", mixed, f"mixed-{len(models)}"))
    return baseline, models[:n]


def _write(path: Path, rows: list[dict[str, str]], model: str) -> Path:
    path.write_text(json.dumps([{**row, "generator": model} for row in rows]))
    return path


def seconds_of(*arguments: object) -> tuple[float, float]:
    """How long one command takes, from the start of its process to the end, and how much of that it computes."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(EVALKIT), *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    computed = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - begun, computed


def opened(page: Path) -> list[tuple[float, float]]:
    """Seconds until the page can be used, as the page marks it and as whoever opens it sees it, for each opening."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(OPENINGS):
            tab = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            begun = time.perf_counter()
            tab.goto(page.as_uri(), wait_until="commit")
            # a function to wait for would be evaluated, which the page's policy forbids
            tab.wait_for_selector(READY, state="attached")
            found.append((tab.evaluate(MARKED) / 1000, time.perf_counter() - begun))
            tab.context.close()
        browser.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, help="The folder with alpaca_eval/outputs.")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="Keep the page here.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        results, page = folder / "results", folder / "report.html"
        baseline, models = write_models(read_answers(options.data), folder)
        judged, _ = seconds_of(
            "annotate", *models, "--baseline", baseline, "--judge", "surface", "--orders", "both", "--audit", "warn",
            "--results", results
        )  # fmt: skip
        print(f"judging {len(models)} models: {judged:.1f} s (not the report's)")
        runs = [seconds_of("report", "--results", results, "--out", page) for _ in range(3)]
        built, computed = map(statistics.median, zip(*runs, strict=True))
        size = page.stat().st_size / 1e6
        print(f"size: {size:.2f} MB (at most {LARGEST_MB:g})")
        print(f"build: {built:.1f} s, whole process, {computed:.1f} s of it on a core (at most {LONGEST_SECONDS:g})")
        missed = size > LARGEST_MB or built > LONGEST_SECONDS
        if options.keep is not None:
            shutil.copy(page, options.keep)
        if shutil.which("chromium") is None:
            print("interactive: not measured: no chromium")
            return int(missed)
        marked, seen = map(statistics.median, zip(*opened(page), strict=True))
        print(f"interactive: {marked:.2f} s as the page marks it, {seen:.2f} s as seen (at most {LATEST_SECONDS:g})")
    return int(missed or seen > LATEST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
