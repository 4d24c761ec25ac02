"""The shipped example, judged in a folder."""

from pathlib import Path

from tests.cli.running import evalkit
from tests.rig import REPOSITORY


def judge_example(folder: Path) -> Path:
    """Judge the outputs of the shipped example; the store is then in the folder `results`."""
    outputs = [REPOSITORY / "examples" / "outputs" / f"{name}.json" for name in ("careful", "wordy", "terse")]
    done = evalkit("annotate", *outputs, "--benchmark", "example", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder
