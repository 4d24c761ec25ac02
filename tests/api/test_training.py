"""The callback for trainers, driven by a loop that calls its events as the Trainer of transformers does."""

import json
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import evalkit as ek
from evalkit.api.training import EVENTS, CausalAnswers

PROMPTS = [f"Question number {number}?" for number in range(12)]


@dataclass
class FakePolicy:
    """A model whose answers depend on the steps that it was trained for."""

    steps: int = 0
    asked: list[list[str]] = field(default_factory=list)


def lengthen(model: FakePolicy, processing_class: object, prompts: Sequence[str]) -> list[str]:
    """Every second step the answers get longer."""
    assert processing_class == "tokenizer"
    model.asked.append(list(prompts))
    return [f"{prompt} {'because ' * (1 + model.steps // 2)}of that, {place}." for place, prompt in enumerate(prompts)]


@dataclass
class FakeTrainer:
    """A light loop with the order of events and the keywords of `transformers.Trainer` 5."""

    callback: Any
    output_dir: Path
    max_steps: int = 4
    eval_steps: int | None = 2
    stop_at: int | None = None
    best: int | None = None
    zero: bool = True
    model: FakePolicy = field(default_factory=FakePolicy)

    def __post_init__(self) -> None:
        self.args = SimpleNamespace(
            output_dir=str(self.output_dir), world_size=1, load_best_model_at_end=self.best is not None
        )
        self.state = SimpleNamespace(
            global_step=0, max_steps=self.max_steps, epoch=0.0, log_history=[], is_world_process_zero=self.zero,
            best_model_checkpoint=None, best_global_step=None,
        )  # fmt: skip
        self.control = SimpleNamespace(should_evaluate=False, should_training_stop=False)
        self.event("on_init_end")

    def event(self, name: str, **given: Any) -> None:
        result = getattr(self.callback, name)(
            self.args, self.state, self.control, model=self.model, processing_class="tokenizer", optimizer=None,
            lr_scheduler=None, train_dataloader=None, eval_dataloader=None, **given,
        )  # fmt: skip
        assert result is None

    def log(self, logs: dict[str, float]) -> None:
        self.state.log_history.append({**logs, "step": self.state.global_step})
        self.event("on_log", logs=logs)

    def evaluate(self) -> dict[str, float]:
        self.event("on_prediction_step")
        metrics = {"eval_loss": 1.0}
        self.log(metrics)
        self.event("on_evaluate", metrics=metrics)
        return metrics

    def train(self, *, resumed: int = 0) -> None:
        self.state.global_step = self.model.steps = resumed
        self.event("on_train_begin")
        self.event("on_epoch_begin")
        while self.state.global_step < self.max_steps:
            for name in ("on_step_begin", "on_substep_end", "on_pre_optimizer_step", "on_optimizer_step"):
                self.event(name)
            self.state.global_step += 1
            self.model.steps += 1
            last = self.state.global_step == self.max_steps
            due = self.eval_steps is not None and (last or self.state.global_step % self.eval_steps == 0)
            self.control.should_evaluate = due
            self.event("on_step_end")
            if due:
                self.evaluate()
                self.event("on_save")
            if self.state.global_step == self.stop_at:
                break
        self.event("on_epoch_end")
        if self.best is not None:
            self.model.steps = self.state.best_global_step = self.best
            self.state.best_model_checkpoint = f"checkpoint-{self.best}"
        self.event("on_train_end")

    @property
    def judged(self) -> dict[int, dict[str, float]]:
        """The logged numbers by step, without their prefix."""
        found = [
            {key.removeprefix("eval_evalkit/"): value for key, value in logs.items()}
            for logs in self.state.log_history
            if "eval_loss" not in logs
        ]
        assert len({logs["step"] for logs in found}) == len(found)
        return {int(logs["step"]): logs for logs in found}


