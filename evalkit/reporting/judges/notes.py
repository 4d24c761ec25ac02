"""Says in words what a table of judges shows: a finding on each judge, and what the numbers rest on."""

from collections.abc import Iterator, Sequence

from evalkit.metaeval import MEASURES, OF_PEOPLE, JudgeMeasure, JudgeRow, JudgeTable, RowKind, measured_on
from evalkit.text import count, named, percent, plural, printable, short_interval
from evalkit.types import Estimate, StatusKind

# percent: a judge whose verdict changes with the order, or goes to one place, at least so often judges the place
_PLACE = 50.0
_ONE_PLACE = 90.0
_NAMES_SHOWN = 4
# percent of the people whom a judge must be as good as to pass the alternative annotator test
_REPLACES = 50.0


def table_title(table: JudgeTable) -> str:
    """Return the line above the table."""
    labels = table.labels
    instructions = int(labels.panel.cluster.max(initial=-1)) + 1
    each = "one label each" if labels.people < 2 else f"up to {labels.people} people each"
    return printable(
        f"{labels.source.name}: {plural(labels.n, 'comparison')} on {plural(instructions, 'instruction')}, {each}"
    )


def judge_table_notes(table: JudgeTable, *, every: bool = True) -> Iterator[str]:
    """Yield a finding on each judge, then what the numbers rest on.

    Args:
        every: whether reasons are told of all numbers, and not only of the main ones.
    """
    yield from judge_findings(table)
    yield from judge_basis(table, every=every)
    if not every:
        yield "--format csv, --json and --report have every number, and the reason for each that is missing"


def judge_findings(table: JudgeTable) -> Iterator[str]:
    """Yield a sentence on each judge."""
    for row in table.judges:
        yield printable(f"{row.judge.name}: {'; '.join(_findings(row))}")


def judge_basis(table: JudgeTable, *, every: bool = True) -> Iterator[str]:
    """Yield what the numbers rest on, and which of them are refused or doubtful, with the reason."""
    yield from map(printable, _basis(table, [measure for measure in MEASURES if every or measure.main]))


def _findings(row: JudgeRow) -> Iterator[str]:
    """Yield what stands out of one judge, the worst first."""
    agreement = row.estimate("human_agreement")
    if agreement.value is None:
        yield f"nothing can be said: {agreement.status.reason}"
        return
    if place := _place_decides(row):
        yield place
    yield f"agrees with people on {_of_hundred(agreement)}"
    yield _beside_ceiling(row)
    if row.ahead is not None and row.ahead.value is not None:
        yield _beside_control(row.ahead, row.best_control)
    longer = row.estimate("excess_longer")
    if longer.lower is not None and longer.upper is not None and not longer.lower <= 0 <= longer.upper:
        side = "more" if longer.lower > 0 else "less"
        yield f"takes the longer answer {side} often than people, by {_points(longer)} points"
    yield from _beside_annotators(row)


def _place_decides(row: JudgeRow) -> str:
    """Return the finding on a judge that looks at the place of the answers; empty for any other."""
    changes, first = row.estimate("inconsistent"), row.estimate("prefers_first")
    if changes.lower is not None and changes.lower > _PLACE:
        return f"the place decides: its winner changes with the order on {_of_hundred(changes)}"
    if first.lower is not None and first.upper is not None:
        if first.lower > _ONE_PLACE:
            return f"the place decides: it takes the answer shown first on {_of_hundred(first)}"
        if first.upper < 100 - _ONE_PLACE:
            return f"the place decides: it takes the answer shown first on no more than {_of_hundred(first)}"
    return ""


def _of_hundred(estimate: Estimate) -> str:
    """Return a share as in `64.71 of 100 [59.40, 69.72]`."""
    within = "" if estimate.lower is None else f" [{percent(estimate.lower)}, {percent(estimate.upper)}]"
    return f"{percent(estimate.value)} of 100{within}"


