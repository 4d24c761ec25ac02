"""Judges models' outputs: first their audit, then the judges, then rows and their files."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.api.assignment import AssignmentKeywords, assignment_of, require_outputs
from evalkit.api.choices import Place
from evalkit.api.door import beside_a_loop, front_door, in_background, in_keywords
from evalkit.api.expectations import notes_before_sending
from evalkit.api.keeping import Keeping, checked_label, keep_shown
from evalkit.api.keywords import (
    Data,
    LimitKeywords,
    audit_limits_of,
    checked_choice,
    checked_count,
    limits_of,
    named_source_of,
)
from evalkit.api.leaderboards import Leaderboard, leaderboard
from evalkit.api.progress import Listener, listener_of
from evalkit.api.python_judges import JudgeLike
from evalkit.api.result import Tabular, frame_of, html_table, row_metrics
from evalkit.api.runs import ModelRun, check_costs, judge_all, require_covered, require_finished, title
from evalkit.auditing import AuditLimits, require_passed
from evalkit.boards import BoardRow, DifficultySource
from evalkit.engine import Limits
from evalkit.judging import Work
from evalkit.provenance import canonical_digest, row_values
from evalkit.reporting import rows_json, rows_text
from evalkit.sources import Sources, read_recipe
from evalkit.store import Store, store_url
from evalkit.types import Audit, ChatReply, JudgeConfig, Labels

if TYPE_CHECKING:
    import pandas as pd

# what to do with outputs that fail their audit
_SHOWN = (
    "judge", "model", "baseline", "lc_win_rate", "lc_lower", "lc_upper", "lc_status", "score", "score_lower",
    "score_upper", "score_status", "win_rate", "win_rate_lower", "win_rate_upper", "n_total", "n_missing", "audit",
)  # fmt: skip
REFUSE, WARN, OFF = AUDITS = ("refuse", "warn", "off")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Run(Tabular):
    """Judged models: their rows, the progress of their runs, and the notes on them.

    `sources` are the verdicts of the same benchmark in the store, from which `leaderboard` makes boards.
    """

    runs: tuple[ModelRun, ...]
    notes: tuple[str, ...]
    sources: Sources

    @property
    def rows(self) -> tuple[BoardRow, ...]:
        """A row for each model and judge, and for each model that an endpoint answered as."""
        return tuple(row for run in self.runs for row in run.rows)

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each model and judge, with the columns of `--format csv`; what cannot be estimated is missing."""
        return frame_of([row_values(row) for row in self.rows])

    @property
    def sha256(self) -> str:
        """The digest of all rows."""
        return canonical_digest(self.rows)

    @property
    def cost(self) -> float | None:
        """The US dollars that the replies of this run cost; None where a judge has no prices."""
        costs = [run.annotated.progress.cost for run in self.runs]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    def metrics(self) -> dict[str, float]:
        """The numbers as a flat dictionary, `model/lc_win_rate` and the like; what cannot be estimated is left out."""
        return row_metrics(self.rows, judges=len({row.entry.judge for row in self.rows}) > 1)

    @front_door
    def raise_for_incomplete(self) -> None:
        """Raise where a run was stopped or verdicts are missing.

        Raises:
            Unreachable: an endpoint answered no request.
            Incomplete: an endpoint became another one, or verdicts are missing.
        """
        require_finished(self.runs)
        require_covered(self.runs)

    @property
    def judges(self) -> tuple[JudgeConfig, ...]:
        """The judges of the run, each once."""
        return tuple({run.annotated.work.config.digest: run.annotated.work.config for run in self.runs}.values())

    def leaderboard(self, **options: Any) -> Leaderboard:
        """The boards of all models in the store that were judged on the same benchmark; see `evalkit.leaderboard`.

        A run of one judge gives the board of this judge.
        """
        chosen: dict[str, Any] = {
            "benchmark": self.sources.board,
            "judge": self.judges[0] if len(self.judges) == 1 else None,
            "store": self.sources.store,
            "results": self.sources.results,
        }
        found: Leaderboard = leaderboard(**{**chosen, **options})
        return found

    def _repr_html_(self) -> str:
        # the frame has every column; these are what a person looks for first
        frame = self.frame
        return html_table(frame[[name for name in _SHOWN if name in frame]].round(2))

    def to_json(self) -> str:
        return rows_json(self.rows)

    def __str__(self) -> str:
        return rows_text(self.rows)


