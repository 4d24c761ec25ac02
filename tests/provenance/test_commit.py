"""The commit is read from git's files, and nothing else is."""

import os
from pathlib import Path

import pytest

from evalkit.provenance.commit import commit_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_branch_is_followed_from_any_folder_of_its_repository(tmp_path: Path) -> None:
    write(tmp_path / ".git" / "HEAD", "ref: refs/heads/main\n")
    assert commit_of(tmp_path) is None
    write(tmp_path / ".git" / "packed-refs", f"# pack-refs with: peeled\n{COMMIT} refs/heads/main\n^{OTHER}\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert commit_of(below) == COMMIT
    # a loose reference is the newer one
    write(tmp_path / ".git" / "refs" / "heads" / "main", f"{OTHER}\n")
    assert commit_of(below) == OTHER
    write(tmp_path / ".git" / "HEAD", f"{'a' * 64}\n")
    assert commit_of(below) == "a" * 64


def test_a_further_work_tree_finds_its_branch_in_the_main_repository(tmp_path: Path) -> None:
    main, tree = tmp_path / "main" / ".git", tmp_path / "tree"
    write(tree / ".git", f"gitdir: {main}/worktrees/tree\n")
    write(main / "worktrees" / "tree" / "HEAD", "ref: refs/heads/feature\n")
    write(main / "worktrees" / "tree" / "commondir", "../..\n")
    write(main / "refs" / "heads" / "feature", f"{COMMIT}\n")
    assert commit_of(tree) == COMMIT


@pytest.mark.parametrize(
    "head",
    [
        "", "ref: refs/heads/.invalid", "ref: ../../secret", "ref: refs/../../secret", f"{COMMIT} and more",
        COMMIT.upper(), "ref: refs/heads/\x1b[2J", "ref: HEAD", "x" * 10_000, "ref: refs/heads/loop",
    ],
)  # fmt: skip
def test_what_is_no_commit_is_not_said(tmp_path: Path, head: str) -> None:
    write(tmp_path / "secret", f"{COMMIT}\n")
    write(tmp_path / ".git" / "HEAD", head)
    write(tmp_path / ".git" / "refs" / "heads" / "loop", "ref: refs/heads/loop")
    assert commit_of(tmp_path) is None


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    os.mkfifo(tmp_path / ".git" / "HEAD")
    assert commit_of(tmp_path) is None
    assert commit_of(tmp_path / "nothing" / "there") is None
