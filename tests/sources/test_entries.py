"""Where entries come from."""

from pathlib import Path

from evalkit.judge_spec.config import read_judge
from evalkit.sources.entries import entries_of_files, entries_of_store
from evalkit.store import open_store
from tests.cli.gating import EXAMPLES, verdict_rows, write_table
from tests.cli.running import evalkit


def test_what_a_judge_says_of_itself_stays_with_its_verdicts_wherever_they_are_read(tmp_path: Path) -> None:
    command = ("annotate", EXAMPLES / "careful.json", "--benchmark", "example", "--judge", "surface")
    assert evalkit(*command, cwd=tmp_path).returncode == 0
    with open_store(f"sqlite:///{tmp_path / 'results' / 'evalkit.db'}") as store:
        (stored,) = entries_of_store(store, benchmark="example")
    (written,) = entries_of_files([tmp_path / "results"])
    assert stored.judging.notices == written.judging.notices == (read_judge("surface").notice,)
    for source in ("--benchmark", "example"), ("results",):
        assert "measures style, not quality" in evalkit("leaderboard", *source, cwd=tmp_path).stdout


def test_a_judge_that_nobody_knows_has_nothing_to_say_of_itself(tmp_path: Path) -> None:
    (entry,) = entries_of_files([write_table(tmp_path / "verdicts.csv", verdict_rows(0.5, 40))])
    assert entry.judging.notices == ()
