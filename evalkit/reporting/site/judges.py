"""One judge: what it is, the boards that it made, what they cost, and how steady its verdicts are."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.boards import Board
from evalkit.reporting.columns import judge_notices
from evalkit.reporting.page.coverage import Coverage
from evalkit.reporting.page.judge import Fact, JudgePanel
from evalkit.reporting.site.models import ShownBoard
from evalkit.text import count, printable

# the facts about a board's rows that are facts about its judge, by the names that the page of a board gives them
_OF_JUDGES = (
    *("judge model", "endpoint", "parser", "prompt mode", "prompt (SHA-256)", "parameters (SHA-256)", "judge digest"),
    *("orders", "repeats"),
)


@dataclass(frozen=True, slots=True)
class JudgedBoard:
    """A board of the judge: its facts, its leaders, its cost, and the behaviour of the judge on it."""

    id: str
    shown: ShownBoard
    title: str
    n_models: str
    leaders: tuple[tuple[str, str], ...]
    coverage: Coverage
    steady: tuple[Fact, ...]
    panel: JudgePanel
    served: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class JudgePage:
    """The content of a judge's page; `notices` are what the judge says of itself."""

    name: str
    notices: tuple[str, ...]
    boards: tuple[JudgedBoard, ...]
    asked: bool


def judge_page(judge: str, boards: Sequence[ShownBoard]) -> JudgePage:
    own = [shown for shown in boards if shown.board.judge == judge]
    return JudgePage(
        name=printable(judge),
        notices=tuple(dict.fromkeys(notice for shown in own for notice in judge_notices(shown.board))),
        boards=tuple(_judged(f"j{number}", shown, judge) for number, shown in enumerate(own)),
        asked=any(shown.section.coverage.asked for shown in own),
    )


def _judged(name: str, shown: ShownBoard, judge: str) -> JudgedBoard:
    section = shown.section
    form = section.title.removeprefix(printable(judge)).strip()
    return JudgedBoard(
        id=name,
        shown=shown,
        title=" ".join(filter(None, (printable(shown.benchmark), form))),
        n_models=count(len(shown.board.rows)),
        leaders=tuple((line.model, line.page) for line in section.table.lines if line.rank.value == 1),
        coverage=section.coverage,
        steady=tuple(fact for fact in section.judge.facts if fact.interval),
        panel=section.judge,
        served=_served(shown.board),
        facts=tuple((title, value) for title, value in section.origins.shared if title in _OF_JUDGES),
    )


def _served(board: Board) -> tuple[str, ...]:
    """Return the models that the endpoint said it served."""
    return tuple(dict.fromkeys(printable(name) for row in board.rows for name in row.entry.judging.served))