@dataclass
class Longer:
    """A versioned judge that counts its questions."""

    asked: int = 0

    def judge(self) -> ek.JudgeFunction[ek.Pair]:
        @ek.judge(name="longer", version="1")
        def longer(pair: ek.Pair) -> str:
            self.asked += 1
            return "first" if len(pair.first) > len(pair.second) else "second"

        return longer


@pytest.fixture
def longer() -> Longer:
    return Longer()


@pytest.fixture
def trainer(tmp_path: Path, longer: Longer) -> Callable[..., FakeTrainer]:
    def make(options: dict[str, Any] | None = None, **given: Any) -> FakeTrainer:
        chosen = {"judge": longer.judge(), "generate": lengthen, **(options or {})}
        return FakeTrainer(ek.win_rate_callback(chosen.pop("prompts", PROMPTS), **chosen), tmp_path / "out", **given)

    return make


def test_each_evaluation_is_judged_against_the_policy_before_training(trainer: Callable[..., FakeTrainer]) -> None:
    run = trainer()
    run.train()
    assert list(run.judged) == [2, 4]
    assert run.model.asked == [PROMPTS] * 3
    first = run.judged[2]
    assert first["win_rate"] == 100.0 and first["n"] == 12.0 and first["n_missing"] == 0.0
    assert {"win_rate_lower", "win_rate_upper", "win_rate_ok", "lc_win_rate_ok"} <= first.keys()
    assert all(isinstance(value, float | int) for value in first.values())
    assert first["epoch"] == 0.0


def test_with_enough_prompts_the_rate_at_equal_length_is_logged(trainer: Callable[..., FakeTrainer]) -> None:
    def differ(model: FakePolicy, processing_class: object, prompts: Sequence[str]) -> list[str]:
        return [f"It is {'very ' * ((place * (1 + model.steps)) % 11)}so." for place in range(len(prompts))]

    run = trainer({"prompts": [f"Question {number}?" for number in range(60)], "judge": "surface", "generate": differ})
    run.train()
    found = run.judged[2]
    assert found["lc_win_rate_lower"] < found["lc_win_rate"] < found["lc_win_rate_upper"]
    assert run.judged[4]["lc_win_rate"] == run.callback.run.rows[0].lc.value


def test_the_numbers_are_in_the_metrics_from_which_the_trainer_picks_the_best_checkpoint(
    trainer: Callable[..., FakeTrainer],
) -> None:
    run = trainer({"prefix": "eval_"})
    run.train()
    assert run.evaluate()["eval_win_rate"] == 100.0


def test_a_board_shows_every_checkpoint_under_its_step(trainer: Callable[..., FakeTrainer]) -> None:
    run = trainer()
    run.train()
    board = ek.leaderboard(results=run.output_dir / "results")
    assert {row.entry.model for row in board.rows} == {"policy-step-2", "policy-step-4"}
    assert {row.entry.baseline for row in board.rows} == {"policy-reference"}
    assert run.callback.run.leaderboard().sha256 == board.sha256


def test_equal_answers_at_another_step_and_in_a_second_training_ask_nothing(
    trainer: Callable[..., FakeTrainer], longer: Longer
) -> None:
    run = trainer({"every": 1}, eval_steps=None)
    run.train()
    assert list(run.judged) == [1, 2, 3, 4]
    # the first step equals the reference, and the third the second
    assert longer.asked == 24
    again = trainer({"every": 1}, eval_steps=None)
    again.train()
    assert longer.asked == 24
    assert again.judged == run.judged


def test_without_evaluations_the_last_step_is_judged(trainer: Callable[..., FakeTrainer]) -> None:
    run = trainer(eval_steps=None)
    run.train()
    assert list(run.judged) == [4]


def test_a_training_that_ends_early_is_judged_where_it_ends(trainer: Callable[..., FakeTrainer]) -> None:
    run = trainer(eval_steps=None, stop_at=3)
    run.train()
    assert list(run.judged) == [3]


