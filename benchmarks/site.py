"""How large a site is, how long it takes to make, and how soon its pages can be used: 20 models on 805 instructions.

Usage: `python -m benchmarks.site [DATA]`. Answers are those of DATA/alpaca_eval/outputs, taken by turns until there are
twenty models, and synthetic ones of about the same length without the folder. Verdicts and replies are made up: each
model wins by its place and by length, as files of annotations that any judge could have written. Times are those of
whole processes; the share of the statistics is measured in a process that only builds the board. Every kind of page is
opened in Debian's Chromium from the disk, where that and playwright are installed.
"""

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.report import opened, read_answers, seconds_of

MODELS, BUILDS = 20, 3
LONGEST_SECONDS, LATEST_SECONDS = 20.0, 2.0
PAGES = ("index.html", "models/*.html", "benchmarks/*.html", "judges/*.html")
_REASON = "Answer {} covers the question more fully and stays closer to what was asked; the other one leaves parts of it out."


def write_annotations(answers: dict[str, list[dict[str, str]]], folder: Path) -> None:
    """A file of annotations for each of twenty models."""
    baseline, *models = answers.items()
    draw = random.Random(2)
    pools = [rows for _, rows in models]
    while len(models) < MODELS:
        mixed = [draw.choice(rows) for rows in zip(*pools, strict=True)]
        models.append((f"mixed-{len(models)}", mixed))
    for place, (name, rows) in enumerate(models[:MODELS]):
        annotations = [
            _annotation(name, place, baseline[0], theirs, mine, draw)
            for theirs, mine in zip(baseline[1], rows, strict=True)
        ]
        path = folder / name / "annotations.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(annotations))


def _annotation(
    name: str, place: int, baseline: str, theirs: dict[str, str], mine: dict[str, str], draw: random.Random
) -> dict[str, object]:
    longer = (len(mine["output"]) - len(theirs["output"])) / 1000
    preference = min(1.0, max(0.0, draw.gauss(0.55 - 0.02 * place + 0.1 * longer, 0.3)))
    return {
        "instruction": theirs["instruction"],
        "dataset": theirs.get("dataset", "made"),
        "generator_1": baseline,
        "generator_2": name,
        "output_1": theirs["output"],
        "output_2": mine["output"],
        "annotator": "made_judge",
        "preference": 1 + preference,
        "raw_completion": _REASON.format("ab"[preference < 0.5]),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, help="The folder with alpaca_eval/outputs.")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="Keep the site here.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        verdicts, site = Path(temporary) / "verdicts", Path(temporary) / "public"
        write_annotations(read_answers(options.data), verdicts)
        runs = [seconds_of("site", site, verdicts, "--benchmark", "alpaca_eval") for _ in range(BUILDS)]
        boards = [seconds_of("leaderboard", verdicts, "--benchmark", "alpaca_eval", "--by", "category") for _ in range(BUILDS)]
        built, computed = map(statistics.median, zip(*runs, strict=True))
        _, board = map(statistics.median, zip(*boards, strict=True))
        print(f"build: {built:.1f} s, whole process, {computed:.1f} s of it on a core (at most {LONGEST_SECONDS:g})")
        print(f"the board alone: {board:.1f} s on a core, {100 * board / computed:.0f} % of the site's")
        missed = _sizes(site) or built > LONGEST_SECONDS
        if options.keep is not None:
            shutil.copytree(site, options.keep, dirs_exist_ok=True)
        if shutil.which("chromium") is None:
            print("interactive: not measured: no chromium")
            return int(missed)
        for kind in PAGES:
            page = max(site.glob(kind), key=lambda path: path.stat().st_size)
            marked, seen = map(statistics.median, zip(*opened(page), strict=True))
            print(f"{kind}: interactive at {marked:.2f} s as the page marks it, {seen:.2f} s as seen "
                  f"(at most {LATEST_SECONDS:g})")  # fmt: skip
            missed |= seen > LATEST_SECONDS
    return int(missed)


def _sizes(site: Path) -> bool:
    """Print the sizes of the site's parts."""
    for kind in ("*.html", "models/*.html", "benchmarks/*.html", "judges/*.html", "data/*.css"):
        sizes = [path.stat().st_size for path in site.glob(kind)]
        print(f"{kind}: {len(sizes)} files, {sum(sizes) / 1e6:.2f} MB, the largest {max(sizes) / 1e6:.2f} MB")
    print(f"all: {sum(path.stat().st_size for path in site.rglob('*') if path.is_file()) / 1e6:.2f} MB")
    return False


if __name__ == "__main__":
    sys.exit(main())
