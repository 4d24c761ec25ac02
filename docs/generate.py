"""Write the references: docs/commands.md and a page for each command, from the words of --help, and docs/python.md."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from docs import python_reference
from evalkit.cli.help import ONLY_TITLE, CommandGroup, Helpful
from evalkit.cli.main import COMMANDS, TITLED_COMMANDS, group

DOCS = Path(__file__).parent
ORIGIN = "<!-- written by docs/generate.py from what --help says: edit the help, then run the script again -->\n"
# how click ends the help of an option: what it takes for granted, what it allows, or both
TAIL = re.compile(r"\s*\[(?:default: )?([^\[\]]*)\]$")
BAR = r"\|"


def main() -> None:
    """Write all pages, and delete those of commands that are gone."""
    written = pages()
    for path in DOCS.glob("commands/*.md"):
        if path.relative_to(DOCS).as_posix() not in written:
            path.unlink()
    for name, text in written.items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Text of every page by its path below docs."""
    found = {"commands.md": _overview(), "python.md": python_reference.page()}
    above = _context(group, "evalkit", None)
    for name in COMMANDS:
        command = group.get_command(above, name)
        assert command is not None
        found[f"commands/{name}.md"] = ORIGIN + "\n" + "\n".join(_sections(command, name, above, depth=1))
    return found


def _overview() -> str:
    context = _context(group, "evalkit", None)
    lines = [
        ORIGIN,
        "# Commands",
        "",
        "What each command takes, in the words of its `--help`. Exit codes, variables and the settings file are on the",
        "page [Quick start](quickstart.md#exit-codes). Examples run beside the folder",
        "[examples](../examples/README.md); `evalkit annotate` has put the verdicts that they read into the store.",
        "",
        _usage(group, context),
        "",
        *_examples(group),
        *_options(group, context, depth=1),
    ]
    for title, commands in TITLED_COMMANDS.items():
        lines += [f"## {title}", "", "| command | what it does |", "|---|---|"]
        lines += [f"| [`{name}`](commands/{name}.md) | {_cell(line)} |" for name, line in commands.items()]
        lines.append("")
    return "\n".join(lines)


def _sections(command: click.Command, name: str, above: click.Context, *, depth: int) -> Iterator[str]:
    """Lines about a command, then about those below it."""
    assert isinstance(command, Helpful)
    context = _context(command, name, above)
    yield f"{'#' * depth} {context.command_path}"
    yield ""
    yield from _paragraphs(command.help or "")
    yield _usage(command, context)
    yield ""
    yield from _examples(command)
    yield from _options(command, context, depth=depth)
    if isinstance(command, CommandGroup):
        for below, found in command.below(context):
            yield from _sections(found, below, context, depth=depth + 1)


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        # click's mark for lines that are to stay as they are
        if paragraph.startswith("\b\n"):
            yield f"```text\n{paragraph.removeprefix(chr(8)).strip()}\n```\n"
        elif paragraph.strip():
            yield _escaped(" ".join(paragraph.split())) + "\n"


def _usage(command: click.Command, context: click.Context) -> str:
    return f"```text\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```"


def _examples(command: Helpful) -> Iterator[str]:
    """A block of command lines, each below what it does."""
    if command.examples:
        yield "```sh"
        for does, line in command.examples.items():
            yield f"# {does}"
            yield line
        yield "```"
        yield ""


def _options(command: Helpful, context: click.Context, *, depth: int) -> Iterator[str]:
    """A table of the options under each title, but for --help, which all have."""
    for title, options in command.titled(context).items():
        told = [one for one in options if "--help" not in one.opts]
        if told and title != ONLY_TITLE:
            yield f"{'#' * (depth + 1)} {title}"
            yield ""
        yield from _table(told, context)


def _table(options: Sequence[click.Option], context: click.Context) -> Iterator[str]:
    records = [(option, record) for option in options if (record := option.get_help_record(context)) is not None]
    if not records:
        return
    rows = [_row(option, *record) for option, record in records]
    # where nothing has a default or a range there is no column for them
    columns = ("option", "what it does", "default, range")[: 3 if any(row[2] for row in rows) else 2]
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for row in rows:
        yield f"| {' | '.join(row[: len(columns)])} |"
    yield ""


def _row(option: click.Option, flags: str, said: str) -> tuple[str, str, str]:
    tail = TAIL.search(said)
    words = [_cell(said[: tail.start()] if tail else said)]
    if isinstance(option.envvar, str):
        words.append(f"Variable: `{option.envvar}`.")
    return _flags(flags), " ".join(words).strip(), _cell(tail.group(1)) if tail else ""


def _context(command: click.Command, name: str, above: click.Context | None) -> click.Context:
    # a terminal of fixed width, and no variable or settings file of whoever runs this
    return click.Context(command, info_name=name, parent=above, terminal_width=80)


def _flags(said: str) -> str:
    """The flags and what they take, apart, so that a narrow cell breaks between them."""
    flags, _, taken = said.partition(" ") if " / " not in said else (said, "", "")
    # a bar divides cells even within code
    return " ".join(f"`{part.replace('|', BAR)}`" for part in (flags, taken) if part)


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    """Text with what markdown would take for marks kept as it is."""
    return re.sub(r"([\\`*\[\]|{]|<(?=[A-Za-z/!?])|\b_|_\b|^#)", r"\\\1", text)


if __name__ == "__main__":
    main()