class AnnotateKeywords(AssignmentKeywords, LimitKeywords, total=False):
    """The keywords of `annotate`, which describes them."""

    audit: str
    audit_limit: AuditLimits | Mapping[str, float] | Iterable[str]
    difficulty: Data
    bootstrap: int
    allow_mixed: bool
    label: str | None
    store: str | None
    results: str | PathLike[str]
    log: str | PathLike[str] | None
    progress: bool | Listener | None


@front_door
@beside_a_loop
def annotate(
    *outputs: Data,
    benchmark: str | PathLike[str] | None = None,
    judge: JudgeLike | Sequence[JudgeLike] | None = None,
    baseline: Data | Sequence[Data] | None = None,
    questions: Data | None = None,
    client: object | None = None,
    parser: Callable[[ChatReply, Labels], object] | None = None,
    judge_model: str | None = None,
    base_url: str | None = None,
    replay: Data | None = None,
    orders: str | None = None,
    repeats: int = 1,
    limit: int | None = None,
    seed: int = 0,
    key: str | None = None,
    on_mismatch: str = "refuse",
    cluster: str | None = None,
    shortcut: bool = True,
    keep_thinking: bool = False,
    audit: str = "refuse",
    audit_limit: AuditLimits | Mapping[str, float] | Iterable[str] = (),
    difficulty: Data = DifficultySource.AUTO.value,
    bootstrap: int = 0,
    allow_mixed: bool = False,
    concurrency: int = Limits().concurrency,
    max_cost: float | None = None,
    max_requests: int | None = None,
    max_minutes: float | None = None,
    max_wait: float | None = None,
    stop: bool = Limits().stop,
    label: str | None = None,
    store: str | None = None,
    results: str | PathLike[str] = "results",
    log: str | PathLike[str] | None = None,
    progress: bool | Listener | None = None,
) -> Run:
    """Judge the outputs of one or more models against a baseline, and write each model's row.

    Replies are kept in the store: a call that was stopped continues where it left off when it is made again, and no
    stored reply is asked for again.

    Args:
        outputs: a model's outputs each: a file, a saved dataset, an `hf:` name, a data frame, a list of records, or a
            dictionary of outputs by instruction. Records have `instruction`, `output` and `generator`, the model.
        benchmark: the benchmark under which the verdicts are filed: a name, which may be one of your own, or a YAML
            file; by default it is told from the instructions, and one of your own is named after the file.
        judge: the name of a shipped judge, a YAML file, a function, or several of these as a jury; by default the
            benchmark's judge, else `alpaca_eval_2` where OPENAI_API_KEY or OPENAI_BASE_URL is set, else `surface`. A
            function gets a `Pair`; see `evalkit.judge`.
        baseline: the outputs to compare with, as for `outputs`, or the name of a model whose answers are in the store;
            a sequence of several has baselines by category. By default the benchmark's own, baseline.json beside the
            outputs, or what the store has.
        questions: the benchmark's questions, as for `outputs`; by default its own copy.
        client: an object with `async complete(request)` that answers instead of the judge's client.
        parser: a function that reads the replies instead of the judge's parser; see `evalkit.parser`.
        judge_model: the model to ask instead of the one that the judge's file names.
        base_url: the address to ask instead of the one that the judge's file names.
        replay: a recorded file of which the judge's raw replies are taken, instead of asking.
        orders: `one` or `both`: whether the judge sees each pair in one order or in both; by default as the judge says.
        repeats: how many times each question is asked.
        limit: the number of instructions to judge, which `seed` picks; all by default.
        seed: decides what `limit` picks, and which answer is shown first where one order is asked.
        key: the field that matches outputs; by default the instruction.
        on_mismatch: `refuse` instructions that only one side has, or `intersect` the two sides.
        cluster: a field; instructions with the same value in it count as one cluster. By default near-duplicates do.
        shortcut: whether identical answers are a tie that no judge is asked about.
        keep_thinking: whether the thinking that answers begin with, as in `<think>`, is judged with them.
        audit: `refuse` to judge outputs that fail their audit, `warn`, or `off`.
        audit_limit: limits of the audit by name, as in `{"min-distinct": 0.2}`.
        difficulty: the source of difficulty and of the effect of length: `auto`, `fit`, `none`, or a file.
        bootstrap: the number of resamples for intervals; 0 takes the sandwich formula.
        allow_mixed: whether a judge's probabilities are averaged with its single draws.
        concurrency: the number of requests under way at one endpoint, or of calls of a judge's function.
        max_cost: the run ends when its replies have cost this many US dollars.
        max_requests: the run ends after this many requests.
        max_minutes: the run ends after this many minutes.
        max_wait: the run ends when an endpoint has answered nobody for this many seconds; by default after 300, or
            after 10 where it has not answered at all.
        stop: whether a judge without a verdict in the store is stopped if its first replies hold none.
        label: the name of this release of the models, such as `v1.3`, for `releases`.
        store: the address of the database of replies; the file `evalkit.db` in `results` by default.
        results: the folder of the store and of the written rows.
        log: a file to which every event of the run is appended as a line of JSON.
        progress: whether a bar is drawn; by default on a terminal and in a notebook.

    Returns:
        The judged models. `frame` has a row for each model and judge; win rates are percentages.

    Raises:
        InputError: an input is missing or wrong; the message names file or keyword, row and field.
        ConfigError: a judge, a benchmark or an option is wrong.
        AuditFailed: outputs failed their audit, and `audit` says to refuse them.
        EndpointRefused: an endpoint rejects every request.
        Interrupted: the run was interrupted; what had arrived is kept.

    Example:
        >>> import evalkit as ek
        >>> run = ek.annotate("outputs.json", baseline="baseline.json", judge="surface")
        >>> run.frame[["model", "lc_win_rate", "lc_lower", "lc_upper", "lc_status"]]
    """
    require_outputs(outputs)
    named = checked_label(label)
    folder, known = Path(results), named_source_of(difficulty, "difficulty")
    place = Place(store_url(store, folder), folder)
    prepared = assignment_of(
        benchmark=benchmark,
        judge=judge,
        baseline=baseline,
        questions=questions,
        client=client,
        parser=parser,
        judge_model=judge_model,
        base_url=base_url,
        replay=replay,
        orders=orders,
        repeats=repeats,
        limit=limit,
        seed=seed,
        key=key,
        on_mismatch=on_mismatch,
        cluster=cluster,
        shortcut=shortcut,
        keep_thinking=keep_thinking,
    ).read([named_source_of(source, "outputs") for source in outputs], place)
    limits = limits_of(
        concurrency=concurrency,
        max_cost=max_cost,
        max_requests=max_requests,
        max_minutes=max_minutes,
        max_wait=max_wait,
        stop=stop,
    )
    check_costs(prepared.judges, limits)
    listener = listener_of(progress)
    sources = Sources(board=prepared.board, difficulty=known, store=store, results=folder)
    replicates = checked_count("--bootstrap", bootstrap, least=0)
    recipe = dataclasses.replace(read_recipe(sources), replicates=replicates, allow_mixed=allow_mixed)
    checked = checked_choice("--audit", audit, AUDITS)
    audits = {} if checked == OFF else prepared.audits(audit_limits_of(audit_limit))
    if checked == REFUSE:
        require_passed(audits)
    found = _findings(audits)

    def before(works: Sequence[Work], opened: Store) -> None:
        # before anything is paid for, so that a run can still be stopped
        listener.note([*notes_before_sending(prepared, works, opened, concurrency=limits.concurrency), *found])

    with listener.watching(title(prepared)) as watch:
        judged = judge_all(
            prepared,
            place.url,
            audits=audits,
            results=folder,
            recipe=recipe,
            limits=limits,
            log=None if log is None else Path(log),
            watch=watch,
            before=before,
        )
    listener.ran(judged, prepared.judges)
    found += keep_shown([[row for one in judged for row in one.rows]], place.url, Keeping("annotate", named))
    return Run(tuple(judged), tuple(map(in_keywords, (*prepared.notes, *found))), sources)


aannotate = in_background(annotate)


def _findings(audits: Mapping[str, Audit]) -> list[str]:
    """The findings of audits, a sentence each."""
    return [
        f"the audit of {model} {finding.severity.value}s: {finding.reason}"
        for model, found in audits.items()
        for finding in found.findings
    ]
