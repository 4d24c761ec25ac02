"""One line of progress on stderr, only where a person is watching."""

import shutil
import sys
from collections.abc import Sequence
from types import TracebackType

import click

from evalkit.api import WorkForecast
from evalkit.engine import Forecast, Progress
from evalkit.text import printable

_SHORTEST_RUN = 1.0


class ProgressLine:
    """Shows a run as it goes; quiet when stderr is not a terminal. Use it as a context manager."""

    def __init__(self, title: str) -> None:
        self._title = printable(title)
        self._active = sys.stderr.isatty()
        self._shown = False

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            click.echo("\r\033[K", nl=False, err=True)

    def __call__(self, progress: Progress) -> None:
        if self._active:
            line = f"{self._title}: {describe_running(progress)}"
            # a line that wraps cannot be taken back
            click.echo(f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}", nl=False, err=True)
            self._shown = True


def describe_running(progress: Progress) -> str:
    """Done, in flight, failed, spent, how fast, and how long it will take."""
    said = f"{progress.done} of {progress.total} done, {progress.in_flight} in flight, {progress.failed} failed"
    if progress.turned_away:
        said += f", {progress.turned_away} turned away"
    if progress.cost is not None:
        said += f", ${progress.cost:.2f}"
    answered = progress.replied + progress.failed
    if answered and progress.seconds > _SHORTEST_RUN:
        rate = answered / progress.seconds
        said += f", {rate:.1f} a second, {_time((progress.total - progress.done) / rate)} left"
    return said


def describe_forecast(one: Forecast) -> str:
    """What would be sent, and what it would cost at most."""
    limit = one.completion_tokens
    out = "no limit set on what comes back" if limit is None else f"at most {limit:,} out"
    cost = "cost not known" if one.cost is None else f"about ${one.cost:.2f}"
    return (
        f"{one.requests} requests, {one.stored} stored; "
        f"about {one.prompt_tokens:,} tokens in ({one.tokenizer}) and {out}, {cost}, about {one.minutes:.1f} minutes"
    )


def forecasts_text(forecasts: Sequence[WorkForecast]) -> str:
    """A line for each model and judge."""
    return "\n".join(
        f"{printable(one.model)}, {printable(one.judge)}: {describe_forecast(one.forecast)}" for one in forecasts
    )


def describe(progress: Progress) -> str:
    """Done, failed and spent in one phrase."""
    said = f"{progress.done} of {progress.total} replies, {progress.stored} from the store"
    facts = {
        "failed": progress.failed,
        "asked again for want of a verdict": progress.reasked,
        "turned away by a busy endpoint": progress.turned_away,
        "perhaps billed without a usable reply": progress.maybe_billed,
        "billed twice": progress.duplicates,
    }
    said += "".join(f", {count} {what}" for what, count in facts.items() if count)
    if len(progress.fingerprints) > 1:
        said += f", answered by {len(progress.fingerprints)} systems of different fingerprints"
    if progress.cost:
        said += f", ${progress.cost:.2f}"
    if progress.replied and progress.seconds > _SHORTEST_RUN:
        said += f", {progress.replied / progress.seconds:.1f} a second"
    return said


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