def _beside_ceiling(row: JudgeRow) -> str:
    ceiling, share = row.estimate("ceiling"), row.estimate("of_ceiling")
    if ceiling.value is None:
        return f"ceiling unknown: {ceiling.status.reason or 'one label each'}"
    reached = "" if share.value is None else f", of which this is {percent(share.value)} %"
    return f"people agree with each other on {percent(ceiling.value)}{reached}"


def _beside_control(ahead: Estimate, control: str) -> str:
    if ahead.lower is not None and ahead.lower > 0:
        return f"ahead of the control '{control}' by {_points(ahead)} points"
    if ahead.upper is not None and ahead.upper < 0:
        return f"behind the control '{control}' by {_points(ahead)} points"
    return f"not known to be ahead of the control '{control}': {short_interval(ahead)} points"


def _points(difference: Estimate) -> str:
    """Return the size of a difference whose direction is told in words."""
    if difference.value is None or difference.lower is None or difference.upper is None:
        return short_interval(difference)
    ends = sorted((abs(difference.lower), abs(difference.upper)))
    return f"{percent(abs(difference.value))} [{percent(ends[0])}, {percent(ends[1])}]"


def _beside_annotators(row: JudgeRow) -> Iterator[str]:
    """Yield the outcome of the alternative annotator test, where there is one."""
    rate = row.estimate("alt_winning_rate")
    if rate.value is not None:
        outcome = "passes" if rate.value >= _REPLACES else "does not pass"
        yield f"{outcome} the alternative annotator test: it wins against {percent(rate.value)} % of {rate.n} people"


def _basis(table: JudgeTable, measures: Sequence[JudgeMeasure]) -> Iterator[str]:
    yield "rows in brackets are controls, which look at no content; a judge that is not ahead of them tells nothing"
    yield (
        "for a judge that is asked, equal answers are a tie and an empty answer loses, by rule; controls know no rule. "
        "Lengths are without the blanks around an answer"
    )
    for row in table.rows:
        if row.missing and row.kind == RowKind.JUDGE:
            reason = next(iter(row.failures), "not judged")
            yield (
                f"{row.judge.name}: {count(row.missing)} of {count(table.labels.n)} comparisons have no verdict, and "
                f"its numbers leave them out. Most often: {reason}"
            )
    never = [row.judge.name for row in table.judges if row.only_sides]
    if never and table.labels.ties:
        whose = named(never, most=_NAMES_SHOWN)
        yield (
            f"people call a tie in {percent(table.labels.ties)} % of their labels, and {whose} never does: compare "
            "such a judge by 'decided'"
        )
    if table.votes is not None and table.votes.upper is not None:
        judges = len(table.judges)
        if table.votes.upper < judges:
            votes = short_interval(table.votes)
            yield f"the errors of these {judges} judges correlate: together they count as {votes} votes"
        else:
            yield f"the errors of these {judges} judges are not known to correlate"
    for published in table.published:
        note = f". {published.note[0].upper()}{published.note[1:]}" if published.note else ""
        source = f" (source: {published.source})" if published.source else ""
        yield (
            f"rows marked published are as {published.name} printed them{source}: {measured_on(published)}. They have "
            f"no interval and no rank, and enter no statistic{note}"
        )
    yield from _reasons(table, measures, StatusKind.DEGRADED, "doubtful (~)")
    yield from _reasons(table, measures, StatusKind.NOT_ESTIMABLE, "not estimated")


def _reasons(table: JudgeTable, measures: Sequence[JudgeMeasure], kind: StatusKind, word: str) -> Iterator[str]:
    """Yield each reason once, with the numbers and the judges that it holds for."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in table.judges:
        for measure in measures:
            status = row.estimate(measure.name).status
            if status.kind == kind and status.reason != OF_PEOPLE:
                found.setdefault(status.reason, {}).setdefault(measure.title, []).append(row.judge.name)
    everybody = len(table.judges)
    for reason, titles in found.items():
        judges = list(dict.fromkeys(name for names in titles.values() for name in names))
        whose = "" if len(judges) == everybody else f" of {named(judges, most=_NAMES_SHOWN)}"
        yield f"{word}: {named(list(titles), most=8)}{whose}: {reason}"
