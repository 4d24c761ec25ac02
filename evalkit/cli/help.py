"""Help with examples first and options under titles, and a hint to whoever mistypes a command or an option."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import click

# a longer flag stands on a line of its own
_LONGEST_FLAG = 30
_NAME = re.compile(r"[a-z][a-z_-]*")
ONLY_TITLE = "Options"


class Title(Enum):
    """What stands over a command's options in its help, in this order."""

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
        """`click.option` that stands under this title."""
        return click.option(*flags, cls=cls or TitledOption, title=self, **attributes)


class TitledOption(click.Option):
    """An option that stands under a title."""

    def __init__(self, flags: Sequence[str], *, title: Title, **attributes: Any) -> None:
        super().__init__(flags, **attributes)
        self.title = title


class Renamed(TitledOption):
    """An option whose former name is accepted and not shown."""

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


class Helpful(click.Command):
    """What commands and groups of commands share.

    `examples` are command lines by what they do. `used_most` are flags of options that stand first; a command without
    them has so few options that they need no titles.
    """

    def __init__(
        self, *arguments: Any, examples: Mapping[str, str], used_most: Sequence[str] = (), **attributes: Any
    ) -> None:
        super().__init__(*arguments, **attributes)
        self.examples = examples
        self.used_most = used_most

    def titled(self, ctx: click.Context) -> Mapping[str, Sequence[click.Option]]:
        """The options that help shows, under their titles."""
        shown = [one for one in self.get_params(ctx) if isinstance(one, click.Option) and not one.hidden]
        if not self.used_most:
            return {ONLY_TITLE: shown}
        by_flag = {flag: one for one in shown for flag in one.opts}
        first = [by_flag[flag] for flag in self.used_most]
        found: dict[Title, list[click.Option]] = {title: [] for title in Title}
        found[Title.USED_MOST] = first
        for one in shown:
            if one not in first:
                found[one.title if isinstance(one, TitledOption) else Title.HELP].append(one)
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
            title: [record for one in options if (record := one.get_help_record(ctx)) is not None]
            for title, options in self.titled(ctx).items()
        }
        widest = max((len(flags) for rows in records.values() for flags, _ in rows), default=0)
        # all descriptions begin in the same column, whatever title they stand under
        width = min(widest, _LONGEST_FLAG)
        for title, rows in records.items():
            with formatter.section(title):
                formatter.write_dl([(f"{flags:{width}}", said) for flags, said in rows])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # parsing takes the arguments out of the list
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            message = self.explain_option(error.option_name, given, ctx)
            raise click.NoSuchOption(error.option_name, message, ctx=ctx) from None

    def explain_option(self, flag: str, args: Sequence[str], ctx: click.Context) -> str:  # noqa: ARG002
        """What to say about an option that the command does not have."""
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        known = {flag: flag for one in options for flag in (*one.opts, *one.secondary_opts)}
        # whoever comes near a former name is told the name that the option has now
        known |= {one.former: one.opts[0] for one in options if isinstance(one, Renamed)}
        path = command_path(ctx)
        if close := _closest(flag, known):
            return f"unknown option {flag!r} of {path}. Did you mean {known[close]}?"
        return f"unknown option {flag!r} of {path}. {path} --help lists its options"


class Command(Helpful):
    """A command whose help shows examples first and options under titles."""


class CommandGroup(Helpful, click.Group):
    """A group of commands; `usual` is the one that is meant where something else stands in its place."""

    command_class = Command

    def __init__(self, *arguments: Any, usual: str | None = None, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.usual = usual

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
            rest = [one for one in args if one != self.usual]
            meant = _as_typed([*command_path(ctx).split(), self.usual, *rest])
            return f"{flag} belongs to one of the commands of {command_path(ctx)}. Did you mean: {meant}"
        return super().explain_option(flag, args, ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_sentence(command.help or "")) for name, command in self.below(ctx)])

    def below(self, ctx: click.Context) -> Iterator[tuple[str, click.Command]]:
        """The commands of the group by name."""
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

    def _explain_word(self, word: str, rest: Sequence[str], ctx: click.Context) -> str:
        path, names = command_path(ctx), self.list_commands(ctx)
        close = _closest(word, names) if _NAME.fullmatch(word) else None
        meant = [close, *rest] if close else [self.usual, word, *rest] if self.usual else None
        said = f"{path} has no command {word!r}."
        if meant is not None:
            return f"{said} Did you mean: {_as_typed([*path.split(), *meant])}"
        if ctx.parent is None:
            return f"{said} {path} --help lists its commands"
        return f"{said} It has {path} {'|'.join(names)}"


def command_path(ctx: click.Context) -> str:
    """How a command is called, however evalkit was started."""
    names: list[str] = []
    while ctx.parent is not None:
        names.insert(0, ctx.info_name or "")
        ctx = ctx.parent
    return " ".join(["evalkit", *names])


def first_sentence(text: str) -> str:
    """The first sentence of a help text."""
    return re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]


def _broken(line: str, width: int) -> list[str]:
    """A command line as a shell takes it on several lines, none of which ends within an option and its value."""
    if len(line) <= width:
        return [line]
    first, *options = line.split(" --")
    lines = [first]
    for option in options:
        # the mark that a line goes on takes two characters
        if len(lines[-1]) + len(option) + 5 <= width:
            lines[-1] += f" --{option}"
        else:
            lines[-1] += " \\"
            lines.append(f"  --{option}")
    return lines


def _as_typed(words: Sequence[str]) -> str:
    """A command line that a shell takes apart into these words."""
    # only an error needs it, and help is to be there at once
    import shlex

    return shlex.join(words)


def _closest(word: str, known: Sequence[str] | Mapping[str, str]) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(word, known, n=1)), None)


def _flags(command: click.Command | None) -> set[str]:
    return {flag for one in command.params for flag in one.opts} if command is not None else set()
