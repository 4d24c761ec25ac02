"""The functions in a real Jupyter kernel, where an event loop runs already."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import REPOSITORY

WHOLE_WAY = re.search(r"^```python\n(.*?)^```", (REPOSITORY / "docs" / "tutorial.md").read_text(), re.S | re.M)
assert WHOLE_WAY is not None

CELLS = [
    *WHOLE_WAY.group(1).split("\n\n"),
    "board",
    "board.plot()",
    "run",
    # a coroutine function as judge, from a plain call and from a coroutine
    "async def calm(pair):\n    return 0.5",
    "careful = 'examples/outputs/careful.json'\nek.annotate(careful, benchmark='example', judge=calm).cost",
    "(await ek.aannotate(careful, benchmark='example', judge=calm, limit=5)).rows[0].raw.estimate.n",
    "ek.judge_pair('Name a prime.', '7', '8', judge=lambda pair: 1 / 0)",
]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[nbformat.NotebookNode]:
    """The cells of a notebook after it ran; the last one raised."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "examples").symlink_to(REPOSITORY / "examples")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    client = NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(folder)}})
    client.execute()
    nbformat.write(notebook, Path(folder) / "ran.ipynb")
    found: list[nbformat.NotebookNode] = notebook.cells
    return found


def data(cell: nbformat.NotebookNode) -> dict[str, str]:
    """What a cell shows as its value, by kind."""
    (result,) = [output for output in cell.outputs if output.output_type == "execute_result"]
    shown: dict[str, str] = result.data
    return shown


def test_the_whole_way_of_the_tutorial_runs_in_a_notebook(cells: list[nbformat.NotebookNode]) -> None:
    errors = [output for cell in cells[:-1] for output in cell.outputs if output.output_type == "error"]
    assert errors == []


def test_boards_plots_and_runs_are_shown_as_pictures_and_tables(cells: list[nbformat.NotebookNode]) -> None:
    board, plot, run = cells[-7:-4]
    assert "<table" in data(board)["text/html"] and "ranked by LC win rate" in data(board)["text/plain"]
    assert any(kind.startswith("image/") for kind in data(plot))
    assert "<table" in data(run)["text/html"]


def test_coroutines_judge_inside_the_loop_of_the_kernel(cells: list[nbformat.NotebookNode]) -> None:
    assert data(cells[-2])["text/plain"] == "5"


def test_an_error_is_one_line_of_ours(cells: list[nbformat.NotebookNode]) -> None:
    (error,) = [output for output in cells[-1].outputs if output.output_type == "error"]
    assert (error.ename, error.evalue) == ("RejectedRequest", "the function raised ZeroDivisionError: division by zero")
