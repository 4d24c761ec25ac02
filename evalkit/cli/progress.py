"""One line of progress on stderr, only where a person is watching."""

import sys
import time

import click

from evalkit.engine.runner import Progress

_SECONDS_BETWEEN = 0.2


class ProgressLine:
    """Shows a run as it goes; quiet when stderr is not a terminal."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown = 0.0
        self._active = sys.stderr.isatty()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if self._active and (now - self._shown >= _SECONDS_BETWEEN or progress.done == progress.total):
            self._shown = now
            click.echo(f"\r\033[K{self._title}: {describe(progress)}", nl=False, err=True)

    def close(self) -> None:
        if self._active and self._shown:
            click.echo("\r\033[K", nl=False, err=True)


def describe(progress: Progress) -> str:
    """Done, failed and spent in one phrase."""
    said = f"{progress.done} of {progress.total} replies, {progress.stored} from the store"
    if progress.failed:
        said += f", {progress.failed} failed"
    if progress.cost:
        said += f", ${progress.cost:.2f}"
    if progress.replied and progress.seconds > 1:
        said += f", {progress.replied / progress.seconds:.1f} a second"
    return said
