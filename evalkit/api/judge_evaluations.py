"""Measures judges against people's labels: asks them, or takes verdicts that were made already."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from evalkit.api.door import beside_a_loop, front_door, in_keywords
from evalkit.api.expectations import forecast_all
from evalkit.api.forecasts import Forecasts
from evalkit.api.keywords import (
    Data,
    LimitKeywords,
    checked_count,
    checked_number,
    limits_of,
    named_source_of,
    names_of,
    parted,
    picked,
    source_of,
    texts_of,
)
from evalkit.api.labelled_runs import AskedJudge, LabelledTask, ask_judges, picked_labels
from evalkit.api.progress import Listener, listener_of
from evalkit.api.python_judges import JudgeLike, asked_anew, judge_config
from evalkit.api.result import Tabular, estimate_metrics, frame_of, in_form
from evalkit.api.runs import ModelRun, check_costs
from evalkit.catalog import PublishedJudges, published_judges_table, read_published_judges_table
from evalkit.engine import Limits
from evalkit.errors import ConfigError, Incomplete, UnknownName
from evalkit.files import write_text
from evalkit.formats import Source, published_judges, read_human, read_recorded_verdicts
from evalkit.judging import Work
from evalkit.metaeval import (
    PEOPLE,
    EvaluationSettings,
    JudgeName,
    JudgeTable,
    JudgeVerdicts,
    LabelTable,
    RowKind,
    control_verdicts,
    evaluate,
    label_table,
    verdicts_of,
    with_published,
)
from evalkit.reporting import JUDGE_FORMS, JUDGE_PANELS, TABLE, judge_table_notes, judge_table_values, row_name
from evalkit.store import Address, Store, store_url
from evalkit.types import ChatReply, Labels

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.reporting import Plot

_MIN_COVERAGE = 0.95


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class JudgeEvaluation(Tabular):
    """Judges beside people and controls, a row each, with notes on what the numbers rest on."""

    table: JudgeTable
    asked: tuple[AskedJudge, ...] = ()

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each judge, control and the people, with the columns of `--format csv`; shares are in percent, and
        what cannot be estimated is missing.
        """
        return frame_of(judge_table_values(self.table))

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on the labels, on missing verdicts and on how far the numbers can be trusted."""
        return tuple(map(in_keywords, judge_table_notes(self.table)))

    @property
    def command_notes(self) -> tuple[str, ...]:
        """The notes that the command prints under the table, which has the main numbers alone."""
        return tuple(judge_table_notes(self.table, every=False))

    def metrics(self) -> dict[str, float]:
        """The numbers as a flat dictionary, `judge/human_agreement` and the like, of controls `(longest)/...`; what
        cannot be estimated is left out, and so are published rows.
        """
        found: dict[str, float] = {}
        for row in (row for row in self.table.rows if row.kind != RowKind.PUBLISHED):
            for name, number in row.numbers.items():
                found |= estimate_metrics(f"{row_name(row)}/{name}", number.estimate)
        return found

    def written(self, form: str = TABLE) -> str:
        """The table in a form of `evalkit judges evaluate --format`: `table`, `csv`, `json`, `markdown` or
        `alpaca_eval`.

        Raises:
            UnknownName: no such form.
        """
        return in_form(self.table, form, JUDGE_FORMS)

    def to_json(self) -> str:
        return self.written("json")

    @front_door
    def plot(self, panel: str = JUDGE_PANELS[0]) -> "Plot":
        """One of the figures `agreement`, `reliability` and `risk`, which a notebook shows.

        Raises:
            UnknownName: no such figure.
            ConfigError: no judge has the data of the figure.
        """
        if panel not in JUDGE_PANELS:
            raise UnknownName("panel", panel, JUDGE_PANELS)
        # imported here: the plotting library takes longer to load than the numbers take
        from evalkit.reporting import JUDGE_PLOTS

        return JUDGE_PLOTS[panel](self.table)

    @front_door
    def report(self, path: str | PathLike[str], *, title: str | None = None) -> Path:
        """Write one HTML page with the table and its figures, which needs no network; return its path.

        Raises:
            EvalkitError: the file cannot be written.
        """
        from evalkit.reporting import judges_html

        written = Path(path)
        write_text(written, judges_html(self.table, title=title))
        return written

    @front_door
    def raise_for_incomplete(self) -> None:
        """Raise where a run was stopped or a judge has too few verdicts.

        Raises:
            Incomplete: either; what was paid is kept.
        """
        for one in self.asked:
            if one.annotated.progress.stopped:
                raise Incomplete(
                    f"judge {one.verdicts.judge.name!r}: {one.annotated.progress.stopped}. What was paid is kept; run "
                    "the same command again to continue"
                )
        for one in self.asked:
            verdicts = one.verdicts
            if verdicts.judged < _MIN_COVERAGE * verdicts.n_comparisons:
                reason = next(iter(verdicts.failures), "unknown")
                raise Incomplete(
                    f"judge {verdicts.judge.name!r}: {verdicts.n_comparisons - verdicts.judged} of "
                    f"{verdicts.n_comparisons} comparisons have no verdict. Most often: {reason}"
                )

    def __str__(self) -> str:
        return self.written(TABLE)


class EvaluationKeywords(LimitKeywords, total=False):
    """The keywords of `evaluate_judges`, which describes them, but for the labels."""

    columns: Mapping[str, str] | Sequence[str]
    prompts: Data | None
    repeats_of_people: bool
    source: Data | Sequence[Data] | None
    client: object | None
    parser: Callable[[ChatReply, Labels], object] | None
    judge_model: str | None
    base_url: str | None
    orders: str | None
    repeats: int
    shortcut: bool
    limit: int | None
    seed: int
    by: str | Sequence[str]
    risk: float
    tie_band: float
    epsilon: float
    family: Mapping[str, str] | Sequence[str]
    published: Data | Sequence[Data] | None
    store: str | None
    results: str | PathLike[str]
    log: str | PathLike[str] | None
    progress: bool | Listener | None


@front_door
@beside_a_loop
def evaluate_judges(
    *judges: JudgeLike,
    human: Data,
    columns: Mapping[str, str] | Sequence[str] = (),
    prompts: Data | None = None,
    repeats_of_people: bool = False,
    source: Data | Sequence[Data] | None = None,
    client: object | None = None,
    parser: Callable[[ChatReply, Labels], object] | None = None,
    judge_model: str | None = None,
    base_url: str | None = None,
    orders: str | None = None,
    repeats: int = 1,
    shortcut: bool = True,
    limit: int | None = None,
    seed: int = 0,
    by: str | Sequence[str] = (),
    risk: float = 0.1,
    tie_band: float = 0.0,
    epsilon: float = 0.2,
    family: Mapping[str, str] | Sequence[str] = (),
    published: Data | Sequence[Data] | None = None,
    concurrency: int = Limits().concurrency,
    max_cost: float | None = None,
    max_requests: int | None = None,
    max_minutes: float | None = None,
    max_wait: float | None = None,
    stop: bool = Limits().stop,
    store: str | None = None,
    results: str | PathLike[str] = "results",
    log: str | PathLike[str] | None = None,
    progress: bool | Listener | None = None,
) -> JudgeEvaluation:
    """Measure how far judges agree with people, and where they err, beside controls that look at no content.

    Replies are kept in the store: a call that was stopped continues where it left off when it is made again. An
    evaluation of a judge that was asked is kept there too, and boards and gates say what it found.

    Args:
        judges: the judges to ask: names of shipped judges, YAML files, or functions.
        human: the people's labels: a file of any known layout, an `hf:` name, a data frame or records.
        columns: the labels' own names of fields, as in `{"label": "winner"}` or `label=winner`.
        prompts: the texts of labels that have none, such as those of the alternative annotator test.
        repeats_of_people: whether one person may label a comparison several times, which counts as labels of several
            people; labels that differ are refused otherwise.
        source: verdicts that were made already on the same comparisons, in one file or several; nobody is asked.
        client: an object with `async complete(request)` that answers instead of the judge's client.
        parser: a function that reads the replies instead of the judge's parser; see `evalkit.parser`.
        judge_model: the model to ask instead of the one that the judge's file names.
        base_url: the address to ask instead of the one that the judge's file names.
        orders: `one` or `both`: whether the judge sees each pair in one order or in both; by default as the judge says.
        repeats: how many times each question is asked; the judge's bias needs two.
        shortcut: whether identical answers are a tie that no judge is asked about.
        limit: the number of comparisons to use, which `seed` picks; all by default. The evaluation on a sample is not
            kept in the store.
        seed: decides what `limit` picks, and which answer is shown first where one order is asked.
        by: fields of the labels by which the numbers are split.
        risk: the share of errors with which a judge that answers only its surest comparisons is to be followed.
        tie_band: a verdict within this distance of one half is a tie, where ties count.
        epsilon: the disadvantage that the alternative annotator test allows the judge.
        family: patterns of model names of the judge's own family by judge, or texts such as `gpt_4=gpt-*`; by default
            the judge's model up to its first digit.
        published: tables of judges that others published, shown under one's own without rank or effect: the name of a
            shipped table, as in `alpaca_eval`, a csv file or a data frame with AlpacaEval's columns, or several.
        concurrency: the number of requests under way at one endpoint, or of calls of a judge's function.
        max_cost: the run ends when its replies have cost this many US dollars.
        max_requests: the run ends after this many requests.
        max_minutes: the run ends after this many minutes.
        max_wait: the run ends when an endpoint has answered nobody for this many seconds; by default after 300, or
            after 10 where it has not answered at all.
        stop: whether a judge without a verdict in the store is stopped if its first replies hold none.
        store: the address of the database of replies; the file `evalkit.db` in `results` by default.
        results: the folder in which the store lies by default.
        log: a file to which every event of the run is appended as a line of JSON.
        progress: whether a bar is drawn; by default on a terminal and in a notebook.

    Returns:
        A row for each judge and control, and for the people. `frame` has agreement, ceiling, biases beyond those of the
        people, calibration and cost, each with interval and status; `report()` writes a page.

    Raises:
        InputError: the labels or recorded verdicts are missing or wrong; the message names row and field.
        ConfigError: a judge or an option is wrong.
        EndpointRefused: an endpoint rejects every request.
        Interrupted: the run was interrupted; what had arrived is kept.

    Example:
        >>> import evalkit as ek
        >>> found = ek.evaluate_judges("surface", human="examples/labels.jsonl")
        >>> found.frame[["judge", "human_agreement", "human_agreement_lower", "human_agreement_upper"]]
    """
    prepared = _prepared(
        judges, human=human, columns=columns, prompts=prompts, repeats_of_people=repeats_of_people, client=client,
        parser=parser, judge_model=judge_model, base_url=base_url, orders=orders, repeats=repeats, shortcut=shortcut,
        limit=limit, seed=seed, require=not parted(source),
    )  # fmt: skip
    tables = [_published(given) for given in parted(published)]
    labels = label_table(prepared.labels)
    settings = EvaluationSettings(
        by=_checked_fields(texts_of(by), labels.fields()),
        risk=checked_number("--risk", risk, least=0, most=1, above=True, below=True),
        tie_band=checked_number("--tie-band", tie_band, least=0, most=0.5, below=True),
        epsilon=checked_number("--epsilon", epsilon, least=0, most=1),
        families=names_of("--family", family),
    )
    limits = limits_of(
        concurrency=concurrency, max_cost=max_cost, max_requests=max_requests, max_minutes=max_minutes,
        max_wait=max_wait, stop=stop,
    )  # fmt: skip
    check_costs(prepared.judges, limits)
    names = Counter([PEOPLE, *(config.name for config in prepared.judges)])
    recorded = [
        verdicts_of(JudgeName(_apart(one.name, names)), one.annotations, labels)
        for given in parted(source)
        for one in read_recorded_verdicts(source_of(given, "source"), prepared.labels)
    ]
    asked = _asked(prepared, labels, store_url(store, Path(results)), limits, log, listener_of(progress))
    measured: list[JudgeVerdicts] = [*(one.verdicts for one in asked), *recorded]
    _check_families(settings, measured)
    table = evaluate(labels, [*measured, *control_verdicts(labels)], settings)
    return JudgeEvaluation(with_published(table, tables), tuple(asked))


@front_door
def forecast_evaluation(*judges: JudgeLike, human: Data, **asked: Unpack[EvaluationKeywords]) -> Forecasts:
    """Say what `evaluate_judges` would send and what it would cost, and send nothing.

    Args:
        judges: as for `evaluate_judges`.
        human: the people's labels, as for `evaluate_judges`.
        asked: the other keywords of `evaluate_judges`.

    Returns:
        The forecast of each judge's requests, tokens, dollars and minutes; replies that the store has cost nothing.

    Raises:
        EvalkitError: as for `evaluate_judges`.

    Example:
        >>> import evalkit as ek
        >>> print(ek.forecast_evaluation("surface", human="examples/labels.jsonl"))
    """
    if not judges:
        raise ConfigError("no judge was named, so nobody would be asked. Name one, or measure without --dry-run")
    task = _prepared(judges, human=human, require=True, **picked(asked, _TaskKeywords))
    limits = limits_of(**picked(asked, LimitKeywords))
    check_costs(task.judges, limits)
    url = store_url(asked.get("store"), Path(asked.get("results", "results")))
    return Forecasts(forecast_all(task.works, url, concurrency=limits.concurrency), task.labels.notes)


class _TaskKeywords(TypedDict, total=False):
    """Those keywords that name the judges' task."""

    columns: Mapping[str, str] | Sequence[str]
    prompts: Data | None
    repeats_of_people: bool
    client: object | None
    parser: Callable[[ChatReply, Labels], object] | None
    judge_model: str | None
    base_url: str | None
    orders: str | None
    repeats: int
    shortcut: bool
    limit: int | None
    seed: int


