"""The command group: loads a command's module only when it runs, and turns errors into one line and an exit code."""

import contextlib
import gc
import importlib
import keyword
import os
import sys
import tomllib
import traceback
from pathlib import Path
from typing import Any, NoReturn, TextIO, cast

import click

from evalkit import __version__
from evalkit.cli.help import CommandGroup
from evalkit.cli.usage import explain_usage
from evalkit.errors import KEY_FOUND, ConfigError, EvalkitError
from evalkit.files import SETTINGS_FILE
from evalkit.redaction import Redacting, holds_key, redact_message, redact_setting

EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130
EXIT_PIPE_CLOSED = 141
_LONGEST_ERROR = 500
_WIDEST_HELP = 110

# title -> name -> one line on what the command does; the command itself is `command` in evalkit.cli.NAME
TITLED_COMMANDS = {
    "Start here": {
        "demo": "Judge three example models offline, and print their board.",
        "init": "Write settings, an example judge and a CI workflow.",
    },
    "Judge": {
        "generate": "Let a model answer a benchmark's questions.",
        "audit": "Check outputs before anybody pays for having them judged.",
        "annotate": "Judge models' outputs against a baseline.",
    },
    "Read the results": {
        "leaderboard": "Rank models by their length-controlled win rates.",
        "releases": "Show a model's number by release, and what changed.",
        "compare": "Compare models on their common instructions.",
        "ratings": "Rate models from battles between any two of them.",
        "correlate": "Say how far boards agree with a human ranking.",
        "report": "Write one HTML file with boards and every comparison.",
        "site": "Write a folder of pages: all boards, models and judges.",
    },
    "Decide": {
        "power": "Say how many instructions, repeats and dollars a gate needs.",
        "gate": "Let a model be released, or not, on its win rate.",
    },
    "Look up": {
        "benchmarks": "List the benchmarks, or show one.",
        "judges": "List the judges, show one, or check that one answers.",
        "prompts": "List the judge prompts, or show one.",
        "references": "List the human reference rankings, or show one.",
    },
    "Bring along": {
        "import": "Bring other tools' files into the store.",
        "export": "Write imported files, or verdicts, in another tool's format.",
    },
    "Look after": {
        "store": "Check the store, tidy it, move it, or count what it holds.",
        "verify": "Compute written rows anew from the raw replies, and compare.",
    },
}
COMMANDS = {name: line for commands in TITLED_COMMANDS.values() for name, line in commands.items()}


def _module(command: str) -> str:
    """Return the name of a command's module, which has an underscore added if it is a Python keyword."""
    return f"{command}_" if keyword.iskeyword(command) else command


class LazyGroup(CommandGroup):
    """A group that knows its commands by name and imports one when it is called; none of them prints a secret."""

    def main(self, *arguments: Any, **settings: Any) -> Any:
        out, err = Redacting(sys.stdout, redact_message), Redacting(sys.stderr, redact_setting)
        with contextlib.redirect_stdout(cast(TextIO, out)), contextlib.redirect_stderr(cast(TextIO, err)):
            return super().main(*arguments, **settings)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"evalkit.cli.{_module(cmd_name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        width = max(map(len, COMMANDS))
        for title, commands in TITLED_COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:{width}}", line) for name, line in commands.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _WIDEST_HELP},
    examples={
        "See it work, without a key or a network.": "evalkit demo",
        "Judge a model's outputs against a baseline.": (
            "evalkit annotate examples/outputs/careful.json --benchmark example"
        ),
    },
)
@click.version_option(__version__, prog_name="evalkit")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def group(ctx: click.Context, debug: bool) -> None:  # noqa: ARG001 (main reads it before click runs)
    """Judge language models against a baseline and know how sure the answer is."""
    ctx.default_map = read_settings(Path(SETTINGS_FILE))


def main() -> NoReturn:
    """Run the command line and end the process."""
    # most commands end within a second: collecting garbage as often as usual costs more time than it saves
    gc.set_threshold(50_000, 20, 50)
    status = _run()
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    # everything is written and closed; an ordinary exit would spend another tenth of a second on unloading modules
    os._exit(status)


