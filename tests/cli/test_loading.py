"""What commands load: a library stays out of the way of those that do not need it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig import REPOSITORY

# statsmodels, with what it brings along, takes longer to load than a board takes to build; httpx only downloads
HEAVY = ("statsmodels", "patsy", "httpx", "sklearn", "datasets")
ANNOTATE = "annotate examples/outputs/careful.json examples/outputs/wordy.json --benchmark example"
SPARING = (
    ANNOTATE,
    # every reply is stored by now
    ANNOTATE,
    "leaderboard --benchmark example",
    "gate examples/outputs/careful.json --benchmark example --min 50",
    "gate examples/outputs/careful.json --benchmark example --against wordy",
    "report --benchmark example --out report.html",
)


def loaded(line: str, folder: Path) -> set[str]:
    """Which of the heavy libraries a fresh process has when a command has run."""
    program = f"""
import os, sys
from evalkit.__main__ import main
sys.argv = ["evalkit", *{line.split()!r}]
end = os._exit
def say(status):
    print("status", status, *sorted(set(sys.modules) & set({HEAVY!r})), flush=True)
    end(0)
os._exit = say
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=folder, timeout=120
    )
    said, status, *found = done.stdout.splitlines()[-1].split()
    # a gate that fails or cannot tell has run as well
    assert said == "status" and status in ("0", "1", "4"), done.stderr
    return set(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    return tmp_path


def test_judging_boards_gates_and_reports_never_load_statsmodels(folder: Path) -> None:
    assert [(line, found) for line in SPARING if (found := loaded(line, folder))] == []


def test_a_comparison_of_several_models_has_its_p_values_adjusted_by_statsmodels(folder: Path) -> None:
    loaded(f"{ANNOTATE} examples/outputs/terse.json", folder)
    assert "statsmodels" in loaded("compare careful wordy terse --benchmark example", folder)
