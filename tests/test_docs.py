"""The documentation says what is true: links lead somewhere, commands exist, and the picture is what is printed."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from evalkit.cli.main import group
from tests.cli.running import evalkit

REPOSITORY = Path(__file__).parents[1]
PAGES = sorted([REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md", *REPOSITORY.glob("docs/*.md")])
PAGES += sorted([*REPOSITORY.glob("examples/*.md"), *REPOSITORY.glob("leaderboards/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_shown_exists_with_its_options(page: Path) -> None:
    blocks = re.findall(r"```(?:sh|console|bash)\n(.*?)```", page.read_text(), re.DOTALL)
    inline = re.findall(r"`(evalkit [^`\n]+)`", page.read_text())
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    for line in [*lines, *inline]:
        words = shlex.split(line.split(" | ")[0], comments=True)
        if words[:1] == ["evalkit"]:
            known(words[1:], f"{page.name}: {line}")


def known(words: list[str], where: str) -> None:
    command: click.Command = group
    context = click.Context(group)
    for word in words:
        if word.startswith("-"):
            options = {flag for option in command.params if isinstance(option, click.Option) for flag in option.opts}
            assert word.split("=")[0] in options | {"--help", "-h"}, f"{where}: no option {word}"
        elif isinstance(command, click.Group) and (found := command.get_command(context, word)) is not None:
            command = found
        elif command is group:
            assert not re.fullmatch(r"[a-z]+", word), f"{where}: no command {word}"


def test_the_readme_shows_what_the_demo_prints(tmp_path: Path) -> None:
    shown = re.search(r"```\n\$ make demo\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.DOTALL)
    assert shown is not None
    assert evalkit("demo", cwd=tmp_path, COLUMNS="120").stdout.startswith(shown.group(1))


@pytest.mark.parametrize("page", ["README.md", "docs/gate.md"])
def test_what_a_console_shows_is_what_its_commands_print(page: str, tmp_path: Path) -> None:
    consoles = "".join(re.findall(r"```console\n(.*?)```", (REPOSITORY / page).read_text(), re.DOTALL))
    shown = [block.partition("\n") for block in re.split(r"^\$ ", consoles, flags=re.MULTILINE)[1:]]
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    script = "\n".join(f"echo '$'; {command}" for command, _, _ in shown)
    # what is to be installed is there already, and nothing may be fetched
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"PATH": path, "HOME": str(tmp_path), "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    printed = re.split(r"^\$\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(printed) == len(shown) > 2
    for (command, _, output), real in zip(shown, printed, strict=True):
        if command.startswith("evalkit"):
            assert real.strip("\n") == output.strip("\n"), f"{page}: {command}\n{done.stderr}"


def test_every_page_of_the_docs_can_be_reached_from_the_index() -> None:
    index = (REPOSITORY / "docs" / "index.md").read_text()
    for page in REPOSITORY.glob("docs/*.md"):
        assert page.name == "index.md" or f"({page.name})" in index, page.name
