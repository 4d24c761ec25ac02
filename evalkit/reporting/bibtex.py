"""Write the BibTeX entries of the methods that boards used, and of no others."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from evalkit.boards import LC_WIN_RATE, STYLE_WIN_RATE, Board, BoardRow, Overview
from evalkit.reporting.marks import marks_of
from evalkit.stats import AggregateMethod, Combine

_PREPRINT = "arXiv preprint arXiv:{}"


@dataclass(frozen=True, slots=True)
class CitedWork:
    """A work to cite: its key, its kind, its fields in order, and what of a board it is cited for.

    It is also cited for the benchmarks whose names begin with `benchmark`, and for `aggregates` of several benchmarks.
    """

    key: str
    kind: str
    fields: Mapping[str, str]
    reason: str
    used: Callable[[Board], bool]
    benchmark: str | None = None
    aggregates: frozenset[AggregateMethod] = frozenset()


def boards_bibtex(boards: Sequence[Board]) -> str:
    """Return the entries of the works whose methods made the boards, each with a comment that says what for."""
    return _entries(boards, {name for board in boards for name in _benchmarks(board)})


def overview_bibtex(overview: Overview) -> str:
    """Return the entries for the boards of an overview and its benchmarks."""
    methods = set() if overview.standing is None else {overview.standing.method}
    return _entries(
        overview.boards,
        {name for board in overview.boards for name in _benchmarks(board)} | set(overview.benchmarks),
        aggregates=methods,
    )


def _entries(
    boards: Sequence[Board], benchmarks: Collection[str], *, aggregates: Collection[AggregateMethod] = ()
) -> str:
    cited = [
        work
        for work in WORKS
        if any(work.used(board) for board in boards)
        or _of_benchmark(work, benchmarks)
        or work.aggregates & {*aggregates}
    ]
    return "\n\n".join(map(_entry, cited)) + "\n" if cited else "% these boards rest on no published method\n"


def _of_benchmark(work: CitedWork, benchmarks: Collection[str]) -> bool:
    return work.benchmark is not None and any(name.startswith(work.benchmark) for name in benchmarks)


def _entry(work: CitedWork) -> str:
    fields = [f"  {name} = {{{value}}}," for name, value in work.fields.items()]
    # text between entries is a comment
    return "\n".join([f"% {work.reason}", f"@{work.kind}{{{work.key},", *fields, "}"])


def _preprint(title: str, author: str, number: str, year: str) -> dict[str, str]:
    return {
        "title": title,
        "author": author,
        "journal": _PREPRINT.format(number),
        "year": year,
        "eprint": number,
        "archiveprefix": "arXiv",
    }


def _any_row(test: Callable[[BoardRow], bool]) -> Callable[[Board], bool]:
    return lambda board: any(test(row) for row in board.rows)


def _benchmarks(board: Board) -> set[str]:
    """The benchmarks of a board's verdicts, as far as they tell, and those of the published tables beside it."""
    plans = (row.entry.plan for row in board.rows)
    beside = (neighbours.table.benchmark for neighbours in board.neighbours if neighbours.rows)
    return {*(plan.benchmark for plan in plans if plan is not None), *(name for name in beside if name)}


def _never(board: Board) -> bool:  # noqa: ARG001 (every test of a board takes it)
    return False


def _at_equal_length(row: BoardRow) -> bool:
    return LC_WIN_RATE in row.numbers and row.lc.value is not None


def _of_mt_bench(board: Board) -> bool:
    graded = [row for row in board.rows if row.entry.graded]
    by_turn = any(name.startswith("turn ") for row in graded for name in row.slices)
    agreeing = any(row.entry.aggregation.combine == Combine.AGREEMENT for row in board.rows)
    return by_turn or agreeing


def _of_arena_hard(board: Board) -> bool:
    by_formula = any(row.recipe.arena is not None for row in board.rows)
    styled = any(STYLE_WIN_RATE in row.numbers for row in board.rows)
    return by_formula or styled


def _clustered(row: BoardRow) -> bool:
    return row.entry.sample.n_clusters < row.entry.sample.n


def _ranked(board: Board) -> bool:
    return sum(row.rank is not None for row in board.rows) > 1


def _against_people(board: Board) -> bool:
    return board.agreement is not None and "Chatbot Arena" in board.agreement.reference.source


