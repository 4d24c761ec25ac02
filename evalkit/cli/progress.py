"""One line of progress on stderr, shown only on a terminal."""

import shutil
import sys
from types import TracebackType

import click

from evalkit.engine import Progress
from evalkit.text import count, plural, printable

_SHORTEST_RUN = 1.0


class ProgressLine:
    """Shows a run as it goes; quiet when stderr is not a terminal. Use it as a context manager."""

    def __init__(self, title: str) -> None:
        self._title = printable(title)
        self._active = sys.stderr.isatty()
        self._drawn = False

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            click.echo("\r\033[K", nl=False, err=True)

    def __call__(self, progress: Progress) -> None:
        if self._active:
            line = f"{self._title}: {describe_running(progress)}"
            # cut to the width of the terminal: a line that wraps cannot be erased
            click.echo(f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}", nl=False, err=True)
            self._drawn = True


def describe_running(progress: Progress) -> str:
    """Return the line of progress: requests done, in flight and failed, money spent, speed, and time left."""
    text = f"{progress.done} of {progress.total} done, {progress.in_flight} in flight, {progress.failed} failed"
    if progress.turned_away:
        text += f", {progress.turned_away} turned away"
    if progress.cost is not None:
        text += f", ${progress.cost:.2f}"
    answered = progress.replied + progress.failed
    if answered and progress.seconds > _SHORTEST_RUN:
        rate = answered / progress.seconds
        text += f", {rate:.1f} a second, {_time((progress.total - progress.done) / rate)} left"
    return text


def describe(progress: Progress) -> str:
    """Return the totals of a run in one phrase: replies, failures, money spent and speed."""
    text = f"{progress.done} of {plural(progress.total, 'reply', 'replies')}, {count(progress.stored)} from the store"
    facts = {
        "failed": progress.failed,
        "asked again for want of a verdict": progress.reasked,
        "turned away by a busy endpoint": progress.turned_away,
        "perhaps billed without a usable reply": progress.maybe_billed,
        "billed twice": progress.duplicates,
    }
    text += "".join(f", {number} {what}" for what, number in facts.items() if number)
    if len(progress.fingerprints) > 1:
        text += f", answered by {len(progress.fingerprints)} systems of different fingerprints"
    if progress.cost:
        text += f", ${progress.cost:.2f}"
    if progress.replied and progress.seconds > _SHORTEST_RUN:
        text += f", {progress.replied / progress.seconds:.1f} a second"
    return text


def told_of_abandoned(requests: int) -> list[str]:
    """Return the note on requests of a killed run, or nothing if there were none."""
    if not requests:
        return []
    were, they_were = ("1 request was", "it was") if requests == 1 else (f"{requests} requests were", "they were")
    return [
        f"at most {were} under way when an earlier run was killed; {they_were} asked again and may have been billed "
        "twice"
    ]


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
