"""Judges the checkpoints of a training run, in a callback for the trainers of transformers and TRL."""

import contextlib
import importlib
import importlib.util
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack, cast

from evalkit.api.annotation import AUDITS, WARN, AnnotateKeywords, Run, annotate
from evalkit.api.assignment import Assignment, AssignmentKeywords, assignment_of
from evalkit.api.door import front_door
from evalkit.api.generation import answers_file
from evalkit.api.keywords import (
    LimitKeywords,
    audit_limits_of,
    checked_choice,
    checked_count,
    limits_of,
    named_source_of,
    picked,
)
from evalkit.api.result import estimate_metrics
from evalkit.api.runs import check_costs, check_works, require_finished
from evalkit.boards import MIN_COVERAGE, BoardRow
from evalkit.catalog import Benchmark, find_benchmark, load_baseline, load_questions, own_benchmark
from evalkit.errors import ConfigError, EvalkitError, Interrupted
from evalkit.files import write_text
from evalkit.types import StatusKind

# model, tokenizer, prompts -> answers
Generate = Callable[[Any, Any, Sequence[str]], Sequence[str]]
Report = Callable[[dict[str, float]], object]

# the events of `transformers.TrainerCallback`
EVENTS = (
    "on_init_end",
    "on_train_begin",
    "on_epoch_begin",
    "on_step_begin",
    "on_substep_end",
    "on_pre_optimizer_step",
    "on_optimizer_step",
    "on_step_end",
    "on_log",
    "on_evaluate",
    "on_save",
    "on_epoch_end",
    "on_train_end",
    "on_predict",
    "on_prediction_step",
    "on_push_begin",
)
_LOG = logging.getLogger("evalkit")


@dataclass(frozen=True, slots=True)
class CausalAnswers:
    """The answers of a causal language model, the same at every call: at each place the likeliest token.

    A tokenizer with a chat template shows the model each prompt as a user's message.
    """

    max_new_tokens: int
    batch_size: int

    def __call__(self, model: Any, processing_class: Any, prompts: Sequence[str]) -> list[str]:
        if processing_class is None or not callable(getattr(model, "generate", None)):
            lacks = "the trainer has no processing_class" if processing_class is None else f"no {_kind(model)}.generate"
            raise ConfigError(f"{lacks}. Give generate=, a function (model, processing_class, prompts) -> texts")
        tokenizer = getattr(processing_class, "tokenizer", processing_class)
        torch = _torch()
        trained = model.training
        model.eval()
        try:
            with torch.no_grad():
                return [
                    text
                    for start in range(0, len(prompts), self.batch_size)
                    for text in self._batch(torch, model, tokenizer, prompts[start : start + self.batch_size])
                ]
        finally:
            model.train(trained)

    def _batch(self, torch: Any, model: Any, tokenizer: Any, prompts: Sequence[str]) -> list[str]:
        asked = [_prompt_tokens(tokenizer, prompt) for prompt in prompts]
        longest = max(map(len, asked))
        # padded here, so that the tokenizer keeps the side on which the trainer pads
        filler = next((one for one in (tokenizer.pad_token_id, tokenizer.eos_token_id) if one is not None), 0)
        pads = [longest - len(tokens) for tokens in asked]
        tokens = [[filler] * pad + tokens for pad, tokens in zip(pads, asked, strict=True)]
        mask = [[0] * pad + [1] * (longest - pad) for pad in pads]
        generated = model.generate(
            input_ids=torch.tensor(tokens, device=model.device),
            attention_mask=torch.tensor(mask, device=model.device),
            max_new_tokens=self.max_new_tokens,
            do_sample=False,
            # training with checkpointed gradients turns it off
            use_cache=True,
            pad_token_id=filler,
        )
        return [tokenizer.decode(answer[longest:], skip_special_tokens=True) for answer in generated]


@dataclass(frozen=True, slots=True, eq=False)
class CheckpointTask:
    """The prompts that every checkpoint answers, and how its answers are judged, with the keywords of `annotate`.

    Without a baseline, judges that compare need the answers of the reference policy.
    """

    prompts: tuple[str, ...]
    generate: Generate
    name: str
    options: AnnotateKeywords
    needs_reference: bool

    def answers(self, model: Any, processing_class: Any) -> list[str]:
        """The texts that a model answers the prompts with.

        Raises:
            ConfigError: `generate` returned something else.
        """
        texts = list(self.generate(model, processing_class, self.prompts))
        if len(texts) != len(self.prompts) or not all(isinstance(text, str) for text in texts):
            found = f"{len(texts)} values" if len(texts) != len(self.prompts) else "values that are not texts"
            raise ConfigError(f"generate: expected {len(self.prompts)} texts, one for each prompt, found {found}")
        return texts

    def judged(self, model: str, texts: Sequence[str], results: Path, reference: Path | None) -> Run:
        """Judge a model's answers.

        Raises:
            EvalkitError: they cannot be judged, or the run was stopped.
        """
        given: AnnotateKeywords = {**self.options, "results": results}
        if reference is not None:
            given["baseline"] = reference
        run = annotate(_records(model, self.prompts, texts), **given)
        require_finished(run.runs)
        return run


