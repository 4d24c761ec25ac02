"""Boards for Python: built as on the command line, then shown, tabulated, drawn and reported."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.api.boards import Wishes, make_leaderboard, read_behind
from evalkit.boards import Board, DifficultySource
from evalkit.errors import UnknownName
from evalkit.files import write_text
from evalkit.provenance import row_values
from evalkit.reporting import PANELS, Screen, boards_drawn, one_board, screen_columns
from evalkit.sources import SourceFile, Sources
from evalkit.stats import Shape

if TYPE_CHECKING:
    # loaded only where a frame or a figure is asked for: both take longer to load than many boards to build
    import pandas as pd

    from evalkit.reporting import Plot

_RANKS = ("rank", "rank_lower", "rank_upper")
_TEXTS = ("audit",)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Leaderboard:
    """Boards, one for each judge and baseline, with their sources and the content of files that was read."""

    boards: tuple[Board, ...]
    sources: Sources
    files: tuple[SourceFile, ...] = ()

    @property
    def frame(self) -> "pd.DataFrame":
        """Every row with the columns of `--format csv`; on each board the ranked rows come first, the best at the top.

        A number that cannot be estimated is missing.
        """
        import pandas as pd

        rows = [row_values(row) for board in self.boards for row in board.rows]
        names = list(dict.fromkeys(name for row in rows for name in row))
        return pd.DataFrame({name: _series(name, [row.get(name) for row in rows]) for name in names})

    def plot(self, panel: str = "board") -> "Plot":
        """One of the figures `board`, `lift`, `length`, `ranks` and `agreement`, which a notebook shows.

        Raises:
            UnknownName: no such figure.
            ConfigError: there are several boards, or the board lacks the data of the figure.
        """
        if panel not in PANELS:
            raise UnknownName("panel", panel, PANELS)
        from evalkit.reporting import PLOTS

        return PLOTS[panel](one_board(self.boards))

    def report(
        self,
        path: str | PathLike[str],
        *,
        title: str | None = None,
        sample: int | None = None,
        seed: int = 0,
        text: bool = True,
    ) -> Path:
        """Write one HTML file with the boards and every comparison behind them, as `evalkit report` does.

        Args:
            path: path of the file, which is returned.
            title: named after the sources by default.
            sample: number of instructions that can be browsed, all by default; no number of a board depends on it.
            seed: seed of the choice of these instructions.
            text: whether the file holds instructions, answers and the judge's replies.

        Raises:
            EvalkitError: the store is missing or wrong, or the file cannot be written.
        """
        from evalkit.reporting import SampleSize, assemble_report, report_html
        from evalkit.sources import read_judged

        size = None if sample is None else SampleSize(sample, seed)
        judged = read_judged(self.sources, self.files)
        report = assemble_report(self.boards, judged, self.sources, title=title, sample=size, text=text)
        written = Path(path)
        write_text(written, report_html(report))
        return written

    def __repr__(self) -> str:
        return boards_drawn(self.boards, Screen(screen_columns())).rstrip("\n")

    def _repr_html_(self) -> str:
        from evalkit.reporting import boards_fragment

        return boards_fragment(self.boards)


def leaderboard(
    *sources: str | PathLike[str],
    board: str | None = None,
    judge: str | None = None,
    metric: str | None = None,
    control: str | None = None,
    difficulty: str | PathLike[str] = DifficultySource.AUTO.value,
    shape: str = Shape.LEARNED.value,
    reference: str | PathLike[str] | None = None,
    by: Sequence[str] = (),
    cluster: str | None = None,
    store: str | None = None,
    results: str | PathLike[str] = "results",
) -> Leaderboard:
    """Make the boards of annotation files, folders of them, or tables of preferences; without any, those of the store.

    Each keyword means what the matching option of `evalkit leaderboard` means; errors name the option.

    Args:
        board: the benchmark whose verdicts are taken from the store, or that the sources are of.
        judge: only this judge's verdicts.
        metric: `lc_win_rate`, `win_rate` or `style_win_rate`; the metric of the benchmark's style by default.
        control: the controls of the style win rate, as in `length,markdown`, or `none`.
        difficulty: source of difficulty and of the effect of length: `auto`, `fit`, `none`, or a file.
        shape: number of slopes of length that are fitted to the models at hand: `one`, `two`, or the number that their
            verdicts support (`learned`).
        reference: a human ranking by name, a file, or `none`; the benchmark's own by default.
        by: `turn`, `category` or several of them, to split scores by; `dataset` is AlpacaEval's word for a category,
            and also tests whether scores differ between sources.
        cluster: a field of the files; instructions with the same value in it count as one.
        store: the database's address; the file `evalkit.db` in `results` by default.

    Raises:
        EvalkitError: a source, a name or a combination of these is wrong; the message says what to do.
    """
    chosen = Sources(
        files=tuple(map(Path, sources)),
        board=board,
        judge=judge,
        difficulty=str(difficulty),
        shape=shape,
        store=store,
        results=Path(results),
        cluster=cluster,
    )
    wishes = Wishes(
        metric=metric,
        control=control,
        reference=None if reference is None else str(reference),
        by=(by,) if isinstance(by, str) else tuple(by),
    )
    files = read_behind(chosen, wishes)
    return Leaderboard(tuple(make_leaderboard(chosen, wishes, files=files)), chosen, files)


def _series(name: str, values: Sequence[Any]) -> "pd.Series[Any]":
    """A column of one kind, even if some of its values are missing."""
    import pandas as pd

    present = [value for value in values if value is not None]
    if any(isinstance(value, str) for value in present) or name in _TEXTS:
        return pd.Series(values) if present else pd.Series(values, dtype="object")
    if name in _RANKS or (present and all(isinstance(value, int) for value in present)):
        return pd.Series(values, dtype="int64" if len(present) == len(values) and name not in _RANKS else "Int64")
    return pd.Series(values, dtype="float64")
