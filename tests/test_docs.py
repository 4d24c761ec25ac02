"""The documentation says what is true: links lead somewhere, commands exist, and the picture is what is printed."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
from click.testing import CliRunner

import evalkit as ek
from docs.generate import pages
from docs.pictures.make import PICTURES, board_picture, judge_example
from docs.pictures.rooms import PICTURE, drawn
from docs.pictures.terminal import terminal_svg
from docs.python_reference import TITLES
from docs.structure import figures
from evalkit.cli.main import COMMANDS, group
from tests.cli.running import evalkit, shared_zygote

REPOSITORY = Path(__file__).parents[1]
DOCS = [page for page in REPOSITORY.glob("docs/**/*.md") if "_build" not in page.parts]
PAGES = sorted([REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md", *DOCS])
MINUTE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
PAGES += sorted([*REPOSITORY.glob("examples/*.md"), *REPOSITORY.glob("leaderboards/**/*.md")])


def test_every_relative_link_leads_to_a_file() -> None:
    links = [(page, target) for page in PAGES for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())]
    lost = [(page, target) for page, target in links if "://" not in target and not (page.parent / target).exists()]
    assert lost == []


def test_every_table_has_a_head_and_as_many_cells_in_each_row() -> None:
    for page in PAGES:
        text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        for table in re.findall(r"(?:^ *\|.*\n)+", text, re.MULTILINE):
            rows = [line.strip() for line in table.splitlines()]
            assert len(rows) > 1, f"{page.name}: a row without a table: {table}"
            assert re.fullmatch(r"[|: -]+", rows[1]), f"{page.name}: no head above {rows[0]}"
            cells = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
            assert cells == {rows[1].count("|")}, f"{page.name}: {rows[0]}"


def test_a_page_avoids_the_words_that_the_word_list_rules_out() -> None:
    table = (REPOSITORY / "docs" / "words.md").read_text().partition("| instead of | write |\n|---|---|\n")[2]
    avoided = [word for row in table.splitlines() for word in row.split(" | ")[0].strip("| ").split(", ")]
    assert len(avoided) > 5
    found = re.compile(rf"(?i)\b(?:{'|'.join(avoided)})s?\b")
    for page in PAGES:
        # what stands in code is a name, of a field or of another tool
        prose = re.sub(r"^ *```.*?^ *```$|`[^`]*`", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        if page.name != "words.md":
            assert found.findall(prose) == [], page.name


def test_every_command_shown_exists_with_its_options() -> None:
    for page in PAGES:
        blocks = re.findall(r"```(?:sh|console|bash)\n(.*?)```", page.read_text(), re.DOTALL)
        inline = re.findall(r"`(evalkit [^`\n]+)`", page.read_text())
        shown = [
            line.strip().removeprefix("$ ") for block in blocks for line in block.replace("\\\n", " ").splitlines()
        ]
        # what a command prints is no command, and may hold a quotation mark of its own
        for line in [one for one in [*shown, *inline] if "evalkit" in one]:
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


@pytest.mark.parametrize("page", ["docs/ci.md", "docs/gate.md", "docs/releases.md"])
def test_what_a_console_shows_is_what_its_commands_print(page: str, tmp_path: Path) -> None:
    consoles = "".join(re.findall(r"```console\n(.*?)```", (REPOSITORY / page).read_text(), re.DOTALL))
    shown = [block.partition("\n") for block in re.split(r"^\$ ", consoles, flags=re.MULTILINE)[1:]]
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    script = "\n".join(f"echo '$'; {command}" for command, _, _ in shown)
    # what is to be installed is there already, and nothing may be fetched
    path = os.pathsep.join(map(str, (shared_zygote().program(), Path(sys.executable).parent, os.environ["PATH"])))
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
            # a page shows the day on which it was written
            printed_then, printed_now = (MINUTE.sub("TIME", text.strip("\n")) for text in (output, real))
            assert printed_now == printed_then, f"{page}: {command}\n{done.stderr}"


@pytest.mark.parametrize(
    ("overview", "pages"),
    [("index.md", "*.md"), ("statistics.md", "statistics/*.md"), ("commands.md", "commands/*.md")],
)
def test_every_page_of_the_docs_can_be_reached_from_its_overview(overview: str, pages: str) -> None:
    linked = (REPOSITORY / "docs" / overview).read_text()
    for page in REPOSITORY.glob(f"docs/{pages}"):
        assert page.name == overview or f"({page.relative_to(REPOSITORY / 'docs')})" in linked, page.name


def test_every_field_that_a_run_writes_is_explained(tmp_path: Path) -> None:
    explained = set(re.findall(r"`(\w+)`", (REPOSITORY / "docs" / "formats.md").read_text()))
    outputs = REPOSITORY / "examples" / "outputs" / "careful.json"
    assert evalkit("annotate", outputs, "--benchmark", "example", cwd=tmp_path).returncode == 0
    for name in ("annotations", "row", "run"):
        document = json.loads((tmp_path / "results" / "careful" / "surface" / f"{name}.json").read_text())
        fields = document[0] if isinstance(document, list) else document
        assert fields.keys() - explained == set(), name
    header = evalkit("leaderboard", "--benchmark", "example", "--format", "csv", cwd=tmp_path).stdout.partition("\n")[0]
    assert set(header.split(",")) - explained == set()


def test_the_picture_of_the_board_is_what_a_terminal_shows(tmp_path: Path) -> None:
    judge_example(tmp_path)
    assert (PICTURES / "board.svg").read_text() == board_picture(tmp_path), "run python -m docs.pictures.make"


def test_a_picture_of_a_terminal_has_its_words_and_colours_and_nothing_that_a_viewer_would_run() -> None:
    drawn = terminal_svg("\x1b[1ma<script>\x1b[0m  \x1b[33m&\x1b[0m\n───", "<b>")
    texts = list(ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text"))
    shown = [(one.text, one.get("font-weight"), one.get("class"), one.get("x")) for one in texts]
    assert shown == [("a<script>", "bold", "ink", "20.0"), ("&", None, "warn", "112.4")]
    assert "script" not in {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(drawn).iter()}
    assert "<path" in drawn


def test_the_picture_of_the_report_is_small() -> None:
    picture = (PICTURES / "report.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 300_000


def test_the_reference_of_python_has_every_function() -> None:
    functions = {name for name in ek.__all__ if name.islower()}
    assert {name for names in TITLES.values() for name in names} == functions


def test_the_command_reference_is_what_its_script_writes() -> None:
    folder = REPOSITORY / "docs"
    paths = [folder / "python.md", folder / "commands.md", *folder.glob("commands/*.md")]
    there = {str(page.relative_to(folder)) for page in paths}
    assert {name: (folder / name).read_text() for name in there} == pages(), "run python -m docs.generate"


def test_the_command_reference_has_every_option_that_help_shows() -> None:
    for name in COMMANDS:
        page = (REPOSITORY / "docs" / "commands" / f"{name}.md").read_text()
        shown = CliRunner().invoke(group, [name, "--help"], prog_name="evalkit", terminal_width=200).output
        flags = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", shown, re.MULTILINE)) - {"--help"}
        assert {flag for flag in flags if f"`{flag}" not in page} == set(), name


def test_every_option_says_what_it_does() -> None:
    rows = [line.split(" | ") for text in pages().values() for line in text.splitlines() if line.startswith("| `--")]
    assert len(rows) > 200
    assert [row[0] for row in rows if row[1].partition("Variable:")[0].strip(" |") == ""] == []
    # a range without bounds is none
    assert [row[0] for row in rows if "None" in row[-1]] == []


def test_the_picture_of_the_rooms_is_drawn_from_the_code() -> None:
    assert PICTURE.read_text(encoding="utf-8") == drawn(), "run python -m docs.pictures.rooms"


def test_the_figures_of_the_structure_are_those_of_the_code() -> None:
    page = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    for measure, figure in figures().items():
        row = re.search(rf"^\| {re.escape(measure)} \|.*\| (.*) \|$", page, re.MULTILINE)
        assert row is not None, measure
        assert row.group(1).replace("`", "").partition(":")[0] == figure.partition(":")[0], measure