class WinRateCallback:
    """A callback that judges the checkpoints of a training run; `win_rate_callback` makes it.

    `run` is the last judged checkpoint, whose `leaderboard()` has all of them; it is None in every process but the one
    that judges.
    """

    def __init__(
        self, task: CheckpointTask, *, every: int | None, prefix: str, report: Report | None, strict: bool
    ) -> None:
        self.run: Run | None = None
        self._task = task
        self._every = every
        self._prefix = prefix
        self._report = report
        self._strict = strict
        self._training = False
        # the step that was judged last in this training, with its numbers
        self._judged: tuple[int, dict[str, float]] | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:  # noqa: ARG002
        """Let the reference policy answer, where the baseline is its answers."""
        self._training, self._judged = True, None
        if self._task.needs_reference and state.global_step == 0:
            with self._tolerated(f"{self._task.name}-reference has no answers"):
                self._answer_reference(args, state, **given)

    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Judge every so many steps, and at the last one unless an evaluation of the trainer follows there."""
        last = state.global_step >= state.max_steps and not (self._every is None and control.should_evaluate)
        if last or (self._every is not None and state.global_step % self._every == 0):
            self._numbers(args, state, **given)

    def on_evaluate(self, args: Any, state: Any, control: Any, **given: Any) -> None:  # noqa: ARG002
        """Judge beside the trainer's own evaluation, and put the numbers into its metrics."""
        judged = self._judged is not None and self._judged[0] == state.global_step
        metrics = given.pop("metrics", None)
        if self._every is None or judged or not self._training:
            numbers = self._numbers(args, state, **given)
            if metrics is not None:
                # the trainer logged them before this event, and returns them and picks the best checkpoint after it
                metrics.update(numbers)

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:  # noqa: ARG002
        """Judge a training that another callback ended before its last step."""
        # a best checkpoint that was loaded again is another one than that of the last step
        if _best_step(args, state) is None:
            self._numbers(args, state, **given)
        self._training = False

    def _numbers(self, args: Any, state: Any, **given: Any) -> dict[str, float]:
        """The numbers of the checkpoint in every process, from that which judges; empty where it could not."""
        if self._training and self._judged is not None and self._judged[0] == state.global_step:
            return self._judged[1]
        best = None if self._training else _best_step(args, state)
        model = f"{self._task.name}-step-{state.global_step if best is None else best}"
        numbers: dict[str, float] = {}
        with self._tolerated(f"{model} was not judged"):
            # in every process, because a model may be spread over all of them
            texts = self._task.answers(given.get("model"), _tokenizer(given))
            if state.is_world_process_zero:
                reference = self._known_reference(args) if self._task.needs_reference else None
                self.run = self._task.judged(model, texts, self._results(args), reference)
                numbers = _numbers_of(self.run.rows, self._prefix)
                self._log(numbers, state)
        numbers = _from_process_zero(numbers, args)
        if self._training:
            self._judged = (state.global_step, numbers)
        return numbers

    def _log(self, numbers: dict[str, float], state: Any) -> None:
        """Report the numbers, and add them to the trainer's history of logs unless the report did so."""
        logged = len(state.log_history)
        if self._report is not None:
            self._report(dict(numbers))
        if len(state.log_history) == logged:
            state.log_history.append({**numbers, "epoch": state.epoch, "step": state.global_step})

    def _answer_reference(self, args: Any, state: Any, **given: Any) -> None:
        if state.is_world_process_zero:
            # the policy of an earlier training is no reference for this one, even if this one fails to answer
            self._reference_file(args).unlink(missing_ok=True)
        texts = self._task.answers(given.get("model"), _tokenizer(given))
        if state.is_world_process_zero:
            path = self._reference_file(args)
            records = _records(path.parent.name, self._task.prompts, texts)
            write_text(path, json.dumps(records, indent=2) + "\n")

    def _known_reference(self, args: Any) -> Path:
        """The file with the reference policy's answers; a training that is resumed has it from its beginning.

        Raises:
            ConfigError: there is none.
        """
        path = self._reference_file(args)
        if not path.is_file():
            raise ConfigError(
                f"{path} is missing: the reference policy answers when a training begins at step 0. Give baseline= for "
                "a model that was trained before"
            )
        return path

    def _reference_file(self, args: Any) -> Path:
        return answers_file(self._results(args), f"{self._task.name}-reference")

    def _results(self, args: Any) -> Path:
        return Path(self._task.options.get("results", Path(args.output_dir) / "results"))

    @contextlib.contextmanager
    def _tolerated(self, failure: str) -> Iterator[None]:
        """Log what goes wrong as a warning, unless the callback is strict or somebody interrupts."""
        try:
            yield
        except Interrupted:
            raise
        except Exception as error:
            # hours of training are worth more than one measurement
            if self._strict:
                raise
            reason = str(error) if isinstance(error, EvalkitError) else f"{type(error).__name__}: {error}"
            _LOG.warning("%s: %s", failure, reason)


