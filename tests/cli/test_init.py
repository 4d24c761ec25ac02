"""What evalkit init writes, and that it never writes over anything."""

import json
import subprocess
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from evalkit import __version__, assets
from evalkit.cli.main import read_settings
from evalkit.errors import ConfigError
from evalkit.gating import read_rule_file
from evalkit.judge_spec.config import read_judge
from evalkit.scaffold import CI, install_source, scaffold
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
    assert files(tmp_path) == sorted([*expected, ".gitignore"])
    lines = done.stdout.splitlines()
    assert lines[: len(expected)] == [f"wrote {name}" for name in expected]
    assert lines[-2:] == ["  evalkit annotate outputs/candidate.json", "  evalkit gate outputs/candidate.json"]


def test_another_folder_is_made_and_named(tmp_path: Path) -> None:
    done = evalkit("init", "--dir", "new folder", cwd=tmp_path)
    assert files(tmp_path / "new folder") == sorted([*WRITTEN, ".gitignore"])
    assert "  cd 'new folder'\n" in done.stdout


def test_a_workflow_of_yours_is_never_written_over_and_nothing_else_is_written(tmp_path: Path) -> None:
    name = WORKFLOWS["github"]
    mine = tmp_path / name
    mine.parent.mkdir(parents=True)
    mine.write_text("# mine\n")
    done = evalkit("init", "--ci", "github", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{name}: exists already. --force replaces it; --dir FOLDER writes elsewhere" in done.stderr
    assert files(tmp_path) == [name] and mine.read_text() == "# mine\n"
    assert evalkit("init", "--ci", "github", "--force", cwd=tmp_path).returncode == 0
    assert mine.read_text() == scaffold("github")[name]


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize("ci", CI)
def test_a_workflow_is_added_later_and_no_setting_is_reset(ci: str, force: list[str], tmp_path: Path) -> None:
    assert evalkit("init", cwd=tmp_path).returncode == 0
    settings, judge = tmp_path / "evalkit.toml", tmp_path / "judges" / "my_judge.yaml"
    settings.write_text(settings.read_text().replace("min = 50.0", "min = 61.5"))
    judge.write_text(judge.read_text().replace("gpt-4.1-2025-04-14", "mine"))
    edited = (settings.read_text(), judge.read_text())
    done = evalkit("init", "--ci", ci, *force, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (settings.read_text(), judge.read_text()) == edited
    assert "kept evalkit.toml, which was there already" in done.stdout
    assert f"wrote {WORKFLOWS[ci]}" in done.stdout and (tmp_path / WORKFLOWS[ci]).is_file()


def test_settings_by_themselves_stay_and_the_rest_is_added(tmp_path: Path) -> None:
    (tmp_path / "evalkit.toml").write_text("[annotate]\nseed = 3\n")
    assert evalkit("init", "--ci", "gitlab", cwd=tmp_path).returncode == 0
    assert (tmp_path / "evalkit.toml").read_text() == "[annotate]\nseed = 3\n"
    assert files(tmp_path) == sorted([*WRITTEN, WORKFLOWS["gitlab"], ".gitignore"])


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    project = tmp_path / "project"
    (project / ".github" / "workflows").mkdir(parents=True)
    for name in ("evalkit.toml", ".gitignore", WORKFLOWS["github"]):
        (project / name).symlink_to(elsewhere)
    assert evalkit("init", "--dir", project, cwd=tmp_path).returncode == 0
    assert evalkit("init", "--ci", "github", "--dir", project, cwd=tmp_path).returncode == 2
    assert evalkit("init", "--ci", "github", "--dir", project, "--force", cwd=tmp_path).returncode == 0
    assert not elsewhere.exists() and (project / "evalkit.toml").is_symlink()
    assert not (project / WORKFLOWS["github"]).is_symlink()


def git(folder: Path, *words: object) -> str:
    done = subprocess.run(["git", *map(str, words)], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_what_a_run_writes_is_not_committed_by_adding_everything(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    answers = assets.folder("examples") / "outputs"
    assert evalkit("init", cwd=tmp_path).returncode == 0
    (tmp_path / "outputs").mkdir()
    for name, model in (("candidate", "careful"), ("baseline", "baseline")):
        (tmp_path / "outputs" / f"{name}.json").write_bytes((answers / f"{model}.json").read_bytes())
    done = evalkit("gate", "outputs/candidate.json", "--log", "results/log.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert evalkit("report", cwd=tmp_path).returncode == 0
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "evalkit.db-wal").write_text("")
    git(tmp_path, "add", "-A")
    assert git(tmp_path, "ls-files").split() == sorted(
        [".gitignore", *WRITTEN, "outputs/baseline.json", "outputs/candidate.json"]
    )


@pytest.mark.parametrize(
    "there", ["", "*.pyc", "/results\nevalkit.db*\n", ".evalkit\nresults/\n*.part\n.env\nevalkit.db*\n"]
)
def test_a_list_of_what_git_ignores_is_completed_once(there: str, tmp_path: Path) -> None:
    path = tmp_path / ".gitignore"
    path.write_text(there)
    for _ in range(2):
        assert evalkit("init", cwd=tmp_path).returncode == 0
        lines = path.read_text().splitlines()
        assert lines[: len(there.splitlines())] == there.splitlines()
        named = [line.strip("/") for line in lines if line and not line.startswith("#")]
        assert {"results", ".evalkit", "evalkit.db*", "*.part", ".env"} <= set(named)
        assert len(named) == len(set(named))


def test_the_settings_are_settings_also_where_a_comment_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "evalkit.toml"
    text = scaffold()["evalkit.toml"]
    path.write_text(text)
    assert read_settings(path)["gate"]["minimum"] == 50.0
    settings, rules, tables = text.partition("# [[gate.rules]]")
    told = [line.removeprefix("# ") for line in settings.splitlines() if line.startswith("# ") and " = " in line]
    assert len(told) >= 6
    for line in told:
        ((key, _),) = tomllib.loads(line).items()
        path.write_text(f"[{'annotate' if key == 'judge' else 'gate'}]\n{line}\n")
        read_settings(path)
    path.write_text("\n".join(line.removeprefix("#").strip() for line in f"{rules}{tables}".splitlines()))
    assert "rules" in read_settings(path)["gate"]
    assert [rule.required for rule in read_rule_file(path)] == [True, True, False]


def test_the_example_judge_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in scaffold().items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    config = read_judge("judges/my_judge.yaml")
    assert (config.name, config.client, config.orders, config.tie) == ("my_judge", "openai", "both", "TIE")
    assert config.prices is not None and config.digest


COMMIT = "git+https://host.example/owner/evalkit@0123abc"
SOURCES = {
    "0.2.1": "evalkit-lc==0.2.1",
    "==0.2.1": "evalkit-lc==0.2.1",
    "evalkit-lc[tokens]>=0.2": "evalkit-lc[tokens]>=0.2",
    COMMIT: f"evalkit-lc @ {COMMIT}",
    "https://host.example/owner/evalkit": "evalkit-lc @ git+https://host.example/owner/evalkit",
    "https://host.example/owner/evalkit.git@v1": "evalkit-lc @ git+https://host.example/owner/evalkit.git@v1",
    "https://host.example/evalkit_lc-1-py3-none-any.whl":
        "evalkit-lc @ https://host.example/evalkit_lc-1-py3-none-any.whl",
    "wheels/own-1-py3-none-any.whl": "./wheels/own-1-py3-none-any.whl",
    "./source": "./source",
}  # fmt: skip


@pytest.mark.parametrize("given", SOURCES)
@pytest.mark.parametrize("ci", CI)
def test_a_workflow_installs_evalkit_from_where_you_say(ci: str, given: str, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "own-1-py3-none-any.whl").write_bytes(b"")
    found = install_source(given, tmp_path)
    assert (found.requirement, found.note, found.wheel) == (SOURCES[given], None, None)
    workflow = yaml.safe_load(scaffold(ci, install=found.requirement)[WORKFLOWS[ci]])
    place = workflow["jobs"]["gate"]["env"] if ci == "github" else workflow["evalkit"]["variables"]
    assert place["INSTALL_FROM"] == SOURCES[given]


@pytest.mark.parametrize(
    "given", ["-r other.txt", "a$(b)", "a`b`", "a\nb", "${{ x }}", "", "nowhere", "/", "http://x/y/z", '"x']
)
def test_what_is_no_place_to_install_from_is_refused(given: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--install"):
        install_source(given, tmp_path)


def test_a_wheel_of_this_machine_is_copied_into_the_project(tmp_path: Path) -> None:
    wheel = tmp_path / "evalkit_lc-9-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    (tmp_path / "project").mkdir()
    done = evalkit("init", "--ci", "github", "--install", wheel, cwd=tmp_path / "project")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "project" / "vendor" / wheel.name).read_bytes() == b"wheel"
    assert f'"./vendor/{wheel.name}"' in (tmp_path / "project" / WORKFLOWS["github"]).read_text()


HERE = "file:///nowhere/at/all"
FROM = {
    "an index": (None, f"evalkit-lc=={__version__}", False),
    "a repository": ({"url": "https://h.example/o/n", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}},
                     "evalkit-lc @ git+https://h.example/o/n@0a1b", False),
    "an archive": ({"url": "https://h.example/a.whl", "archive_info": {}},
                   "evalkit-lc @ https://h.example/a.whl", False),
    "a folder": ({"url": HERE, "dir_info": {"editable": True}}, f"evalkit-lc=={__version__}", True),
}  # fmt: skip


@pytest.mark.parametrize("came", FROM)
def test_by_default_a_workflow_installs_evalkit_from_where_this_one_came(
    came: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, requirement, noted = FROM[came]
    monkeypatch.setattr(metadata, "distribution", lambda _: Installed(told))
    found = install_source(None, tmp_path)
    assert (found.requirement, found.note is not None) == (requirement, noted)


@dataclass(frozen=True)
class Installed:
    """A distribution as an installer leaves it."""

    told: object

    def read_text(self, name: str) -> str | None:
        return None if self.told is None else json.dumps(self.told)


def test_an_evalkit_of_a_clone_or_of_a_wheel_is_reached_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone, wheel = tmp_path / "clone", tmp_path / "evalkit_lc-9-py3-none-any.whl"
    clone.mkdir()
    wheel.write_bytes(b"wheel")
    git(clone, "init", "-q")
    git(clone, "-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "-q", "--allow-empty", "-m", "m")
    (tmp_path / "project").mkdir()
    monkeypatch.setattr(metadata, "distribution", lambda _: Installed({"url": clone.as_uri(), "dir_info": {}}))
    assert install_source(None, tmp_path / "project").note is not None
    git(clone, "remote", "add", "origin", "https://h.example/o/n.git")
    commit = git(clone, "rev-parse", "HEAD").strip()
    found = install_source(None, tmp_path / "project")
    assert (found.requirement, found.note) == (f"evalkit-lc @ git+https://h.example/o/n.git@{commit}", None)
    monkeypatch.setattr(metadata, "distribution", lambda _: Installed({"url": wheel.as_uri(), "archive_info": {}}))
    found = install_source(None, tmp_path / "project")
    assert (found.requirement, found.wheel) == (f"./vendor/{wheel.name}", wheel)
