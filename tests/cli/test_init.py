"""What evalkit init writes, and that it never writes over anything."""

import tomllib
from pathlib import Path

import pytest
import yaml

from evalkit import __version__
from evalkit.cli.main import read_settings
from evalkit.judge_spec.config import read_judge
from evalkit.scaffold import CI, scaffold
from tests.cli.running import evalkit

WRITTEN = ["evalkit.toml", "judges/my_judge.yaml", "judges/my_judge.jinja"]
WORKFLOWS = {"github": ".github/workflows/evalkit.yml", "gitlab": ".gitlab-ci.yml"}


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("ci", [None, *CI])
def test_it_says_what_it_wrote_and_what_to_run_next(ci: str | None, tmp_path: Path) -> None:
    expected = [*WRITTEN, *([WORKFLOWS[ci]] if ci else [])]
    done = evalkit("init", *(["--ci", ci] if ci else []), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path) == sorted(expected)
    lines = done.stdout.splitlines()
    assert lines[: len(expected)] == [f"wrote {name}" for name in expected]
    assert lines[-2:] == ["  evalkit annotate outputs/candidate.json", "  evalkit gate outputs/candidate.json"]


def test_another_folder_is_made_and_named(tmp_path: Path) -> None:
    done = evalkit("init", "--dir", "new folder", cwd=tmp_path)
    assert files(tmp_path / "new folder") == sorted(WRITTEN)
    assert "  cd 'new folder'\n" in done.stdout


@pytest.mark.parametrize("name", [*WRITTEN[1:], WORKFLOWS["github"]])
def test_a_file_of_yours_is_never_written_over_and_nothing_else_is_written(name: str, tmp_path: Path) -> None:
    mine = tmp_path / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("# mine\n")
    done = evalkit("init", "--ci", "github", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{name}: exists already. --force replaces it; --dir FOLDER writes elsewhere" in done.stderr
    assert files(tmp_path) == [name] and mine.read_text() == "# mine\n"
    assert evalkit("init", "--ci", "github", "--force", cwd=tmp_path).returncode == 0
    assert mine.read_text() == scaffold("github")[name]


def test_settings_that_you_edited_stay(tmp_path: Path) -> None:
    (tmp_path / "evalkit.toml").write_text("[annotate]\nseed = 3\n")
    done = evalkit("init", cwd=tmp_path)
    assert done.returncode == 2 and "evalkit.toml: exists already" in done.stderr
    assert files(tmp_path) == ["evalkit.toml"]


def test_a_workflow_can_be_added_to_what_init_wrote(tmp_path: Path) -> None:
    assert evalkit("init", cwd=tmp_path).returncode == 0
    assert evalkit("init", "--ci", "gitlab", cwd=tmp_path).returncode == 0
    assert (tmp_path / ".gitlab-ci.yml").is_file()


def test_a_link_is_not_followed_but_refused_or_replaced(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.toml"
    project = tmp_path / "project"
    project.mkdir()
    (project / "evalkit.toml").symlink_to(elsewhere)
    assert evalkit("init", "--dir", project, cwd=tmp_path).returncode == 2
    assert evalkit("init", "--dir", project, "--force", cwd=tmp_path).returncode == 0
    assert not elsewhere.exists() and not (project / "evalkit.toml").is_symlink()


def test_the_settings_are_settings_also_where_a_comment_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "evalkit.toml"
    text = scaffold()["evalkit.toml"]
    path.write_text(text)
    assert read_settings(path)["gate"]["minimum"] == 50.0
    told = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ") and " = " in line]
    assert len(told) >= 6
    for line in told:
        ((key, _),) = tomllib.loads(line).items()
        path.write_text(f"[{'annotate' if key == 'judge' else 'gate'}]\n{line}\n")
        read_settings(path)


def test_the_example_judge_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in scaffold().items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    config = read_judge("judges/my_judge.yaml")
    assert (config.name, config.client, config.orders, config.tie) == ("my_judge", "openai", "both", "TIE")
    assert config.prices is not None and config.digest


@pytest.mark.parametrize("ci", CI)
def test_a_workflow_installs_the_version_that_wrote_it(ci: str) -> None:
    text = scaffold(ci)[WORKFLOWS[ci]]
    assert f'"evalkit-lc=={__version__}"' in text and "@VERSION@" not in text
    assert isinstance(yaml.safe_load(text), dict)