@front_door
def win_rate_callback(
    prompts: Sequence[str] | None = None,
    *,
    generate: Generate | None = None,
    max_new_tokens: int = 512,
    batch_size: int = 8,
    every: int | None = None,
    name: str = "policy",
    prefix: str = "eval_evalkit/",
    report: Report | None = None,
    strict: bool = False,
    **options: Unpack[AnnotateKeywords],
) -> WinRateCallback:
    """Make a callback for a trainer of transformers or TRL that judges its checkpoints while they are trained.

    At every evaluation of the trainer and at its last step, the model answers the prompts, and its answers are judged
    as `annotate` does, under the name `policy-step-200`. The numbers get into the metrics of the evaluation and into
    `state.log_history`; a number that cannot be estimated is left out. Every process answers, and process zero judges.

    Args:
        prompts: the texts to answer; by default the instructions of `baseline`.
        generate: a function `(model, processing_class, prompts)` that returns a text for each prompt; by default
            `model.generate` takes the likeliest tokens, with the tokenizer's chat template if it has one.
        max_new_tokens: the length of an answer at most, without `generate`.
        batch_size: the number of prompts that are answered at a time, without `generate`.
        every: judge at each so many steps instead of at the trainer's evaluations.
        name: begins the names of the checkpoints.
        prefix: begins the names of the numbers.
        report: a function that also gets the numbers, such as `trainer.log`, which gives them to all trackers.
        strict: whether a failure ends the training; by default it is a warning of the logger `evalkit`.
        options: the keywords of `annotate`, `judge` and `baseline` among them. Without `baseline` the answers are
            compared with those that the model gives before its first step. `results` is the folder `results` in the
            trainer's `output_dir` by default, and `audit` is `warn`.

    Returns:
        The callback, a `transformers.TrainerCallback` where transformers is installed.

    Raises:
        EvalkitError: a keyword, the judge or the baseline is wrong, or torch is missing and there is no `generate`.

    Example:
        >>> import evalkit as ek
        >>> callback = ek.win_rate_callback(prompts, judge="alpaca_eval_2")
        >>> trainer = Trainer(model, args, callbacks=[callback], ...)
    """
    tokens = checked_count("--max-new-tokens", max_new_tokens, least=1)
    size = checked_count("--batch-size", batch_size, least=1)
    if every is not None:
        checked_count("--every", every, least=1)
    if generate is None and importlib.util.find_spec("torch") is None:
        _torch()
    task = _task(prompts, generate or CausalAnswers(tokens, size), name, options)
    base = _callback_base()
    made = type(
        "WinRateCallback", (WinRateCallback, base), {"__module__": __name__, "__doc__": WinRateCallback.__doc__}
    )
    return cast(WinRateCallback, made(task, every=every, prefix=prefix, report=report, strict=strict))


def _task(prompts: Sequence[str] | None, generate: Generate, name: str, options: AnnotateKeywords) -> CheckpointTask:
    """The checked task of a callback.

    Raises:
        EvalkitError: a mistake that every checkpoint would meet.
    """
    assignment = assignment_of(**picked(options, AssignmentKeywords))
    compares = any(config.asks == "pair" for config in assignment.configs(_benchmark_of(assignment)))
    asked = _texts(prompts) if prompts is not None else _instructions(assignment)
    given: AnnotateKeywords = {"audit": WARN, "progress": False, **options}
    checked_choice("--audit", given["audit"], AUDITS)
    audit_limits_of(given.get("audit_limit", ()))
    task = CheckpointTask(asked, generate, name, given, compares and not assignment.baselines)
    sample = _records(f"{name}-step-0", asked, ["an answer"] * len(asked))
    if task.needs_reference:
        sampled = {**picked(options, AssignmentKeywords), "baseline": _records(f"{name}-reference", asked, asked)}
        assignment = assignment_of(**cast(AssignmentKeywords, sampled))
    prepared = assignment.read([named_source_of(sample, "prompts")])
    check_costs(prepared.judges, limits_of(**picked(options, LimitKeywords)))
    check_works(prepared.works(b""))
    return task


