"""Commands on a store that may only be read: those that read work, and the others say in one line that they cannot."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import evalkit as ek
from evalkit.cli.main import group
from evalkit.errors import StoreError
from tests.rig import REPOSITORY

OUTPUTS = REPOSITORY / "examples" / "outputs"
READERS = (
    ("leaderboard", "--benchmark", "example"),
    ("leaderboard", "--all"),
    ("report", "--benchmark", "example", "--out", "report.html"),
    ("releases", "careful", "--benchmark", "example"),
    ("site", "public"),
    ("verify", "RESULTS"),
    ("compare", "careful", "terse", "--benchmark", "example"),
    ("ratings", "--benchmark", "example"),
    ("annotate", str(OUTPUTS / "careful.json"), "--benchmark", "example", "--dry-run"),
    ("gate", "careful", "--benchmark", "example", "--min", "50"),
    ("store", "stats"),
    ("store", "check"),
)
WRITERS = (
    ("annotate", str(OUTPUTS / "careful.json"), "--benchmark", "example"),
    ("gate", str(OUTPUTS / "terse.json"), "--benchmark", "example", "--min", "50"),
    ("store", "gc"),
)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Results with a store that nobody may write, in a folder that nobody may write."""
    folder = tmp_path_factory.mktemp("locked") / "results"
    for label in ("v1", "v2"):
        ek.annotate(*(OUTPUTS / f"{name}.json" for name in ("careful", "terse")), benchmark="example", label=label,
                    results=folder, progress=False)  # fmt: skip
    (folder / "evalkit.db").chmod(0o400)
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


def test_what_reads_works_and_what_writes_says_that_it_cannot(
    locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before, beside = (locked / "evalkit.db").read_bytes(), sorted(locked.iterdir())
    for reader in READERS:
        words = [str(locked) if word == "RESULTS" else word for word in reader]
        done = CliRunner().invoke(group, [*words, "--results", str(locked)])
        assert done.exit_code == 0, (reader, done.output, done.exception)
    assert len(ek.verdicts(benchmark="example", results=locked).frame) == 96
    for writer in WRITERS:
        done = CliRunner().invoke(group, [*writer, "--results", str(locked)])
        assert isinstance(done.exception, StoreError), (writer, done.output)
        assert str(done.exception).startswith(f"{locked / 'evalkit.db'}: cannot be written: it is read-only. Make it")
        assert "\n" not in str(done.exception)
    assert (locked / "evalkit.db").read_bytes() == before
    assert sorted(locked.iterdir()) == beside


def test_a_gate_says_that_its_decision_is_not_kept_and_a_known_board_says_nothing(locked: Path) -> None:
    (note,) = ek.gate("careful", benchmark="example", minimum=50, results=locked).decision.notes[-1:]
    assert note.startswith("this decision is not kept among the releases: ")
    assert "evalkit.db: cannot be written: it is read-only. Make it writable, or name another store" in note
    assert not ek.leaderboard(benchmark="example", results=locked).notes
    (series,) = ek.releases("careful", benchmark="example", results=locked).series
    assert [release.name for release in series.releases] == ["v1", "v2"]