def test_a_best_checkpoint_that_is_loaded_again_keeps_the_name_of_its_step(
    trainer: Callable[..., FakeTrainer],
) -> None:
    run = trainer(best=2)
    run.train()
    run.evaluate()
    assert [row.entry.model for row in run.callback.run.rows] == ["policy-step-2"]
    assert len(ek.leaderboard(results=run.output_dir / "results").rows) == 2


def test_given_answers_are_a_baseline_and_their_instructions_the_prompts(
    trainer: Callable[..., FakeTrainer],
) -> None:
    run = trainer({"prompts": None, "baseline": dict.fromkeys(PROMPTS[:5], "A long answer " * 9)})
    run.train()
    assert run.model.asked == [PROMPTS[:5]] * 2
    assert run.judged[2]["win_rate"] == 0.0 and run.judged[2]["n"] == 5.0


def test_a_resumed_training_has_the_reference_of_its_beginning(trainer: Callable[..., FakeTrainer]) -> None:
    trainer(max_steps=2).train()
    resumed = trainer()
    resumed.train(resumed=2)
    assert resumed.model.asked == [PROMPTS]
    assert resumed.judged[4]["win_rate"] == 100.0


def test_a_resumed_training_without_a_reference_says_what_is_missing(
    trainer: Callable[..., FakeTrainer], caplog: pytest.LogCaptureFixture
) -> None:
    run = trainer()
    run.train(resumed=2)
    assert run.judged == {}
    assert "policy-step-4 was not judged" in caplog.text and "is missing: the reference policy answers" in caplog.text


def test_a_reference_of_an_earlier_training_is_not_taken_when_the_new_one_fails(
    trainer: Callable[..., FakeTrainer], caplog: pytest.LogCaptureFixture
) -> None:
    trainer().train()

    def fails_first(model: FakePolicy, processing_class: object, prompts: Sequence[str]) -> list[str]:
        if not model.steps:
            raise MemoryError("too long")
        return lengthen(model, processing_class, prompts)

    run = trainer({"generate": fails_first})
    run.train()
    assert run.judged == {}
    assert "policy-reference has no answers: MemoryError: too long" in caplog.text


def test_other_processes_answer_but_neither_judge_nor_log(trainer: Callable[..., FakeTrainer], longer: Longer) -> None:
    run = trainer(zero=False)
    run.train()
    assert len(run.model.asked) == 3
    assert (run.judged, longer.asked, run.callback.run) == ({}, 0, None)
    assert not run.output_dir.exists()


def test_a_failure_is_a_warning_and_no_number(
    trainer: Callable[..., FakeTrainer], caplog: pytest.LogCaptureFixture
) -> None:
    run = trainer({"generate": lambda model, tokenizer, prompts: ["one text"]})
    run.train()
    assert run.judged == {}
    warnings = [record.getMessage() for record in caplog.records if record.name == "evalkit"]
    assert (
        warnings[1] == "policy-step-2 was not judged: generate: expected 12 texts, one for each prompt, found 1 values"
    )


def test_a_strict_callback_raises(trainer: Callable[..., FakeTrainer]) -> None:
    run = trainer({"strict": True, "generate": lambda model, tokenizer, prompts: ["one text"]})
    with pytest.raises(ek.ConfigError, match="expected 12 texts"):
        run.train()


@pytest.mark.parametrize("signal", [KeyboardInterrupt, "Interrupted"])
def test_an_interrupt_ends_the_training(trainer: Callable[..., FakeTrainer], signal: Any) -> None:
    from evalkit.errors import Interrupted

    raised = Interrupted if signal == "Interrupted" else signal

    def interrupts(model: FakePolicy, processing_class: object, prompts: Sequence[str]) -> list[str]:
        raise raised("now")

    with pytest.raises(raised, match="now"):
        trainer({"generate": interrupts}).train()