def _prepared(
    judges: Sequence[JudgeLike], *, human: Data, require: bool, **given: Unpack[_TaskKeywords]
) -> LabelledTask:
    """The labels as they are read, and the judges to ask about them."""
    if not judges and require:
        raise ConfigError("no judge was named, and no --source has verdicts. Name a judge first, such as surface")
    limit, seed = given.get("limit"), given.get("seed", 0)
    columns = names_of("--columns", _parted_columns(given.get("columns", ())))
    read = read_human(
        source_of(human, "human"),
        columns=columns,
        prompts=_optional_source(given.get("prompts"), "prompts"),
        repeats_of_people=given.get("repeats_of_people", False),
    )
    configs = [
        judge_config(
            judge,
            model=given.get("judge_model"),
            base_url=given.get("base_url"),
            orders=given.get("orders"),
            client=given.get("client"),
            parser=given.get("parser"),
        )
        for judge in judges
    ]
    picked = picked_labels(read, None if limit is None else checked_count("--limit", limit, least=1), seed=seed)
    return LabelledTask(
        labels=picked,
        judges=tuple({(config.name, config.digest): config for config in configs}.values()),
        repeats=checked_count("--repeats", given.get("repeats", 1), least=1),
        seed=seed,
        shortcut=given.get("shortcut", True),
        sampled=len(picked.comparisons) < len(read.comparisons),
    )


