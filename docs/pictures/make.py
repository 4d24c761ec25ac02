"""Make the pictures of the README from the shipped example: python -m docs.pictures.make (needs Chromium)."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docs.pictures.terminal import terminal_svg

PICTURES = Path(__file__).parent
OUTPUTS = PICTURES.parents[1] / "examples" / "outputs"
MODELS = ("careful", "wordy", "terse")
SHOWN = "evalkit leaderboard --benchmark example"
# of points, and how many points of the picture each is
_WIDTH, _HEIGHT, _MARGIN, _SCALE = 1280, 1600, 24, 1.5


def main() -> None:
    """Write both pictures beside this script."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        judge_example(folder)
        (PICTURES / "board.svg").write_text(board_picture(folder), encoding="utf-8")
        run("evalkit report --benchmark example --title Example --out report.html", folder)
        photograph(folder / "report.html", PICTURES / "report.png")


def judge_example(folder: Path) -> None:
    """Put verdicts on the shipped answers into the folder's store; offline, and the same each time."""
    outputs = " ".join(shlex.quote(str(OUTPUTS / f"{model}.json")) for model in MODELS)
    run(f"evalkit annotate {outputs} --benchmark example", folder)


def board_picture(folder: Path) -> str:
    """What the command prints on a terminal of 120 columns, as SVG."""
    return terminal_svg(f"$ {SHOWN}\n{run(SHOWN, folder)}", "The board of the shipped example on a terminal")


def run(command: str, folder: Path) -> str:
    """What a command prints on a terminal with colours, without the settings of whoever runs this."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVALKIT_") and name != "NO_COLOR"}
    screen = {"COLUMNS": "120", "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    words = [sys.executable, "-m", *shlex.split(command)]
    done = subprocess.run(words, cwd=folder, env={**kept, **screen}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command}: {done.stderr}")
    return done.stdout


def photograph(page: Path, picture: Path) -> None:
    """The top of a report, down to its first figure, as a browser shows it by day."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        view = browser.new_page(
            viewport={"width": _WIDTH, "height": _HEIGHT}, device_scale_factor=_SCALE, color_scheme="light"
        )
        view.goto(page.as_uri())
        view.wait_for_selector("html[data-ready=yes]")
        box = view.locator("figure").first.bounding_box()
        assert box is not None
        end = box["y"] + box["height"] + _MARGIN
        view.screenshot(path=picture, clip={"x": 0, "y": 0, "width": _WIDTH, "height": end})
        browser.close()


if __name__ == "__main__":
    main()