def _benchmark_of(assignment: Assignment) -> Benchmark:
    """The benchmark that is named, else one that says nothing about judges or questions."""
    return own_benchmark("prompts") if assignment.benchmark is None else find_benchmark(assignment.benchmark)


def _texts(prompts: Sequence[str]) -> tuple[str, ...]:
    """The prompts, each once."""
    found = () if isinstance(prompts, str) else tuple(dict.fromkeys(map(_text, prompts)))
    if not found:
        raise ConfigError("prompts: expected a sequence of texts")
    return found


def _text(prompt: object) -> str:
    if not isinstance(prompt, str) or not prompt.strip():
        raise ConfigError(f"prompts: expected texts, found {_kind(prompt)} {str(prompt)[:40]!r}")
    return prompt


def _instructions(assignment: Assignment) -> tuple[str, ...]:
    """The instructions of the baseline."""
    if not assignment.baselines:
        raise ConfigError("prompts: give texts to answer, or a baseline= whose instructions they are")
    benchmark = _benchmark_of(assignment)
    questions = load_questions(benchmark, assignment.questions)
    examples = load_baseline(benchmark, assignment.baselines, key=assignment.key, questions=questions).examples
    if any(len(example.turns) > 1 for example in examples):
        raise ConfigError("baseline: has conversations of several turns, and a checkpoint answers single prompts")
    return _texts([example.instruction for example in examples])


def _records(model: str, prompts: Sequence[str], texts: Sequence[str]) -> list[dict[str, str]]:
    return [
        {"instruction": prompt, "output": text, "generator": model} for prompt, text in zip(prompts, texts, strict=True)
    ]


def _numbers_of(rows: Sequence[BoardRow], prefix: str) -> dict[str, float]:
    """The numbers of a checkpoint's rows, with 1 for each that is fully reliable and 0 for each that is not."""
    several = len({row.entry.judge for row in rows}) > 1
    found: dict[str, float] = {}
    for row in rows:
        start = f"{prefix}{row.entry.judge}/" if several else prefix
        for metric, controlled in row.numbers.items():
            status = row.status(metric)
            found |= estimate_metrics(f"{start}{metric.name}", controlled.measured.estimate)
            found[f"{start}{metric.name}_ok"] = float(status.kind == StatusKind.OK)
            refused = status.kind == StatusKind.NOT_ESTIMABLE or row.coverage < MIN_COVERAGE
            level = logging.WARNING if refused else logging.INFO
            _LOG.log(level, "%s, %s: %s is %s", row.entry.model, row.entry.judge, metric.name, status)
        found[f"{start}n"] = float(row.entry.sample.n)
        found[f"{start}n_missing"] = float(row.entry.sample.n_missing)
    return found


def _prompt_tokens(tokenizer: Any, prompt: str) -> list[int]:
    if not getattr(tokenizer, "chat_template", None):
        return list(tokenizer(prompt)["input_ids"])
    message = {"role": "user", "content": prompt}
    shown = tokenizer.apply_chat_template([message], tokenize=False, add_generation_prompt=True)
    # the template has the special tokens already
    return list(tokenizer(shown, add_special_tokens=False)["input_ids"])


def _tokenizer(given: Mapping[str, Any]) -> Any:
    """The tokenizer that an event brings; before transformers 4.46 it had another name."""
    found = given.get("processing_class")
    return given.get("tokenizer") if found is None else found


def _best_step(args: Any, state: Any) -> int | None:
    """The step of the best checkpoint where a trainer loads it again after training."""
    if not getattr(args, "load_best_model_at_end", False) or getattr(state, "best_model_checkpoint", None) is None:
        return None
    return cast("int | None", getattr(state, "best_global_step", None))


def _from_process_zero(numbers: dict[str, float], args: Any) -> dict[str, float]:
    """The numbers of process zero in every process, where all must pick the same best checkpoint."""
    if getattr(args, "world_size", 1) < 2:
        return numbers
    distributed = importlib.import_module("torch.distributed")
    if not (distributed.is_available() and distributed.is_initialized()):
        return numbers
    shared = [numbers]
    distributed.broadcast_object_list(shared, src=0)
    return shared[0]


def _callback_base() -> type:
    """The class of callbacks of transformers, or one with the same events that do nothing."""
    try:
        return cast(type, importlib.import_module("transformers").TrainerCallback)
    except ImportError:
        return type("Events", (), dict.fromkeys(EVENTS, _ignored))


def _ignored(self: object, args: Any, state: Any, control: Any, **given: Any) -> None:
    """Let an event pass."""


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise ConfigError(
            "torch is missing. Install torch and transformers, or give generate=, a function "
            "(model, processing_class, prompts) -> texts"
        ) from error


def _kind(value: object) -> str:
    return type(value).__name__
