"""Shows Python's users the progress of a run as a bar, and logs its notes under the name `evalkit`."""

import contextlib
import logging
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from evalkit.api.door import CALLER, in_keywords
from evalkit.api.runs import ModelRun
from evalkit.engine import Progress, Watcher
from evalkit.judging import Generated
from evalkit.types import JudgeConfig

_LOG = logging.getLogger("evalkit")


class Listener(Protocol):
    """A listener to the progress and the notes of a run."""

    def note(self, notes: Iterable[str]) -> None:
        """Take notes that a person should read."""
        ...

    def watching(self, title: str) -> AbstractContextManager[Watcher]:
        """Follow the progress of the run of this title."""
        ...

    def ran(self, judged: Sequence[ModelRun], judges: Sequence[JudgeConfig]) -> None:
        """Take the judged runs, before anything is decided on them."""
        ...

    def answered(self, done: Generated) -> None:
        """Take a model's answers to all questions."""
        ...


class ProgressBar:
    """Logs notes, and draws a bar of progress where a person looks: on a terminal or in a notebook.

    With `shown`, it draws the bar elsewhere too, and with False nowhere.
    """

    def __init__(self, *, shown: bool | None) -> None:
        self._shown = _somebody_looks() if shown is None else shown
        self.notes: list[str] = []

    def note(self, notes: Iterable[str]) -> None:
        for note in notes:
            said = in_keywords(note)
            self.notes.append(said)
            _LOG.warning("%s", said)

    @contextlib.contextmanager
    def watching(self, title: str) -> Iterator[Watcher]:
        """Follow the progress of a run; a run in a thread ends here when its caller was interrupted."""
        caller = CALLER.get()

        def check(_: Progress) -> None:
            if caller is not None:
                caller.check()

        if not self._shown:
            yield check
            return
        with warnings.catch_warnings():
            # a notebook without ipywidgets gets a bar of text, which needs no advice
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
        with contextlib.ExitStack() as until_the_end:
            bar = None

            def watch(progress: Progress) -> None:
                nonlocal bar
                if bar is None:
                    # made here, where the total is known
                    bar = until_the_end.enter_context(
                        tqdm(desc=title, total=progress.total, unit=" replies", dynamic_ncols=True)
                    )
                # every turn of a model's answers has a total of its own
                bar.total = progress.total
                bar.set_postfix_str(_besides(progress), refresh=False)
                bar.update(progress.done - bar.n)
                bar.refresh()
                check(progress)

            yield watch

    def ran(self, judged: Sequence[ModelRun], judges: Sequence[JudgeConfig]) -> None:
        for run in judged:
            work = run.annotated.work
            _log_totals(f"{work.candidate.model}, {work.config.name}", run.annotated.progress)
        for config in judges:
            if config.notice:
                _LOG.info("%s", config.notice)

    def answered(self, done: Generated) -> None:
        for turn, progress in enumerate(done.progress, start=1):
            _log_totals(f"{done.outputs.model}, turn {turn}", progress)


def listener_of(progress: Listener | bool | None) -> Listener:  # noqa: FBT001 (a keyword of the user's)
    """The listener that a user's `progress` means: a listener, or a bar that is shown, not shown, or as fits."""
    return ProgressBar(shown=progress) if progress is None or isinstance(progress, bool) else progress


def _log_totals(whose: str, progress: Progress) -> None:
    _LOG.info("%s: %d of %d replies, %d from the store", whose, progress.done, progress.total, progress.stored)


def _besides(progress: Progress) -> str:
    """The facts of the progress besides its count."""
    facts = [f"{progress.stored} stored"] if progress.stored else []
    facts += [f"{progress.failed} failed"] if progress.failed else []
    facts += [f"${progress.cost:.2f}"] if progress.cost is not None else []
    return ", ".join(facts)


def _somebody_looks() -> bool:
    """True on a terminal and in a notebook, whose kernel is loaded there."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules
