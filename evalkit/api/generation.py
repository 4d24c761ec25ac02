"""Generates a model's answers to a benchmark's questions: requests, their forecast cost, and the written answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.catalog import load_questions, read_benchmark
from evalkit.engine import Forecast, Limits, Watcher, forecast
from evalkit.errors import ConfigError, Incomplete, Unreachable
from evalkit.files import safe_name
from evalkit.formats import write_outputs
from evalkit.judge_spec import read_model
from evalkit.judging import Answering, Generated, balanced_orders, first_turn, generate, pick
from evalkit.reporting import open_journal
from evalkit.store import open_store, store_exists
from evalkit.types import Example

OUTPUTS_FILE = "outputs.json"


@dataclass(frozen=True, slots=True)
class GenerationSpec:
    """The questions to ask, and the model of the endpoint in the model's file."""

    benchmark: str
    questions: str | None
    model_name: str | None
    limit: int | None
    seed: int

    def read(self, model: str, limits: Limits) -> Answering:
        """The first turn of all questions, for the model of a file.

        Raises:
            ConfigError: the benchmark names no questions, or a cost is limited and the model has no prices.
        """
        config = read_model(model, model=self.model_name)
        if limits.max_cost is not None and config.prices is None:
            raise ConfigError(f"--max-cost needs the prices of model {config.name!r}. Add prices to its file")
        benchmark = read_benchmark(self.benchmark)
        questions = load_questions(benchmark, self.questions)
        if questions is None:
            raise ConfigError(f"benchmark {benchmark.name!r} names no questions. Give --questions FILE")
        return first_turn(config, self._chosen(questions), benchmark=benchmark.name)

    def _chosen(self, questions: Sequence[Example]) -> list[Example]:
        """The questions to answer: those that `annotate` would pick with the same limit and seed."""
        chosen = pick(balanced_orders({example.key for example in questions}, seed=self.seed), self.limit)
        return [example for example in questions if example.key in chosen]


def forecast_answers(first: Answering, url: str, *, concurrency: int) -> Forecast:
    """Forecast the requests of the first turn, with the replies that the store at `url` holds."""
    requests = [first.request(question) for question in first.questions]
    stored: set[str] = set()
    if store_exists(url):
        with open_store(url) as opened:
            stored = set(opened.replies([request.key for request in requests]))
    return forecast(((request, request.key in stored) for request in requests), first, concurrency=concurrency)


def generate_answers(
    first: Answering, url: str, path: Path, *, limits: Limits, log: Path | None, watch: Watcher
) -> Generated:
    """Ask all turns, keep the replies in the store at `url`, and write the answers to a file."""
    with open_store(url) as opened, open_journal(log) as journal:
        done = generate(first, opened, limits=limits, watch=watch, journal=journal)
    write_outputs(path, done.outputs)
    return done


def answers_file(results: Path, model: str) -> Path:
    """The path of a model's answers among the results."""
    return results / safe_name(model) / OUTPUTS_FILE


def require_answered(done: Generated) -> None:
    """Refuse incomplete answers.

    Raises:
        Unreachable: the run was stopped.
        Incomplete: questions have no answer.
    """
    if done.stopped:
        raise Unreachable(f"{done.stopped}. What was paid is kept; run the same command again to continue")
    if done.failures:
        key, reason = next(iter(done.failures.items()))
        raise Incomplete(
            f"{done.outputs.model}: {len(done.failures)} questions have no answer and are left out of the file. "
            f"Question {key!r}: {reason}"
        )