def test_what_cannot_be_estimated_is_left_out_with_its_reason(
    trainer: Callable[..., FakeTrainer], caplog: pytest.LogCaptureFixture
) -> None:
    @ek.judge(name="silent", version="1")
    def silent(pair: ek.Pair) -> str:
        raise ek.NoVerdict("nothing to say")

    run = trainer({"judge": silent})
    run.train()
    assert run.judged[2]["n"] == 0.0 and run.judged[2]["n_missing"] == 12.0
    assert run.judged[2]["win_rate_ok"] == 0.0
    assert "win_rate" not in run.judged[2] and "lc_win_rate" not in run.judged[2]
    assert any(
        record.levelno == logging.WARNING and "not_estimable" in record.getMessage() for record in caplog.records
    )


def test_several_judges_have_their_names_in_the_numbers(trainer: Callable[..., FakeTrainer], longer: Longer) -> None:
    run = trainer({"judge": [longer.judge(), "surface"]})
    run.train()
    assert {"longer/win_rate", "surface/win_rate", "surface/n"} <= run.judged[2].keys()


def test_a_report_gets_the_numbers_and_none_is_logged_twice(trainer: Callable[..., FakeTrainer]) -> None:
    got: list[dict[str, float]] = []
    run = trainer({"report": got.append})
    run.train()
    assert [numbers["eval_evalkit/win_rate"] for numbers in got] == [100.0, 100.0]
    assert list(run.judged) == [2, 4]
    own: list[FakeTrainer] = []
    run = trainer({"report": lambda numbers: own[0].log(numbers)})
    own.append(run)
    run.train()
    assert list(run.judged) == [2, 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"judge": "alpaca_eval_3"}, "unknown judge 'alpaca_eval_3'"),
        ({"prompts": None}, "prompts: give texts to answer, or a baseline="),
        ({"prompts": "one text"}, "prompts: expected a sequence of texts"),
        ({"prompts": [["a"], "b"]}, "prompts: expected texts, found list"),
        ({"every": 0}, "every: expected a whole number from 1, found 0"),
        ({"baseline": {"Another question?": "Yes."}}, "prompts: has no instruction in common with baseline"),
        ({"baseline": [{"instruction": ["a", "b"], "output": ["c", "d"], "generator": "x"}], "prompts": None}, "turns"),
        ({"audit": "x"}, "audit: unknown value 'x'"),
        ({"max_cost": 1.0}, "max_cost needs the prices of judge"),
    ],
)
def test_a_mistake_shows_when_the_callback_is_made(
    trainer: Callable[..., FakeTrainer], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ek.EvalkitError, match=message):
        trainer(options)


def test_without_torch_the_default_needs_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ek.ConfigError, match="torch is missing. Install torch and transformers, or give generate="):
        ek.win_rate_callback(PROMPTS, judge="surface")