WORKS = (
    CitedWork(
        "li2023alpacaeval",
        "misc",
        {
            "title": "{AlpacaEval}: An Automatic Evaluator of Instruction-following Models",
            "author": "Li, Xuechen and Zhang, Tianyi and Dubois, Yann and Taori, Rohan and Gulrajani, Ishaan and "
            "Guestrin, Carlos and Liang, Percy and Hashimoto, Tatsunori B.",
            "year": "2023",
            "howpublished": r"\url{https://github.com/tatsu-lab/alpaca_eval}",
        },
        "the benchmark AlpacaEval",
        _never,
        benchmark="alpaca_eval",
    ),
    CitedWork(
        "dubois2024length",
        "article",
        _preprint(
            "Length-Controlled {AlpacaEval}: A Simple Way to Debias Automatic Evaluators",
            r"Dubois, Yann and Galambosi, Bal{\'a}zs and Liang, Percy and Hashimoto, Tatsunori B.",
            "2404.04475",
            "2024",
        ),
        "length-controlled win rates",
        _any_row(_at_equal_length),
    ),
    CitedWork(
        "zheng2023judging",
        "article",
        _preprint(
            "Judging {LLM}-as-a-Judge with {MT}-Bench and {Chatbot} {Arena}",
            "Zheng, Lianmin and Chiang, Wei-Lin and Sheng, Ying and Zhuang, Siyuan and Wu, Zhanghao and Zhuang, "
            "Yonghao and Lin, Zi and Li, Zhuohan and Li, Dacheng and Xing, Eric P. and Zhang, Hao and "
            "Gonzalez, Joseph E. and Stoica, Ion",
            "2306.05685",
            "2023",
        ),
        "MT-Bench: grades by turn, and the agreement of both orders",
        _of_mt_bench,
        benchmark="mt_bench",
    ),
    CitedWork(
        "li2024crowdsourced",
        "article",
        _preprint(
            "From Crowdsourced Data to High-Quality Benchmarks: {Arena}-{Hard} and {BenchBuilder} Pipeline",
            "Li, Tianle and Chiang, Wei-Lin and Frick, Evan and Dunlap, Lisa and Wu, Tianhao and Zhu, Banghua and "
            "Gonzalez, Joseph E. and Stoica, Ion",
            "2406.11939",
            "2024",
        ),
        "Arena-Hard, and win rates at equal style",
        _of_arena_hard,
        benchmark="arena_hard",
    ),
    CitedWork(
        "bradley1952rank",
        "article",
        {
            "title": "Rank Analysis of Incomplete Block Designs: {I}. The Method of Paired Comparisons",
            "author": "Bradley, Ralph Allan and Terry, Milton E.",
            "journal": "Biometrika",
            "volume": "39",
            "pages": "324--345",
            "year": "1952",
        },
        "the Bradley-Terry model, of Arena-Hard's formula or of an aggregate",
        _any_row(lambda row: row.recipe.arena is not None),
        aggregates=frozenset({AggregateMethod.BT}),
    ),
    CitedWork(
        "mogstad2024inference",
        "article",
        {
            "title": "Inference for Ranks with Applications to Mobility across Neighbourhoods and Academic Achievement "
            "across Countries",
            "author": "Mogstad, Magne and Romano, Joseph P. and Shaikh, Azeem M. and Wilhelm, Daniel",
            "journal": "The Review of Economic Studies",
            "year": "2024",
            "doi": "10.1093/restud/rdad006",
        },
        "intervals of ranks",
        _ranked,
        aggregates=frozenset(AggregateMethod),
    ),
    CitedWork(
        "miller2024adding",
        "article",
        _preprint(
            "Adding Error Bars to Evals: A Statistical Approach to Language Model Evaluations",
            "Miller, Evan",
            "2411.00640",
            "2024",
        ),
        "errors of clustered instructions, and paired differences of models",
        lambda board: any(map(_clustered, board.rows)) or bool(marks_of(board).found),
    ),
    CitedWork(
        "chiang2024chatbot",
        "article",
        _preprint(
            "{Chatbot} {Arena}: An Open Platform for Evaluating {LLMs} by Human Preference",
            "Chiang, Wei-Lin and Zheng, Lianmin and Sheng, Ying and Angelopoulos, Anastasios N. and Li, Tianle and Li, "
            "Dacheng and Zhu, Banghua and Zhang, Hao and Jordan, Michael I. and Gonzalez, Joseph E. and Stoica, Ion",
            "2403.04132",
            "2024",
        ),
        "the human ranking that the board is checked against",
        _against_people,
    ),
)
