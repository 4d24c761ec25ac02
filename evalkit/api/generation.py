"""Generates a model's answers to a benchmark's questions: requests, their forecast cost, and the written answers."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from evalkit.api.door import beside_a_loop, front_door, in_background
from evalkit.api.keywords import (
    Data,
    LimitKeywords,
    checked_count,
    limits_of,
    optional_path,
    optional_source,
    picked,
)
from evalkit.api.progress import Listener, listener_of
from evalkit.api.python_models import ModelLike, answered_anew, model_config
from evalkit.api.result import Tabular, frame_of
from evalkit.api.targets import Target, require_apart
from evalkit.catalog import load_questions, read_benchmark
from evalkit.engine import Forecast, Limits, forecast
from evalkit.errors import ConfigError, Incomplete, Unreachable
from evalkit.files import safe_name
from evalkit.formats import output_rows, write_outputs
from evalkit.judging import CUT_OFF, EMPTY, THINKING, Answering, Generated, balanced_orders, first_turn, pick
from evalkit.judging import generate as answer_all
from evalkit.reporting import forecast_text, open_journal
from evalkit.sources import BENCHMARK
from evalkit.store import open_store, store_exists, store_url
from evalkit.text import plural, printable
from evalkit.types import Example, OutputSet

if TYPE_CHECKING:
    import pandas as pd

OUTPUTS_FILE = "outputs.json"
# the words for one answer with a flaw, and for several
_FLAWS = {
    CUT_OFF: ("was cut off by the limit of tokens", "were cut off by the limit of tokens"),
    EMPTY: ("is empty", "are empty"),
    THINKING: ("holds the model's thinking", "hold the model's thinking"),
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Answers(Tabular):
    """A model's answers and the file that they were written into, which is read where these answers are given as
    outputs.

    `n_questions` were to be answered.
    """

    generated: Generated
    path: Path
    n_questions: int
    notes: tuple[str, ...] = ()

    def __fspath__(self) -> str:
        return str(self.path)

    @property
    def model(self) -> str:
        return self.generated.outputs.model

    @property
    def outputs(self) -> OutputSet:
        """The answers, in the order of the questions; a question that lacks an answer to a turn is left out."""
        return self.generated.outputs

    @property
    def failures(self) -> Mapping[str, str]:
        """The reasons why questions have no answer, by the question's key."""
        return self.generated.failures

    @property
    def flaws(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of questions whose answer was `cut_off` by the limit of tokens, is `empty`, or holds `thinking`."""
        return self.generated.flaws

    @property
    def cost(self) -> float | None:
        """The US dollars that the replies of this run cost; None where the model has no prices."""
        costs = [turn.cost for turn in self.generated.progress]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each answered question, as in the file: `instruction`, `output` and `generator`, the model.

        Questions of several turns have lists of texts. A `dataset` is the question's category.
        """
        return frame_of(output_rows(self.outputs), ("instruction", "output", "generator"))

    @front_door
    def raise_for_incomplete(self) -> None:
        """Raise where the run was stopped or questions have no answer.

        Raises:
            Unreachable: the run was stopped.
            Incomplete: questions have no answer.
        """
        if self.generated.stopped:
            raise Unreachable(
                f"{self.generated.stopped}. What was paid is kept; run the same command again to continue"
            )
        if self.failures:
            key, reason = next(iter(self.failures.items()))
            raise Incomplete(
                f"{self.model}: {len(self.failures)} questions have no answer and are left out of the file. "
                f"Question {key!r}: {reason}"
            )

    def to_json(self) -> str:
        progress = self.generated.progress
        document = {
            "model": self.model,
            "outputs": str(self.path),
            "answered": len(self.outputs.outputs),
            "failures": dict(self.failures),
            **{name: len(keys) for name, keys in self.flaws.items()},
            "stopped": self.generated.stopped,
            "sent": sum(turn.sent for turn in progress),
            "from_store": sum(turn.stored for turn in progress),
            "abandoned": self.generated.abandoned,
        }
        return json.dumps(document, indent=2)

    def __str__(self) -> str:
        lines = [f"{len(self.outputs.outputs)} of {self.n_questions} questions answered: {self.path}"]
        lines += [
            f"{plural(len(keys), 'answer')} {what[0] if len(keys) == 1 else what[1]}"
            for name, what in _FLAWS.items()
            if (keys := self.flaws.get(name))
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AnswersForecast(Tabular):
    """The forecast of a model's answers to the first turn of all questions; later turns depend on earlier answers."""

    model: str
    forecast: Forecast
    notes: tuple[str, ...] = ()

    @property
    def cost(self) -> float | None:
        """The US dollars of the first turn's requests; None where the model has no prices."""
        return self.forecast.cost

    @property
    def frame(self) -> "pd.DataFrame":
        """One row: requests, tokens, US dollars and minutes."""
        return frame_of([self._document()])

    def to_json(self) -> str:
        return json.dumps(self._document(), indent=2)

    def _document(self) -> dict[str, object]:
        return {"model": self.model, "turn": 1, **dataclasses.asdict(self.forecast)}

    def __str__(self) -> str:
        return f"{printable(self.model)}, first turn: {forecast_text(self.forecast)}"


class GenerateKeywords(TypedDict, total=False):
    """The keywords of `generate`, which describes them."""

    benchmark: str | PathLike[str]
    questions: Data | None
    model_name: str | None
    base_url: str | None
    limit: int | None
    seed: int
    concurrency: int
    max_cost: float | None
    max_requests: int | None
    max_minutes: float | None
    max_wait: float | None
    log: str | PathLike[str] | None
    out: str | PathLike[str] | None
    store: str | None
    results: str | PathLike[str]
    progress: bool | Listener | None


@front_door
@beside_a_loop
def generate(
    model: ModelLike,
    *,
    benchmark: str | PathLike[str] = BENCHMARK,
    questions: Data | None = None,
    model_name: str | None = None,
    base_url: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    concurrency: int = Limits().concurrency,
    max_cost: float | None = None,
    max_requests: int | None = None,
    max_minutes: float | None = None,
    max_wait: float | None = None,
    log: str | PathLike[str] | None = None,
    out: str | PathLike[str] | None = None,
    store: str | None = None,
    results: str | PathLike[str] = "results",
    progress: bool | Listener | None = None,
) -> Answers:
    """Let a model answer a benchmark's questions, all turns of them, and write its answers into a file.

    Answers are kept in the store as they come: a call that was stopped continues where it left off when it is made
    again, and no stored answer is asked for again.

    Args:
        model: a YAML file that says where the model answers, a `ModelConfig`, or a function that is given the
            instruction and returns the answer; see `evalkit.model`.
        benchmark: the benchmark whose questions are answered, a name or a YAML file.
        questions: the benchmark's questions; by default its own copy.
        model_name: the model of the endpoint to ask instead of the one that the file names.
        base_url: the address to ask instead of the one that the file names.
        limit: the number of questions to answer, which `seed` picks; all by default.
        seed: decides what `limit` picks, as it does for `annotate`.
        concurrency: the number of requests under way at the endpoint, or of calls of a function.
        max_cost: the run ends when its replies have cost this many US dollars.
        max_requests: the run ends after this many requests.
        max_minutes: the run ends after this many minutes.
        max_wait: the run ends when the endpoint has answered nobody for this many seconds; by default after 300, or
            after 10 where it has not answered at all.
        log: a file to which every event of the run is appended as a line of JSON.
        out: the file of the answers; `outputs.json` in the model's folder in `results` by default.
        store: the address of the database of replies; the file `evalkit.db` in `results` by default.
        results: the folder of the store and of the answers.
        progress: whether a bar is drawn; by default on a terminal and in a notebook.

    Returns:
        The answers, which `annotate` takes as outputs. `frame` has a row for each answered question.

    Raises:
        InputError: an input is missing or wrong; the message names file or keyword, row and field.
        ConfigError: the model, the benchmark or an option is wrong.
        EndpointRefused: the endpoint rejects every request.
        Interrupted: the run was interrupted; what had arrived is kept.

    Example:
        >>> import evalkit as ek
        >>> answers = ek.generate("model.yaml", questions="questions.json", max_cost=2)
        >>> answers.frame[["instruction", "output"]]
        >>> ek.annotate(answers, baseline="baseline.json")
    """
    limits = limits_of(concurrency=concurrency, max_cost=max_cost, max_requests=max_requests, max_minutes=max_minutes,
                       max_wait=max_wait)  # fmt: skip
    first = _first_turn(model, limits, benchmark=benchmark, questions=questions, model_name=model_name,
                        base_url=base_url, limit=limit, seed=seed)  # fmt: skip
    listener, notes = listener_of(progress), _notes(first)
    listener.note(notes)
    path = optional_path(out) or answers_file(Path(results), first.config.name)
    # its default has been looked at by nobody
    require_apart([Target("--out", path)], {"model": model, "questions": questions}, {"questions": "--questions"})
    with (
        listener.watching(first.config.name) as watch,
        open_store(store_url(store, Path(results))) as opened,
        open_journal(optional_path(log)) as journal,
    ):
        done = answer_all(first, opened, limits=limits, watch=watch, journal=journal)
    write_outputs(path, done.outputs)
    listener.answered(done)
    return Answers(done, path, len(first.questions), notes)


agenerate = in_background(generate)
"""Let a model answer as `generate` does, with its keywords, and let the event loop go on.

A model that is a coroutine function runs in the caller's event loop.
"""


@front_door
def forecast_answers(model: ModelLike, **options: Unpack[GenerateKeywords]) -> AnswersForecast:
    """Say what `generate` would send for the first turn with the same keywords, and send nothing.

    Args:
        model: as for `generate`.
        options: the keywords of `generate`; those that decide what becomes of replies change nothing.

    Returns:
        The number of requests, the tokens, US dollars at most and minutes.

    Raises:
        EvalkitError: an input or an option is wrong, as for `generate`.

    Example:
        >>> import evalkit as ek
        >>> ek.forecast_answers("model.yaml", questions="questions.json").cost
    """
    limits = limits_of(**picked(options, LimitKeywords))
    first = _first_turn(
        model,
        limits,
        benchmark=options.get("benchmark", BENCHMARK),
        questions=options.get("questions"),
        model_name=options.get("model_name"),
        base_url=options.get("base_url"),
        limit=options.get("limit"),
        seed=options.get("seed", 0),
    )
    requests = [first.request(question) for question in first.questions]
    stored: set[str] = set()
    url = store_url(options.get("store"), Path(options.get("results", "results")))
    if store_exists(url):
        with open_store(url) as opened:
            stored = set(opened.replies([request.key for request in requests]))
    asked = ((request, request.key in stored) for request in requests)
    return AnswersForecast(first.config.name, forecast(asked, first, concurrency=limits.concurrency), _notes(first))


def answers_file(results: Path, model: str) -> Path:
    """The path of a model's answers among the results."""
    return results / safe_name(model) / OUTPUTS_FILE


def _first_turn(
    model: ModelLike,
    limits: Limits,
    *,
    benchmark: str | PathLike[str],
    questions: Data | None,
    model_name: str | None,
    base_url: str | None,
    limit: int | None,
    seed: int,
) -> Answering:
    """The first turn of all questions, for a model.

    Raises:
        ConfigError: the benchmark names no questions, or a cost is limited and the model has no prices.
    """
    if limit is not None:
        checked_count("--limit", limit, least=1)
    config = model_config(model, name=model_name, base_url=base_url)
    if limits.max_cost is not None and config.prices is None:
        raise ConfigError(f"--max-cost needs the prices of model {config.name!r}. Add prices to its file")
    chosen = read_benchmark(str(benchmark))
    asked = load_questions(chosen, optional_source(questions, "questions"))
    if asked is None:
        raise ConfigError(f"benchmark {chosen.name!r} names no questions. Give --questions FILE")
    return first_turn(config, _picked(asked, limit, seed), benchmark=chosen.name)


def _picked(questions: Sequence[Example], limit: int | None, seed: int) -> list[Example]:
    """The questions to answer: those that `annotate` would pick with the same limit and seed."""
    keys = pick(balanced_orders({example.key for example in questions}, seed=seed), limit)
    return [example for example in questions if example.key in keys]


def _notes(first: Answering) -> tuple[str, ...]:
    """Notes on a model that every run asks anew."""
    anew = answered_anew(first.config)
    return () if anew is None else (anew,)