def _apart(name: str, taken: Counter[str]) -> str:
    """The name of recorded verdicts, numbered where another judge of the table, or the people, have it already."""
    taken[name] += 1
    return name if taken[name] == 1 else f"{name} #{taken[name]}"


def _optional_source(given: Data | None, name: str) -> Source | None:
    return None if given is None else source_of(given, name)


def _parted_columns(given: Mapping[str, str] | Sequence[str]) -> Mapping[str, str] | Sequence[str]:
    """Names of columns, each text by itself; a text may have several with commas."""
    if isinstance(given, Mapping):
        return given
    return [one.strip() for text in texts_of(given) for one in text.split(",") if one.strip()]


def _published(given: Data) -> PublishedJudges:
    named = named_source_of(given, "published")
    if isinstance(named, str):
        return read_published_judges_table(named)
    return published_judges_table(named.name, published_judges(named.records()), {})


def _checked_fields(wanted: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    for name in wanted:
        if name not in known:
            raise UnknownName("field of the labels", name, known)
    return tuple(wanted)


def _check_families(settings: EvaluationSettings, measured: Sequence[JudgeVerdicts]) -> None:
    names = [one.judge.name for one in measured]
    for name in settings.families:
        if name not in names:
            raise UnknownName("judge", name, names)


def _asked(
    task: LabelledTask, labels: LabelTable, url: Address, limits: Limits, log: PathLike[str] | str | None,
    listener: Listener,
) -> list[AskedJudge]:  # fmt: skip
    """The judges that were asked, with their notes and totals told; nobody is asked and no store opened without one."""
    if not task.judges:
        listener.note(task.labels.notes)
        return []

    def before(_: Sequence[Work], __: Store) -> None:
        listener.note([*task.labels.notes, *filter(None, map(asked_anew, task.judges))])

    with listener.watching(", ".join(config.name for config in task.judges)) as watch:
        asked = ask_judges(
            task, labels, url, limits=limits, log=None if log is None else Path(log), watch=watch, before=before
        )
    listener.ran([ModelRun(one.annotated, ()) for one in asked], task.judges)
    return asked
