"""The callback in the real Trainer of transformers, with a model and a tokenizer that are made here."""

import json
from pathlib import Path
from typing import Any

import pytest

import evalkit as ek

torch: Any = pytest.importorskip("torch", reason="torch is not installed")
transformers: Any = pytest.importorskip("transformers", reason="transformers is not installed")
tokenizers: Any = pytest.importorskip("tokenizers", reason="transformers is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed")

# the warnings of other packages are not ours to mend
pytestmark = pytest.mark.filterwarnings("default")

PROMPTS = [f"say number {number}" for number in range(8)]
WORDS = ["[PAD]", "[EOS]", "[UNK]", "say", "number", *map(str, range(10))]


@pytest.fixture
def tokenizer() -> Any:
    words = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="[PAD]", eos_token="[EOS]", unk_token="[UNK]", padding_side="right"
    )


@pytest.fixture
def model() -> Any:
    torch.manual_seed(1)
    config = transformers.GPT2Config(
        vocab_size=len(WORDS), n_positions=32, n_embd=16, n_layer=1, n_head=2, bos_token_id=1, eos_token_id=1,
        pad_token_id=0,
    )  # fmt: skip
    return transformers.GPT2LMHeadModel(config)


@pytest.fixture
def trainer(model: Any, tokenizer: Any, tmp_path: Path) -> Any:
    rows = [{"input_ids": ids, "labels": ids} for ids in ([3, 4, 5 + place, 6, 6] for place in range(8))]
    args = transformers.TrainingArguments(
        output_dir=str(tmp_path / "out"), max_steps=2, per_device_train_batch_size=4, learning_rate=0.5,
        eval_strategy="steps", eval_steps=1, save_strategy="steps", save_steps=1, logging_steps=1, report_to=[],
        load_best_model_at_end=True, metric_for_best_model="eval_evalkit/win_rate", greater_is_better=True,
        use_cpu=True, disable_tqdm=True,
    )  # fmt: skip
    return transformers.Trainer(
        model=model, args=args, train_dataset=rows, eval_dataset=rows, processing_class=tokenizer
    )


@pytest.mark.parametrize("reports", [False, True])
def test_the_trainer_logs_the_win_rate_and_picks_its_best_checkpoint_by_it(
    trainer: Any, tokenizer: Any, tmp_path: Path, *, reports: bool
) -> None:
    callback = ek.win_rate_callback(
        PROMPTS, judge="surface", max_new_tokens=4, batch_size=3, report=trainer.log if reports else None, strict=True
    )
    assert isinstance(callback, transformers.TrainerCallback)
    trainer.add_callback(callback)
    trainer.train()

    judged = [logs for logs in trainer.state.log_history if "eval_evalkit/n" in logs]
    assert [(logs["step"], logs["eval_evalkit/n"]) for logs in judged] == [(1, 8.0), (2, 8.0)]
    assert all(0 <= logs["eval_evalkit/win_rate"] <= 100 for logs in judged)
    assert trainer.state.best_metric == max(logs["eval_evalkit/win_rate"] for logs in judged)
    state = json.loads((tmp_path / "out" / "checkpoint-2" / "trainer_state.json").read_text())
    assert judged[1] in state["log_history"]
    assert tokenizer.padding_side == "right"

    board = ek.leaderboard(results=tmp_path / "out" / "results")
    assert {row.entry.model for row in board.rows} == {"policy-step-1", "policy-step-2"}
    # the best checkpoint was loaded again: its answers are those of its step
    assert trainer.evaluate()["eval_evalkit/win_rate"] == trainer.state.best_metric
    assert callback.run is not None
    assert callback.run.rows[0].entry.model == f"policy-step-{trainer.state.best_global_step}"
    assert callback.run.runs[0].annotated.progress.sent == 0


def test_padding_changes_no_answer(model: Any, tokenizer: Any) -> None:
    from evalkit.api.training import CausalAnswers

    prompts = ["say", "say number 3 say number 4", "number 7"]
    alone = CausalAnswers(max_new_tokens=5, batch_size=1)(model, tokenizer, prompts)
    assert CausalAnswers(max_new_tokens=5, batch_size=3)(model, tokenizer, prompts) == alone
    assert model.training
