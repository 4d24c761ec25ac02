"""Help that shows examples first and options under titles, and errors that correct a mistyped command or option."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import click

from evalkit.cli.written import require_options_apart

# help puts a longer flag on a line of its own
_LONGEST_FLAG = 30
_NAME = re.compile(r"[a-z][a-z_-]*")
ONLY_TITLE = "Options"


class Title(Enum):
    """The titles over a command's options in its help, in the order in which help shows them."""

    USED_MOST = "Used most"
    THRESHOLD = "The threshold"
    PLAN = "What the plan rests on"
    ASKED = "What is asked"
    JUDGED = "What is judged"
    JUDGE = "Who judges"
    VERDICTS = "Verdicts at hand"
    NUMBERS = "The numbers"
    SHOWN = "What is shown"
    LIMITS = "Limits"
    FILES = "Files and output"
    HELP = "Help"

    def option(
        self, *flags: str, cls: "type[TitledOption] | None" = None, **attributes: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Return a decorator like `click.option` for an option that help shows under this title."""
        return click.option(*flags, cls=cls or TitledOption, title=self, **attributes)


class TitledOption(click.Option):
    """An option that help shows under its title."""

    def __init__(self, flags: Sequence[str], *, title: Title, **attributes: Any) -> None:
        super().__init__(flags, **attributes)
        self.title = title


class Renamed(TitledOption):
    """An option that still accepts its former name; help does not show that name."""

    def __init__(self, flags: Sequence[str], *, former: str, **attributes: Any) -> None:
        super().__init__([*flags, former], **attributes)
        self.former = former

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        every = self.opts
        self.opts = [name for name in every if name != self.former]
        try:
            return super().get_help_record(ctx)
        finally:
            self.opts = every


class Several(TitledOption):
    """An option that may be repeated; a settings file and the environment may name a single value."""

    def value_from_envvar(self, ctx: click.Context) -> Any:
        # a path has blanks, at which click would part the value
        found = self.resolve_envvar_value(ctx)
        return None if found is None else (found,)

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:  # noqa: FBT002 (as click declares it)
        found = super().get_default(ctx, call=call)
        return (found,) if isinstance(found, str) else found

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, Any]:
        value, source = super().consume_value(ctx, opts)
        return ((value,) if isinstance(value, str) else value), source


class RenamedSeveral(Several, Renamed):
    """A renamed option that may be repeated."""


class Helpful(click.Command):
    """The help and the errors that commands and groups of commands share.

    `examples` maps a sentence to the command line that does what it says. `used_most` lists the flags of the options
    that help shows first; a command without this list has so few options that they need no titles.
    """

    def __init__(
        self, *arguments: Any, examples: Mapping[str, str], used_most: Sequence[str] = (), **attributes: Any
    ) -> None:
        super().__init__(*arguments, **attributes)
        self.examples = examples
        self.used_most = used_most

    def titled(self, ctx: click.Context) -> Mapping[str, Sequence[click.Option]]:
        """Return the options that help shows, by title."""
        shown = [option for option in self.get_params(ctx) if isinstance(option, click.Option) and not option.hidden]
        if not self.used_most:
            return {ONLY_TITLE: shown}
        by_flag = {flag: option for option in shown for flag in option.opts}
        first = [by_flag[flag] for flag in self.used_most]
        found: dict[Title, list[click.Option]] = {title: [] for title in Title}
        found[Title.USED_MOST] = first
        for option in shown:
            if option not in first:
                found[option.title if isinstance(option, TitledOption) else Title.HELP].append(option)
        return {title.value: options for title, options in found.items() if options}

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                indent = " " * formatter.current_indent
                for does, line in self.examples.items():
                    for part in (f"# {does}", *_broken(line, formatter.width - len(indent))):
                        formatter.write(f"{indent}{part}\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = {
            title: [record for option in options if (record := option.get_help_record(ctx)) is not None]
            for title, options in self.titled(ctx).items()
        }
        widest = max((len(flags) for rows in records.values() for flags, _ in rows), default=0)
        # the descriptions under all titles begin in the same column
        width = min(widest, _LONGEST_FLAG)
        for title, rows in records.items():
            with formatter.section(title):
                formatter.write_dl([(f"{flags:{width}}", text) for flags, text in rows])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # parsing empties the list, and the hint needs the arguments
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            message = self.explain_option(error.option_name, given, ctx)
            raise click.NoSuchOption(error.option_name, message, ctx=ctx) from None

    def explain_option(self, flag: str, args: Sequence[str], ctx: click.Context) -> str:  # noqa: ARG002
        """Return the error for an option that the command does not have, with the nearest option that it has."""
        options = [option for option in self.get_params(ctx) if isinstance(option, click.Option)]
        known = {flag: flag for option in options for flag in (*option.opts, *option.secondary_opts)}
        # for a flag close to a former name, the error gives the current name of the option
        known |= {option.former: option.opts[0] for option in options if isinstance(option, Renamed)}
        path = command_path(ctx)
        if close := _closest(flag, known):
            return f"unknown option {flag!r} of {path}. Did you mean {known[close]}?"
        return f"unknown option {flag!r} of {path}. {path} --help lists its options"


class Command(Helpful):
    """A command whose help shows examples first and options under titles, and which writes over nothing it reads."""

    def invoke(self, ctx: click.Context) -> Any:
        require_options_apart(ctx)
        return super().invoke(ctx)


class CommandGroup(Helpful, click.Group):
    """A group of commands; where a user leaves the command out, errors propose the command `usual` for a word that it
    takes.
    """

    command_class = Command

    def __init__(
        self,
        *arguments: Any,
        usual: str | None = None,
        takes: Callable[[str], bool] = lambda _: True,
        **attributes: Any,
    ) -> None:
        super().__init__(*arguments, **attributes)
        self.usual = usual
        self.takes = takes

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not self.invoke_without_command and ctx.parent is not None and not ctx.resilient_parsing:
            raise click.UsageError(self._explain_nothing(ctx), ctx)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if ctx.resilient_parsing or word.startswith("-") or self.get_command(ctx, word) is not None:
            return super().resolve_command(ctx, args)
        raise click.UsageError(self._explain_word(word, args[1:], ctx), ctx)

    def explain_option(self, flag: str, args: Sequence[str], ctx: click.Context) -> str:
        if self.usual is not None and flag in _flags(self.get_command(ctx, self.usual)):
            rest = [word for word in args if word != self.usual]
            meant = _as_typed([*command_path(ctx).split(), self.usual, *rest])
            return f"{flag} is an option of {command_path(ctx)} {self.usual}. Did you mean: {meant}"
        return super().explain_option(flag, args, ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_sentence(command.help or "")) for name, command in self.below(ctx)])

    def below(self, ctx: click.Context) -> Iterator[tuple[str, click.Command]]:
        """Yield the name and the command of each command in the group."""
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None:
                yield name, command

    def _explain_nothing(self, ctx: click.Context) -> str:
        path, names = command_path(ctx), self.list_commands(ctx)
        if self.usual is None:
            return f"{path} needs one of its commands: {path} {'|'.join(names)}"
        command = self.get_command(ctx, self.usual)
        assert command is not None
        return f"{path} needs its command: {' '.join([path, self.usual, *command.collect_usage_pieces(ctx)])}"

    def _is_usual(self, word: str, rest: Sequence[str], ctx: click.Context) -> bool:
        """True if the usual command takes what was typed."""
        command = None if self.usual is None else self.get_command(ctx, self.usual)
        given = {text.partition("=")[0] for text in rest if text.startswith("-")}
        return command is not None and self.takes(word) and given <= set(_flags(command))

    def _explain_word(self, word: str, rest: Sequence[str], ctx: click.Context) -> str:
        path, names = command_path(ctx), self.list_commands(ctx)
        close = _closest(word, names) if _NAME.fullmatch(word) else None
        meant = [close, *rest] if close else [self.usual, word, *rest] if self._is_usual(word, rest, ctx) else None
        fault = f"{path} has no command {word!r}."
        if meant is not None:
            return f"{fault} Did you mean: {_as_typed([*path.split(), *meant])}"
        if ctx.parent is None:
            return f"{fault} {path} --help lists its commands"
        return f"{fault} It has {path} {'|'.join(names)}"


def command_path(ctx: click.Context) -> str:
    """Return the words that call the command, beginning with evalkit whatever the program's file is called."""
    names: list[str] = []
    while ctx.parent is not None:
        names.insert(0, ctx.info_name or "")
        ctx = ctx.parent
    return " ".join(["evalkit", *names])


def first_sentence(text: str) -> str:
    """Return the first sentence of a help text."""
    return re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]


def _broken(line: str, width: int) -> list[str]:
    """Break a command line into lines that a shell joins again, and keep each option on a line with its value."""
    if len(line) <= width:
        return [line]
    first, *options = line.split(" --")
    lines = [first]
    for option in options:
        # " \" at the end of a line takes two characters
        if len(lines[-1]) + len(option) + 5 <= width:
            lines[-1] += f" --{option}"
        else:
            lines[-1] += " \\"
            lines.append(f"  --{option}")
    return lines


def _as_typed(words: Sequence[str]) -> str:
    """Return the command line that a shell splits into these words."""
    # imported here: only errors need it, and help must appear at once
    import shlex

    return shlex.join(words)


def _closest(word: str, known: Sequence[str] | Mapping[str, str]) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(word, known, n=1)), None)


def _flags(command: click.Command | None) -> set[str]:
    return {flag for parameter in command.params for flag in parameter.opts} if command is not None else set()
