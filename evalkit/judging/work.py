"""Plans the places that a judge fills from two output sets, one by one and in the baseline's order."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict

from evalkit import __version__
from evalkit.auditing import Clusters, clusters_of_examples
from evalkit.clients import REPLAY_ENDPOINT, Endpoint, ReplayClient, endpoint_of, open_client
from evalkit.engine import Pending, Posed
from evalkit.errors import ConfigError
from evalkit.formats import Recording
from evalkit.judge_spec import parser_of
from evalkit.judging.layout import NONE, Laid, Options, Row, lay_comparisons, lay_gradings, sides
from evalkit.judging.replay import Recorded, match_recording, recorded_endpoint, replayed
from evalkit.judging.requests import Plan, plan_comparison, plan_grading, plan_missing, plan_place, pose, pose_question
from evalkit.types import (
    LABELLED,
    Audit,
    ChatReply,
    Client,
    Comparison,
    DataDigests,
    Example,
    Grading,
    Group,
    JudgeConfig,
    Output,
    OutputSet,
    PlanRecord,
    PromptMode,
    Slot,
    Unparsed,
)


class JudgeFacts(TypedDict):
    """The fields of a plan that the judge's configuration decides."""

    judge_model: str
    prompt_mode: PromptMode
    prompt: str | None
    parser: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Work:
    """A judge and all its questions about one candidate; with `recorded`, replies that stand in for it.

    `digest` names the plan with the judge's name, all texts and categories: two runs of one digest lay out the same
    places. `baseline` is empty where answers are graded alone. `audit` is the audit of the candidate's outputs. Where
    `asking` is given, only its instructions are asked about for now.
    """

    config: JudgeConfig
    candidate: OutputSet
    baseline: str
    endpoint: Endpoint
    plan: Plan
    digest: str
    rows: tuple[Row, ...]
    options: Options
    data: DataDigests
    recorded: Recorded | None = None
    audit: Audit | None = None
    asking: frozenset[str] | None = None
    clusters: Clusters = NONE

    @property
    def record(self) -> PlanRecord:
        """The record of what decided the places, from which provenance is told."""
        config, options = self.config, self.options
        return PlanRecord(
            plan=self.digest,
            benchmark=self.plan.benchmark,
            model=self.candidate.model,
            baseline=self.baseline,
            judge=config.name,
            judge_digest=config.digest,
            endpoint=self.endpoint.name,
            **judge_facts(config),
            orders=config.orders,
            seed=options.seed,
            repeats=options.repeats,
            limit=options.limit,
            shortcut=options.shortcut,
            intersect=options.intersect,
            by_turn=options.by_turn,
            data=self.data,
            evalkit=__version__,
            prices=config.prices,
            audit=self.audit,
            cluster=self.clusters.field,
            near_duplicates=self.clusters.looked,
        )

    @property
    def group(self) -> Group:
        return Group(self.plan.benchmark, self.config.digest, self.baseline, self.candidate.model)

    @property
    def name(self) -> str:
        """The name of the work for people: the judged model's, or the judge's where people's labels measure it."""
        return self.config.name if self.plan.benchmark.startswith(LABELLED) else self.candidate.model

    @property
    def keys(self) -> list[str]:
        """The instructions, in the baseline's order."""
        return [row.key for row in self.rows]

    @property
    def answered(self) -> dict[str, tuple[Example, Output | None, Output | None]]:
        """Each instruction with the baseline's and the candidate's output, by key."""
        return {row.key: (row.example, *sides(row)) for row in self.rows}

    @property
    def client_name(self) -> tuple[str, str, str]:
        """One client for all models of a judge; a recording answers for one model only."""
        return self.config.name, self.config.digest, "" if self.recorded is None else self.candidate.model

    @property
    def reasks(self) -> int:
        """The number of further questions for want of a readable verdict; 0 where the same reply would come again."""
        return self.config.reasks if self.endpoint.asks else 0

    @property
    def on_trial(self) -> bool:
        """True for a judge that is asked for money or time."""
        return self.endpoint.asks

    def places(self) -> Iterator[Pending]:
        """Every place, planned as it is taken."""
        for place in self._all_places():
            asks = self.asking is None or place.slot.key in self.asking
            yield place if asks else Pending(place.slot)

    def _all_places(self) -> Iterator[Pending]:
        for row in self.rows:
            if isinstance(row, Comparison):
                yield from self._places(row)
            elif isinstance(row, Grading):
                yield from plan_grading(row, self.config, self.plan)
            else:
                nothing = Output(row.key, self.candidate.model, ())
                yield plan_missing(row.example, row.baseline, nothing, self.config, self.plan, row.failure)

    def reader(self) -> Callable[[Slot, ChatReply], str | None]:
        """A function that says why a reply holds no verdict; None if it holds one."""
        parser = parser_of(self.config)

        def why_no_verdict(slot: Slot, reply: ChatReply) -> str | None:
            assert slot.labels is not None
            verdict = parser(reply, slot.labels)
            return verdict.reason if isinstance(verdict, Unparsed) else None

        return why_no_verdict

    def pose(self, place: Pending, *, reask: int = 0) -> Posed:
        """The question of a place.

        Raises:
            ConfigError: the prompt cannot be rendered.
        """
        if self.recorded is None:
            return pose(place, self.config, self.endpoint, self.plan, reask=reask)
        for question, recorded in self.recorded.questions[place.slot.key]:
            if (question.order, question.repeat) == (place.slot.order, place.slot.repeat):
                return pose_question(place, question, self.config, recorded_endpoint(recorded))
        raise AssertionError("a place without its recorded question")

    def open_client(self) -> Client:
        if self.recorded is None:
            return open_client(self.config)
        replies = {
            (key, question.order, question.repeat): reply.reply
            for key, questions in self.recorded.questions.items()
            for question, reply in questions
        }
        return ReplayClient(replies)

    def check(self) -> None:
        """Report a missing key or a bad prompt before anything is written or sent.

        Raises:
            ConfigError: either.
        """
        self.open_client()
        first = next((place for place in self.places() if place.subject is not None), None)
        if first is not None:
            self.pose(first)

    def _places(self, comparison: Comparison) -> list[Pending]:
        places = plan_comparison(comparison, self.config, self.plan)
        if self.recorded is None or places[0].subject is None:
            return places
        failure = self.recorded.failures.get(comparison.key)
        found = [
            plan_place(comparison, self.config, self.plan, question.order, question.repeat)
            for question, _ in self.recorded.questions.get(comparison.key, ())
        ]
        if failure is not None:
            example, baseline, candidate = comparison.example, comparison.baseline, comparison.candidate
            found.append(plan_missing(example, baseline, candidate, self.config, self.plan, failure))
        return found


