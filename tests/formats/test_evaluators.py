"""AlpacaEval's evaluators as judges of ours, and back."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from evalkit.errors import ConfigError, EvalkitError
from evalkit.formats.evaluators import convert_evaluator, read_original, write_judge
from evalkit.formats.foreign import write_foreign
from evalkit.judge_spec.config import read_judge
from evalkit.judge_spec.parsers import find_parser
from evalkit.judge_spec.prompting import render
from evalkit.types import (
    ChatReply,
    Comparison,
    Example,
    JudgeConfig,
    Labels,
    Message,
    Order,
    Output,
    Preference,
    Question,
    Reading,
)

PROMPT = """\
<|im_start|>system
Pick the better output. {{ no template }} {% nor this %} {# nor a comment #}
<|im_end|>
<|im_start|>user
Task: {{instruction}} as {"json": 1}
m: "{output_1}"
M: "{output_2}"
Which one?
<|im_end|>
"""
WEIGHTED: dict[str, Any] = {
    "prompt_template": "mine/prompt.txt",
    "fn_completions": "openai_completions",
    "completions_kwargs": {
        "model_name": "gpt-4.1", "max_tokens": 1, "temperature": 1, "logprobs": True, "top_logprobs": 5,
        "requires_chatml": True,
    },
    "fn_completion_parser": "logprob_parser",
    "completion_parser_kwargs": {"numerator_token": "m", "denominator_tokens": ["m", "M"], "is_binarize": False},
    "completion_key": "completions_all",
    "batch_size": 1,
}  # fmt: skip
PATTERNS = {1: r"(?:^|\n) ?Output \(a\)", 2: r"(?:^|\n) ?Output \(b\)"}


def evaluator(tmp_path: Path, *, prompt: str = PROMPT, **changes: Any) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    config = {key: value for key, value in {**WEIGHTED, **changes}.items() if value is not None}
    (folder / "configs.yaml").write_text(f"# a remark\n{yaml.safe_dump({'mine': config})}", encoding="utf-8")
    (folder / "prompt.txt").write_text(prompt, encoding="utf-8")
    return folder


def by_patterns(patterns: dict[Any, str]) -> dict[str, Any]:
    return {
        "fn_completion_parser": "regex_parser",
        "completion_parser_kwargs": {"outputs_to_match": patterns},
        "completions_kwargs": {"model_name": "gpt-4.1", "max_tokens": 50, "temperature": 0},
    }


def judge_of(folder: Path, tmp_path: Path) -> JudgeConfig:
    return read_judge(str(write_judge(convert_evaluator(folder), tmp_path / "judges")))


def messages_of(judge: JudgeConfig) -> tuple[Message, ...]:
    comparison = Comparison(Example("k", ("Why {{ x }}?",)), Output("k", "b", ("one",)), Output("k", "c", ("two",)))
    labels = Labels(*judge.labels)
    question = Question(comparison, Order.CANDIDATE_FIRST, labels, "0" * 32, fenced=judge.fence)
    return render(judge.prompt_text or "", question)


def test_a_weighted_evaluator_is_a_judge_by_the_probability_of_its_tokens(tmp_path: Path) -> None:
    judge = judge_of(evaluator(tmp_path), tmp_path)
    assert (judge.name, judge.client, judge.model, judge.orders) == ("mine", "openai", "gpt-4.1", "one")
    assert judge.parameters == {"temperature": 1, "max_tokens": 1, "logprobs": True, "top_logprobs": 5}
    assert (judge.parser, judge.labels, judge.fence) == ("token_probability", ("m", "M"), False)
    reply = ChatReply("m", ((("m", -0.2231435513142097), ("M", -1.6094379124341003)),))
    verdict = find_parser(judge.parser, judge.parser_options)(reply, Labels("m", "M"))
    assert isinstance(verdict, Preference)
    assert verdict.p_first == pytest.approx(0.8)


def test_its_prompt_is_shown_letter_by_letter(tmp_path: Path) -> None:
    system, user = messages_of(judge_of(evaluator(tmp_path), tmp_path))
    assert system == Message("system", "Pick the better output. {{ no template }} {% nor this %} {# nor a comment #}")
    assert user == Message("user", 'Task: {Why {{ x }}?} as {"json": 1}\nm: "two"\nM: "one"\nWhich one?')


def test_a_prompt_without_roles_is_one_message_of_the_user(tmp_path: Path) -> None:
    folder = evaluator(tmp_path, prompt="{instruction}|{output_1}|{output_2}")
    assert convert_evaluator(folder).notes == ("the prompt has no roles: it is sent as one message of the user",)
    assert messages_of(judge_of(folder, tmp_path)) == (Message("user", "Why {{ x }}?|two|one"),)


def test_an_evaluator_by_patterns_is_a_judge_by_labels(tmp_path: Path) -> None:
    folder = evaluator(tmp_path, **by_patterns(PATTERNS))
    judge = judge_of(folder, tmp_path)
    assert (judge.parser, judge.labels) == ("token_probability", ("Output (a)", "Output (b)"))
    verdict = find_parser(judge.parser, judge.parser_options)(ChatReply("Output (b)"), Labels(*judge.labels))
    assert verdict == Preference(0.0, Reading.SAMPLED)
    assert "a label counts only as the whole reply" in convert_evaluator(folder).notes[0]


def test_patterns_in_double_brackets_may_name_a_tie(tmp_path: Path) -> None:
    judge = judge_of(evaluator(tmp_path, **by_patterns({1: r"\[\[A\]\]", 2: r"\[\[B\]\]", 0: r"\[\[C\]\]"})), tmp_path)
    assert (judge.parser, judge.labels, judge.tie) == ("bracket_label", ("A", "B"), "C")


def test_the_parser_may_be_told_by_its_patterns_alone(tmp_path: Path) -> None:
    folder = evaluator(tmp_path, **{**by_patterns(PATTERNS), "fn_completion_parser": None})
    assert judge_of(folder, tmp_path).labels == ("Output (a)", "Output (b)")


@pytest.mark.parametrize(
    ("completions", "address", "key"),
    [
        ("anthropic_completions", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
        ("google_completions", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
        ("vllm_local_completions", "http://127.0.0.1:8000/v1", "VLLM_API_KEY"),
    ],
)
def test_other_vendors_are_asked_as_the_shipped_judges_ask_them(
    tmp_path: Path, completions: str, address: str, key: str
) -> None:
    folder = evaluator(tmp_path, fn_completions=completions)
    judge = judge_of(folder, tmp_path)
    assert (judge.client, judge.base_url, judge.key_variable) == ("openai", address, key)
    assert f"endpoint {address}" in convert_evaluator(folder).notes[0]


def test_what_is_not_carried_over_is_named(tmp_path: Path) -> None:
    kwargs = {**WEIGHTED["completions_kwargs"], "num_procs": 4}
    options = {**WEIGHTED["completion_parser_kwargs"], "is_binarize": True}
    folder = evaluator(
        tmp_path, completions_kwargs=kwargs, completion_parser_kwargs=options, processors_to_kwargs={"A": {}}
    )
    assert sorted(convert_evaluator(folder).notes) == [
        "completions_kwargs.num_procs is not carried over",
        "is_binarize: preferences stay probabilities",
        "processors_to_kwargs is not carried over",
    ]


@pytest.mark.parametrize("beside", [False, True])
def test_the_evaluator_comes_back_byte_by_byte(tmp_path: Path, beside: bool) -> None:
    folder = evaluator(tmp_path, prompt_template="other/prompt.txt" if beside else "mine/prompt.txt")
    expected = {"configs.yaml", "prompt.txt"}
    if beside:
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "prompt.txt").write_text(PROMPT)
        expected.add("other/prompt.txt")
    judge = write_judge(convert_evaluator(folder), tmp_path / "judges")
    back = tmp_path / "back"
    write_foreign(read_original(judge), back)
    assert {path.relative_to(back).as_posix() for path in back.rglob("*") if path.is_file()} == expected
    for name in ("configs.yaml", "prompt.txt"):
        assert (back / name).read_bytes() == (folder / name).read_bytes()
    again = convert_evaluator(back)
    assert (again.judge_yaml, again.prompt) == (convert_evaluator(folder).judge_yaml, convert_evaluator(folder).prompt)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fn_completions": "bedrock_anthropic_completions"}, "fn_completions: 'bedrock_anthropic_completions' cannot"),
        ({"fn_completions": 3}, "fn_completions: expected text, found a number"),
        ({"fn_completion_parser": "ranking_parser"}, "fn_completion_parser: 'ranking_parser' cannot be carried over"),
        ({"fn_completion_parser": "pipeline_meta_parser"}, "'pipeline_meta_parser' cannot be carried over"),
        ({"fn_completion_parser": "json_parser"}, "'json_parser' cannot be carried over"),
        ({"completions_kwargs": {"model_name": "m", "tools": []}}, "tools cannot be carried over"),
        ({"completions_kwargs": {"temperature": 0}}, "model_name: expected text, found nothing"),
        ({"completions_kwargs": [1]}, "completions_kwargs: expected a mapping, found a list"),
        ({"completion_parser_kwargs": {"numerator_token": "m"}}, "denominator_tokens: expected a list, found nothing"),
        (
            {"completion_parser_kwargs": {"numerator_token": "m", "denominator_tokens": ["m", "M", "x"]}},
            "denominator_tokens: expected the numerator_token and one other",
        ),
        (
            {"completion_parser_kwargs": {"numerator_token": "ma", "denominator_tokens": ["ma", "mb"]}},
            "'ma' and 'mb' begin alike",
        ),
        (
            {"completion_parser_kwargs": {**WEIGHTED["completion_parser_kwargs"], "log_prob_index": -1}},
            "log_prob_index: only the first token's probabilities are read",
        ),
        ({"batch_size": 5}, "batch_size: a judge is asked one question at a time"),
        (by_patterns({1: "a.*", 2: "b"}), "the pattern 'a.*' is more than a text"),
        (by_patterns({1: "a|b", 2: "c"}), "the pattern 'a|b' is more than a text"),
        (by_patterns({1: "a"}), "outputs_to_match: expected 1, 2 and at most one for ties"),
        (by_patterns({1: "a", 2: "a"}), "'a' stands twice"),
        (by_patterns({1: "a", 2: "b", 0: "c"}), "only labels in double brackets can name a tie"),
        ({"prompt_template": "/etc/passwd"}, "prompt_template: expected the path of a .txt file below"),
        ({"prompt_template": "../secret.txt"}, "prompt_template: expected the path of a .txt file below"),
        ({"prompt_template": "mine/none.txt"}, "prompt_template: mine/none.txt is neither in the folder nor beside it"),
        ({"prompt": "{instruction} {output_1}"}, "the prompt does not show {output_2}"),
        ({"prompt": "{instruction} {output_1} {output_2} {x}"}, "the prompt shows {x}, which a judge does not get"),
        ({"prompt": f"x {PROMPT}"}, "the prompt has text outside of its messages"),
        ({"prompt": PROMPT + PROMPT}, "the prompt has the messages system, user, system, user"),
    ],
)
def test_what_no_judge_does_is_refused_in_one_line(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    folder = evaluator(tmp_path, **changes)
    with pytest.raises(ConfigError) as error:
        convert_evaluator(folder)
    said = str(error.value)
    assert said.startswith(f"{folder / 'configs.yaml'}: 'mine': ") and reason in said and len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected a mapping of evaluators, found null"),
        ("a: {}\nb: {}\n", "expected one evaluator, found 2: ['a', 'b']. Name one"),
        ("a: 3\n", "'a': expected a mapping of settings, found a number"),
        ("a: &x {}\nb: *x\n", "aliases are not allowed"),
        ("a: {1: x, '1': y}\n", "a name stands twice"),
        ("a: [\n", "not valid YAML"),
        ("a: !!python/name:os.system\n", "not valid YAML"),
        ('a: {b: "\\ud83d"}\n', "half of a surrogate pair"),
        ("a: " + "[" * 5000, ""),
    ],
)
def test_a_configuration_that_cannot_be_read_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "configs.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(EvalkitError) as error:
        convert_evaluator(tmp_path)
    assert str(error.value).startswith(str(tmp_path / "configs.yaml")) and reason in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_one_of_several_evaluators_is_named(tmp_path: Path) -> None:
    folder = evaluator(tmp_path)
    (folder / "configs.yaml").write_text(yaml.safe_dump({"a": WEIGHTED, "b": {}}))
    assert convert_evaluator(folder, name="a").name == "a"
    with pytest.raises(ConfigError, match="has no evaluator 'c'"):
        convert_evaluator(folder, name="c")
