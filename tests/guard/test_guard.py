"""A change of structure changes nothing that a command prints or writes."""

from pathlib import Path

from tests.cli.running import evalkit
from tests.guard.commands import KEPT, all_kept, commands, shortened


def test_every_command_prints_and_writes_what_it_did(tmp_path: Path) -> None:
    for name, text in all_kept(evalkit, tmp_path):
        was = (KEPT / f"{name}.txt").read_text(encoding="utf-8")
        assert shortened(text) == was, f"{name}: python -m tests.guard FOLDER writes the whole, to be compared"


def test_nothing_is_kept_of_a_command_that_is_not_run() -> None:
    assert sorted(file.stem for file in KEPT.iterdir()) == sorted(command.name for command in commands())