def plan_all(
    baseline: OutputSet | None,
    candidates: Sequence[OutputSet],
    judges: Sequence[JudgeConfig],
    options: Options,
    *,
    secret: bytes,
    recording: Recording | None = None,
    questions: Sequence[Example] | None = None,
    clusters: Clusters | None = None,
) -> list[Work]:
    """Plan every judge's work on every candidate, after checking all inputs, before a judge is asked.

    Args:
        baseline: needed by judges that compare.
        questions: the questions whose answers are graded; by default those that each candidate answered.
        clusters: which instructions count as one; by default near-duplicates, which are looked for in the whole
            benchmark, so that they depend neither on the candidate nor on a limit.

    Raises:
        ConfigError: a judge compares, and there is no baseline.
        InputError: a candidate does not match the baseline, and `intersect` was not asked for.
    """
    _check_judges(judges, baseline, recording)
    works = []
    asked = questions or (None if baseline is None else baseline.examples)
    found = clusters or (None if asked is None else clusters_of_examples(asked))
    for candidate in candidates:
        tied = found or clusters_of_examples(candidate.examples)
        by_kind: dict[str, Laid] = {}
        for config in judges:
            if config.asks not in by_kind:
                by_kind[config.asks] = (
                    lay_gradings(candidate, questions, options, tied)
                    if config.asks == "grade"
                    else lay_comparisons(baseline, candidate, options, tied)
                )
            laid = by_kind[config.asks]
            works.append(_work(config, candidate, laid, options, secret=secret, recording=recording, clusters=tied))
    return works


def _work(
    config: JudgeConfig,
    candidate: OutputSet,
    laid: Laid,
    options: Options,
    *,
    secret: bytes,
    recording: Recording | None,
    clusters: Clusters,
) -> Work:
    """One judge's work on one candidate; a recording's replies stand in for the judge's, if there is one."""
    # a judge whose replies no later run may find has places of its own in each run
    run = "" if config.in_process is None or not config.in_process.run else f" {config.in_process.run}"
    digest = hashlib.sha256(f"{laid.digest} {config.name}{run}".encode()).hexdigest()[:16]
    if recording is None:
        endpoint, recorded = endpoint_of(config), None
    else:
        config, endpoint, secret = replayed(config, recording), REPLAY_ENDPOINT, b""
        recorded = match_recording(laid.rows, recording, config)
    return Work(
        config=config,
        candidate=candidate,
        baseline=laid.baseline,
        endpoint=endpoint,
        plan=Plan(options.benchmark, laid.orders, options.repeats, secret, options.shortcut, laid.clusters),
        digest=digest,
        rows=laid.rows,
        options=options,
        data=laid.data,
        recorded=recorded,
        clusters=clusters,
    )


def judge_facts(config: JudgeConfig) -> JudgeFacts:
    """The facts about a judge in a plan, besides name and digest."""
    decisive = {
        "parameters": config.parameters,
        "parser_options": config.parser_options,
        "answer_schema": config.answer_schema,
        "answer_form": config.answer_form,
        "tie": config.tie,
        "labels": config.labels,
    }
    prompt = config.prompt_text
    return {
        "judge_model": config.model,
        "prompt_mode": _prompt_mode(config),
        "prompt": None if prompt is None else hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest(),
        "parser": config.parser,
        "parameters": hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest(),
    }


def _prompt_mode(config: JudgeConfig) -> PromptMode:
    if config.client == REPLAY_ENDPOINT.name:
        return PromptMode.RECORDED
    if config.prompt_text is None:
        return PromptMode.NONE
    return PromptMode.HARDENED if config.fence and not config.labels else PromptMode.COMPAT


def _check_judges(judges: Sequence[JudgeConfig], baseline: OutputSet | None, recording: Recording | None) -> None:
    """Refuse two names for one judge: they share a digest, so each would take the other's places."""
    for config in judges:
        if config.asks == "pair" and baseline is None:
            raise ConfigError(f"judge {config.name!r} compares answers and needs a baseline. Give --baseline FILE")
        if config.asks == "grade" and recording is not None:
            raise ConfigError(f"judge {config.name!r} grades, and --replay takes comparisons. Use evalkit import")
    by_digest: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for config in judges:
        other = by_digest.setdefault(config.digest, config.name)
        if other != config.name:
            raise ConfigError(f"the judges {other!r} and {config.name!r} are the same but for their names. Name one")
        # results are filed under its name
        if by_name.setdefault(config.name, config.digest) != config.digest:
            raise ConfigError(f"two different judges are called {config.name!r}. Give one of them another name")