def test_without_transformers_the_callback_has_every_event(
    trainer: Callable[..., FakeTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    run = trainer()
    assert all(callable(getattr(run.callback, event)) for event in EVENTS)
    assert isinstance(run.callback, ek.WinRateCallback)
    run.train()
    assert list(run.judged) == [2, 4]


def test_the_class_of_transformers_is_the_base_where_it_is_installed(
    trainer: Callable[..., FakeTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = type("TrainerCallback", (), dict.fromkeys(EVENTS, lambda *_, **__: None))
    monkeypatch.setitem(sys.modules, "transformers", SimpleNamespace(TrainerCallback=base))
    assert isinstance(trainer().callback, base)


def test_two_processes_share_the_numbers_of_process_zero(
    trainer: Callable[..., FakeTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broadcast(shared: list[dict[str, float]], src: int) -> None:
        shared[0] = {"eval_evalkit/win_rate": 60.0}

    distributed = SimpleNamespace(
        is_available=lambda: True, is_initialized=lambda: True, broadcast_object_list=broadcast
    )
    monkeypatch.setitem(sys.modules, "torch.distributed", distributed)
    run = trainer(zero=False)
    run.args.world_size = 2
    run.train()
    assert run.evaluate()["eval_evalkit/win_rate"] == 60.0


class FakeTokenizer:
    """Its tokens are letters; the side on which it pads is the trainer's business."""

    pad_token_id, eos_token_id, padding_side, chat_template = None, 0, "right", None

    def __call__(self, text: str) -> dict[str, list[int]]:
        return {"input_ids": [ord(letter) for letter in text]}

    def decode(self, tokens: list[int], *, skip_special_tokens: bool) -> str:
        return "".join(chr(token) for token in tokens if token or not skip_special_tokens)


class ChatTokenizer(FakeTokenizer):
    chat_template: Any = "a template"

    def __call__(self, text: str, *, add_special_tokens: bool = True) -> dict[str, list[int]]:
        assert not add_special_tokens
        return super().__call__(text)

    def apply_chat_template(self, messages: list[dict[str, str]], **given: bool) -> str:
        assert given == {"tokenize": False, "add_generation_prompt": True}
        return "".join(f"<{message['role']}>{message['content']}" for message in messages)


class FakeCausal:
    """It answers with its prompt in capitals, and counts how it was asked."""

    device = "cpu"

    def __init__(self) -> None:
        self.training = True
        self.seen: list[tuple[list[list[int]], list[list[int]], bool]] = []

    def eval(self) -> None:
        self.training = False

    def train(self, mode: bool) -> None:
        self.training = mode

    def generate(
        self, *, input_ids: list[list[int]], attention_mask: list[list[int]], max_new_tokens: int, **given: Any
    ) -> list[list[int]]:
        assert given == {"do_sample": False, "use_cache": True, "pad_token_id": 0}
        self.seen.append((input_ids, attention_mask, self.training))
        return [
            tokens + [ord(chr(token).upper()) for token in tokens if token][:max_new_tokens] for tokens in input_ids
        ]


class NoGrad:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(no_grad=NoGrad, tensor=lambda rows, device: rows)
    monkeypatch.setitem(sys.modules, "torch", fake)


@pytest.mark.usefixtures("torch")
def test_by_default_the_model_answers_in_padded_batches_and_goes_back_to_training() -> None:
    model, tokenizer = FakeCausal(), FakeTokenizer()
    assert CausalAnswers(2, 2)(model, tokenizer, ["ab", "abcd", "x"]) == ["AB", "AB", "X"]
    assert [mask for _, mask, _ in model.seen] == [[[0, 0, 1, 1], [1, 1, 1, 1]], [[1]]]
    assert not any(training for _, _, training in model.seen)
    assert model.training and tokenizer.padding_side == "right"


@pytest.mark.usefixtures("torch")
def test_a_model_that_was_evaluated_stays_so_and_one_that_fails_is_trained_on() -> None:
    model = FakeCausal()
    model.training = False
    CausalAnswers(2, 2)(model, FakeTokenizer(), ["ab"])
    assert not model.training
    failing = FakeCausal()
    with pytest.raises(AttributeError):
        CausalAnswers(2, 2)(failing, SimpleNamespace(chat_template="x"), ["ab"])
    assert failing.training


@pytest.mark.usefixtures("torch")
def test_a_chat_template_shows_a_prompt_as_a_message_of_the_user() -> None:
    processor = SimpleNamespace(tokenizer=ChatTokenizer())
    assert CausalAnswers(99, 2)(FakeCausal(), processor, ["hi"]) == ["<USER>HI"]


@pytest.mark.parametrize(
    ("model", "tokenizer", "lacks"),
    [(FakeCausal(), None, "the trainer has no processing_class"), (object(), FakeTokenizer(), "no object.generate")],
)
def test_what_the_default_lacks_is_said_in_one_line(model: object, tokenizer: object, lacks: str) -> None:
    with pytest.raises(ek.ConfigError, match=lacks):
        CausalAnswers(1, 1)(model, tokenizer, ["a"])


def test_the_reference_is_a_file_of_outputs(trainer: Callable[..., FakeTrainer]) -> None:
    run = trainer()
    run.train()
    rows = json.loads((run.output_dir / "results" / "policy-reference" / "outputs.json").read_text())
    assert [row["instruction"] for row in rows] == PROMPTS
    assert {row["generator"] for row in rows} == {"policy-reference"}
