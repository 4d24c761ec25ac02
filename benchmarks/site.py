"""How large a site is, how long it takes to make, and how soon its pages can be used: 20 models on 805 instructions.

Usage: `python -m benchmarks.site [DATA]`. Answers are those of DATA/alpaca_eval/outputs, taken by turns until there are
twenty models, and synthetic ones of about the same length without the folder; the offline judge `surface` compares them
with the baseline in both orders. Times are those of whole processes; the share of the board's statistics is what
`evalkit leaderboard` computes of the same store. The largest page of each kind is opened from the disk in Debian's
Chromium, where that and playwright are installed.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.report import opened, read_answers, seconds_of, write_models

MODELS, BUILDS = 20, 3
LONGEST_SECONDS, LATEST_SECONDS = 20.0, 2.0
PAGES = ("index.html", "models/*.html", "benchmarks/*.html", "judges/*.html")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, help="The folder with alpaca_eval/outputs.")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="Keep the site here.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        results, site = folder / "results", folder / "public"
        baseline, models = write_models(read_answers(options.data), folder, MODELS)
        judged, _ = seconds_of(
            "annotate", *models, "--baseline", baseline, "--judge", "surface", "--orders", "both", "--audit", "warn",
            "--results", results
        )  # fmt: skip
        print(f"judging {len(models)} models: {judged:.1f} s (not the site's)")
        runs = [seconds_of("site", folder / f"public-{n}", "--results", results) for n in range(BUILDS)]
        (folder / "public-0").rename(site)
        boards = [seconds_of("leaderboard", "--results", results, "--by", "category") for _ in range(BUILDS)]
        built, computed = map(statistics.median, zip(*runs, strict=True))
        _, board = map(statistics.median, zip(*boards, strict=True))
        print(f"build: {built:.1f} s, whole process, {computed:.1f} s of it on a core (at most {LONGEST_SECONDS:g})")
        print(f"the board alone: {board:.1f} s on a core, {100 * board / computed:.0f} % of the site's")
        _print_sizes(site)
        missed = built > LONGEST_SECONDS
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


def _print_sizes(site: Path) -> None:
    for kind in ("*.html", "models/*.html", "benchmarks/*.html", "judges/*.html", "data/*.css"):
        sizes = [path.stat().st_size for path in site.glob(kind)]
        print(f"{kind}: {len(sizes)} files, {sum(sizes) / 1e6:.2f} MB, the largest {max(sizes) / 1e6:.2f} MB")
    print(f"all: {sum(path.stat().st_size for path in site.rglob('*') if path.is_file()) / 1e6:.2f} MB")


if __name__ == "__main__":
    sys.exit(main())