def _run() -> int:
    try:
        status = group.main(prog_name="evalkit", standalone_mode=False, auto_envvar_prefix="EVALKIT")
    except BrokenPipeError:
        # the program that read the output has closed it, as head does, and needs no more
        return EXIT_PIPE_CLOSED
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (the last line of defence)
        if "--debug" in sys.argv[1:2]:
            click.echo(redact_setting(traceback.format_exc()), err=True, nl=False)
        status, message = _explain(error)
        _complain(message)
        _tell_ci(status, message, error)
    return status if isinstance(status, int) else 0


def _tell_ci(status: int, message: str, error: BaseException) -> None:
    """Have a gate that ended without a decision say so in the files and the annotation of this run."""
    words = sys.argv[1:]
    name = next((n for n, word in enumerate(words) if not word.startswith("-")), None)
    if name is None or words[name] != "gate":
        return
    try:
        from evalkit.cli.gate_ending import end_without_decision

        end_without_decision(words[name + 1 :], Path(SETTINGS_FILE), status, message, error)
    except Exception as other:  # noqa: BLE001 (the first error is the one to tell of)
        _complain(f"the gate's files cannot be written: {type(other).__name__}: {other}")


def _explain(error: BaseException) -> tuple[int, str]:
    """Return the exit code and the message for the error that ended a command."""
    if isinstance(error, EvalkitError):
        return error.exit_code, error.for_command or str(error)
    if isinstance(error, KeyboardInterrupt | click.exceptions.Abort):
        return EXIT_INTERRUPTED, "interrupted. What had arrived is kept; run the same command again to continue"
    if isinstance(error, click.ClickException):
        return 2, redact_setting(explain_usage(error))
    fault = redact_setting(f"internal error: {type(error).__name__}: {error}")
    return EXIT_INTERNAL, f"{fault}. Run evalkit --debug with the same arguments and report the traceback"


def read_settings(path: Path) -> dict[str, Any]:
    """Read options' defaults from a settings file, which has a table for each command and a key for each option.

    Raises:
        ConfigError: the file is not TOML, or names a command or option that does not exist.
    """
    if not path.is_file():
        return {}
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    return {name: _command_settings(path, name, table) for name, table in settings.items()}


def _command_settings(path: Path, name: str, table: Any) -> dict[str, Any]:
    if name not in COMMANDS or not isinstance(table, dict):
        raise ConfigError(f"{path}: [{name}]: expected a table named after a command: {', '.join(COMMANDS)}")
    command: click.Command = importlib.import_module(f"evalkit.cli.{_module(name)}").command
    below = getattr(command, "commands", {})
    # the command itself (None), and its subcommands, which share its table
    options = {None: _options(command), **{sub: _options(subcommand) for sub, subcommand in below.items()}}
    known = sorted({flag for flags in options.values() for flag in flags})
    found: dict[str, Any] = {sub: {} for sub in below}
    for key, value in table.items():
        flag = key.replace("_", "-")
        if flag not in known:
            said = f"an option's name {KEY_FOUND}" if holds_key(key) else f"unknown option {key!r}"
            raise ConfigError(f"{path}: [{name}]: {said}. Known: {', '.join(known)}")
        for sub, flags in options.items():
            if flag in flags:
                _check_setting(path, name, flag, flags[flag])
                (found if sub is None else found[sub])[flags[flag].name or flag] = value
    return found


def _check_setting(path: Path, name: str, flag: str, option: click.Option) -> None:
    """Let a settings file, which often comes with somebody else's repository, name no file that is written."""
    from evalkit.cli.written import WrittenFile, WrittenFolder

    if isinstance(option.type, WrittenFile | WrittenFolder):
        raise ConfigError(
            f"{path}: [{name}]: {flag} names what is written, which a settings file may not choose. "
            f"Type it: evalkit {name} --{flag} ..."
        )


def _options(command: click.Command) -> dict[str, click.Option]:
    """Return a command's options by flag; the flags have no dashes."""
    return {
        flag.removeprefix("--"): option
        for option in command.params
        if isinstance(option, click.Option)
        for flag in option.opts
    }


def _complain(message: str) -> None:
    from evalkit.cli.notes import print_text
    from evalkit.text import printable, shortened

    # cut before making it printable: the rest of a long message would be cut off afterwards
    line = " ".join(printable(message[: 2 * _LONGEST_ERROR].replace("\n", " ")).split())
    print_text(f"evalkit: error: {shortened(line, _LONGEST_ERROR)}", err=True)
