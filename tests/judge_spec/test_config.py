"""Judges and models as files: what is read, what is refused, and what a digest stands for."""

import re
from pathlib import Path

import pytest

from evalkit.errors import ConfigError, InputError, UnknownName
from evalkit.judge_spec.config import ORDERS, judge_names, read_judge, read_model, with_orders
from evalkit.judge_spec.copying import copied_judge
from evalkit.judge_spec.modelfile import model_file, model_name
from evalkit.judge_spec.prompting import ask, render
from evalkit.types import Comparison, Example, Grading, JudgeConfig, ModelConfig, Order, Output, Prices

JUDGE = """\
client: openai
model: some-model
prompt: my
parser: json_field
parser_options: {field: winner}
answer_schema: {winner: label}
parameters: {temperature: 0, max_tokens: 9}
tie: TIE
orders: one
base_url: http://localhost:8000/v1
headers: {x-team: a}
prices: {input: 1, output: 2.5}
description: a judge
notice: a notice
key_variable: MY_KEY
"""
PROMPT = (
    "{% block user %}{{ instruction }} {{ first }} {{ second }} {{ labels.first }} {{ labels.second }}{% endblock %}"
)


def own_judge(folder: Path, text: str = JUDGE, *, prompt: str | None = PROMPT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "my.yaml"
    path.write_text(text, encoding="utf-8")
    if prompt is not None:
        (folder / "my.jinja").write_text(prompt, encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as error:
        read_judge(str(path))
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert len(message.splitlines()) == 1
    return message.removeprefix(f"{path}: ")


LABELLED = "The answer labelled {{ labels.first }}: {{ first }} The answer labelled {{ labels.second }}: {{ second }}"


@pytest.mark.parametrize(
    ("parser", "verdicts", "cure"),
    [
        (
            "bracket_label",
            "[[A]] or [[B]]",
            "[[{{ labels.first }}]] if that answer is better, [[{{ labels.second }}]] if that one is. "
            "Or keep [[A]] and [[B]], with labels: [A, B] in the judge's file",
        ),
        (
            "bracket_label",
            "[[A]], [[B]] or [[C]] {# not {{ labels.first }} and {{ labels.second }} #}",
            "[[{{ labels.first }}]] if that answer is better, [[{{ labels.second }}]] if that one is. "
            "Or keep [[A]] and [[B]], with labels: [A, B] and tie: C in the judge's file",
        ),
        (
            "five_way",
            "[[A>>B]], [[A>B]] or the like",
            "[[{{ labels.first }}>>{{ labels.second }}]], [[{{ labels.first }}>{{ labels.second }}]], "
            "[[{{ labels.first }}={{ labels.second }}]], [[{{ labels.second }}>{{ labels.first }}]] or "
            "[[{{ labels.second }}>>{{ labels.first }}]]. "
            "Or keep [[A]] and [[B]], with labels: [A, B] in the judge's file",
        ),
        ("json_field", "the winner", '"winner": "{{ labels.first }}" or "{{ labels.second }}"'),
        ("token_probability", "m or M", "Reply with {{ labels.first }} or {{ labels.second }}"),
    ],
)
def test_a_prompt_without_its_labels_is_refused_with_the_lines_that_mend_it(
    tmp_path: Path, parser: str, verdicts: str, cure: str
) -> None:
    prompt = f"{{% block user %}}{{{{ instruction }}}} {{{{ first }}}} {{{{ second }}}} Say {verdicts}{{% endblock %}}"
    text = JUDGE.replace("json_field", parser).replace("parser_options: {field: winner}\n", "")
    path = own_judge(tmp_path, text, prompt=prompt)
    assert refusal(path) == (
        "the prompt never shows {{ labels.first }} and {{ labels.second }}, which the parser "
        f"{parser} reads: no reply would hold a verdict. Write: {LABELLED} ... {cure}"
    )
    # a function may read what it likes
    assert read_judge(str(path), own_parser=True).parser == parser
    # and the labels may be those that the prompt spells out
    if "[[" in verdicts:
        assert read_judge(str(own_judge(tmp_path, f"{text}labels: [A, B]\n", prompt=prompt))).labels == ("A", "B")
        other = own_judge(tmp_path, f"{text}labels: [X, Y]\n", prompt=prompt)
        assert refusal(other).startswith(f"the prompt shows neither of labels: [X, Y], which the parser {parser}")


@pytest.mark.parametrize(
    "shown", ["{{ labels.second }}", "{{ labels['second'] }}", "{{labels . second}}", "{% set names = labels %}"]
)
def test_labels_may_be_shown_in_any_way(tmp_path: Path, shown: str) -> None:
    path = own_judge(tmp_path, prompt=PROMPT.replace("{{ labels.second }}", shown))
    assert read_judge(str(path)).prompt == "my"


def test_a_prompt_without_blocks_is_refused_with_the_lines_that_mend_it(tmp_path: Path) -> None:
    said = refusal(own_judge(tmp_path, prompt="Which answer is better? {{ first }} or {{ second }}?"))
    assert said == (
        "the prompt has no block. Put {% block user %} before its text and {% endblock %} behind it, as in "
        f"{{% block user %}} {{{{ instruction }}}} {LABELLED} {{% endblock %}}"
    )


@pytest.mark.parametrize("name", judge_names())
def test_every_shipped_judge_reads(name: str) -> None:
    config = read_judge(name)
    assert config.name == name
    assert config.description and config.parser and config.model
    assert len(config.digest) == 12
    assert (config.prompt is None) == (config.prompt_text is None)
    if config.prompt_text is not None:
        example, output = Example("k", ("i",)), Output("k", "a", ("x",))
        if config.asks == "grade":
            question = ask(Grading(example, output), Order.ALONE, repeat=0, secret=b"s", tie=config.tie)
        else:
            comparison = Comparison(example, output, Output("k", "b", ("y",)))
            question = ask(comparison, Order.BASELINE_FIRST, repeat=0, secret=b"s", tie=config.tie)
        assert render(config.prompt_text, question)


def test_there_are_judges_and_no_two_share_a_digest() -> None:
    digests = {read_judge(name).digest for name in judge_names()}
    assert len(digests) == len(judge_names()) >= 5


def test_a_judge_in_the_users_own_folder_works_with_its_prompt_beside_it(tmp_path: Path) -> None:
    assert read_judge(str(own_judge(tmp_path / "judges"))) == JudgeConfig(
        name="my",
        client="openai",
        model="some-model",
        parser="json_field",
        description="a judge",
        prompt="my",
        prompt_text=PROMPT,
        parser_options={"field": "winner"},
        parameters={"temperature": 0, "max_tokens": 9},
        answer_schema={"winner": "label"},
        orders="one",
        tie="TIE",
        base_url="http://localhost:8000/v1",
        key_variable="MY_KEY",
        headers={"x-team": "a"},
        prices=Prices(1.0, 2.5),
        notice="a notice",
        digest=read_judge(str(own_judge(tmp_path / "elsewhere"))).digest,
    )


@pytest.mark.parametrize("name", ["my.yaml", "./my.yaml", "../here/my.yaml"])
def test_a_judge_is_found_from_the_folder_one_works_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    own_judge(tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    assert read_judge(name).prompt_text == PROMPT


@pytest.mark.parametrize("prompt", ["my", "my.jinja", "./my.jinja", "../judges/my.jinja"])
def test_a_prompt_is_looked_for_beside_its_judge(tmp_path: Path, prompt: str) -> None:
    path = own_judge(tmp_path / "judges", JUDGE.replace("prompt: my", f"prompt: {prompt}"))
    assert read_judge(str(path)).prompt_text == PROMPT


def test_a_prompt_may_be_named_by_its_whole_path(tmp_path: Path) -> None:
    other = tmp_path / "other.jinja"
    other.write_text(f"{PROMPT} ", encoding="utf-8")
    path = own_judge(tmp_path / "judges", JUDGE.replace("prompt: my", f"prompt: {other}"))
    assert read_judge(str(path)).prompt_text == f"{PROMPT} "


def test_an_own_judge_may_use_a_shipped_prompt_unless_its_own_has_that_name(tmp_path: Path) -> None:
    path = own_judge(tmp_path, JUDGE.replace("prompt: my", "prompt: pairwise_json"))
    assert read_judge(str(path)).prompt_text == read_judge("pairwise_json").prompt_text
    (tmp_path / "pairwise_json.jinja").write_text(PROMPT, encoding="utf-8")
    assert read_judge(str(path)).prompt_text == PROMPT


def test_a_prompt_that_lies_nowhere_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    path = own_judge(tmp_path, JUDGE.replace("prompt: my", "prompt: pairwise_jsn"), prompt=None)
    assert refusal(path).startswith("prompt: unknown prompt 'pairwise_jsn'. Did you mean 'pairwise_json'? Known: ")


def test_a_prompt_file_that_is_missing_is_named(tmp_path: Path) -> None:
    path = own_judge(tmp_path, JUDGE.replace("prompt: my", "prompt: gone.jinja"))
    assert refusal(path) == f"prompt: {tmp_path / 'gone.jinja'}: no such prompt file"


def test_a_prompt_that_is_not_utf_8_is_refused_with_its_name(tmp_path: Path) -> None:
    path = own_judge(tmp_path)
    (tmp_path / "my.jinja").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError) as error:
        read_judge(str(path))
    assert str(error.value).startswith(f"{tmp_path / 'my.jinja'}: not UTF-8")


def test_a_judge_of_three_keys_is_enough(tmp_path: Path) -> None:
    config = read_judge(str(own_judge(tmp_path, "client: heuristic\nmodel: m\nparser: bracket_label\n")))
    assert (config.model, config.prompt_text, config.orders, config.tie) == ("m", None, "one", None)
    assert config.prices is None


def test_an_unknown_judge_suggests_the_nearest_and_lists_all() -> None:
    with pytest.raises(UnknownName) as error:
        read_judge("alpaca_eval2")
    message = str(error.value)
    assert message.startswith("unknown judge 'alpaca_eval2'. Did you mean 'alpaca_eval_2'? Known: ")
    assert all(name in message for name in judge_names())


def test_an_unknown_judge_like_no_other_lists_all_without_a_guess() -> None:
    with pytest.raises(UnknownName, match=r"^unknown judge 'qqq'\. Known: alpaca_eval_2, "):
        read_judge("qqq")


@pytest.mark.parametrize("name", ["missing/my.yaml", "my.yaml", "missing\\my"])
def test_a_missing_judge_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as error:
        read_judge(name)
    assert str(error.value) == f"{Path(name)}: no such judge file"


@pytest.mark.parametrize("name", ["", "..", "longest\n", "LONGEST"])
def test_a_name_that_is_no_judges_is_refused(name: str) -> None:
    with pytest.raises(UnknownName, match="unknown judge"):
        read_judge(name)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("paramters: {}", "unknown key 'paramters'. Did you mean 'parameters'? Known: answer_form,"),
        ("Model: x", "unknown key 'Model'. Did you mean 'model'? Known: answer_form,"),
        ("promt: x", "unknown key 'promt'. Did you mean 'prompt'? Known: answer_form,"),
        ("qqq: x", "unknown key 'qqq'. Known: answer_form,"),
        ("name: x", "unknown key 'name'."),
        ("digest: x", "unknown key 'digest'."),
        ("prompt_text: x", "unknown key 'prompt_text'."),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(tmp_path: Path, line: str, hint: str) -> None:
    assert refusal(own_judge(tmp_path, f"{JUDGE}{line}\n")).startswith(hint)


@pytest.mark.parametrize("key", ["client", "parser"])
def test_a_judge_without_client_or_parser_is_refused(tmp_path: Path, key: str) -> None:
    lines = [line for line in JUDGE.splitlines() if not line.startswith(f"{key}:")]
    assert refusal(own_judge(tmp_path, "\n".join(lines))) == f"missing key {key!r}"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("client: 3", "client: expected text, found a number. Put it in quotes"),
        ("client: [openai]", "client: expected text, found a list."),
        ("model: {name: x}", "model: expected text, found a mapping."),
        ("model: 4.1", "model: expected text, found a number. Put it in quotes"),
        ("parser:", "parser: expected text, found null. Put it in quotes"),
        ("tie: NO", "tie: expected text, found false (a truth value). Put it in quotes"),
        ("description: 2024-01-01", "description: expected text, found date. Put it in quotes"),
        ("orders: both ways", "orders: expected one of one, both, found 'both ways'"),
        ("orders: 2", "orders: expected text, found a number. Put it in quotes"),
        ("parameters: [temperature]", "parameters: expected a mapping, found a list."),
        ("parameters:", "parameters: expected a mapping, found null."),
        ("parser_options: field", "parser_options: expected a mapping, found text."),
        (
            "answer_schema: {winner: number}",
            "answer_schema: winner: expected one of text, label, five_way, grade, found 'number'",
        ),
        (
            "answer_schema: {winner: [label]}",
            "answer_schema: winner: expected one of text, label, five_way, grade, found ['label']",
        ),
        ("asks: rating", "asks: expected one of pair, grade, found 'rating'"),
        ("asks: grade", "parser_options: a judge that grades needs the ends of its scale, low and high"),
        ("answer_schema: {winner: grade}", "parser_options: a judge that grades needs the ends of its scale"),
        ("labels: A", "labels: expected a list, found text."),
        ("labels: [A]", "labels: expected two different texts, as in [A, B], neither of which is the tie"),
        ("labels: [A, A]", "labels: expected two different texts"),
        ("labels: [A, B, C]", "labels: expected two different texts"),
        ("labels: [A, B, A]", "labels: expected two different texts"),
        ("labels: [A, '']", "labels: expected two different texts"),
        ("labels: [A, [B]]", "labels: expected two different texts"),
        ("labels: [A, 2]", "labels: expected two different texts"),
        ("labels: [A, TIE]", "labels: expected two different texts"),
        ("parser_options: {field: winer}", "parser_options: field: unknown field 'winer'. Did you mean 'winner'?"),
        ("fence: 0", "fence: expected true or false, found a number."),
        ("system: Be brief.", "unknown key 'system'."),
        ("headers: {x-team: 3}", "headers: x-team: expected text, found a number. Put it in quotes"),
        ("headers: x", "headers: expected a mapping, found text."),
        ("headers: {x team: a}", "headers: 'x team' is not a header name"),
        ('headers: {"x\\nteam": a}', "headers: 'x\\nteam' is not a header name"),
        ("key_header: 'api key'", "key_header: 'api key' is not a header name"),
        ("answer_form: xml", "answer_form: expected one of json_schema, tool, found 'xml'"),
        ("reasks: -1", "reasks: expected a whole number from 0 to 20, found -1"),
        ("reasks: 1.5", "reasks: expected a whole number from 0 to 20, found 1.5"),
        ("reasks: 21", "reasks: expected a whole number from 0 to 20, found 21"),
        ("reasks: yes", "reasks: expected a number, found true (a truth value)."),
        ("timeout: 0", "timeout: expected seconds up to 86400, found 0"),
        ("timeout: .nan", "timeout: expected seconds up to 86400, found nan"),
        ("timeout: 1e9", "timeout: expected"),
        ("plain_http: 1", "plain_http: expected true or false, found a number."),
        ("rates: {requests_a_minute: 3}", "rates: unknown key 'requests_a_minute'."),
        ("rates: {requests_per_minute: 0}", "rates: requests_per_minute: expected a number a minute, found 0"),
        ("rates: {tokens_per_minute: many}", "rates: tokens_per_minute: expected a number a minute, found 'many'"),
        ("tls: {ca: gone.pem}", "tls: ca: expected the path of a PEM file, found 'gone.pem'"),
        ("tls: {key: my.yaml}", "tls: key: there is no certificate that it belongs to"),
        ("tls: {authority: my.yaml}", "tls: unknown key 'authority'."),
        ("server: {ctx_size: 8192}", "server: only a judge with client: local has one"),
        ("base_url: localhost:8000", "base_url: expected an http or https address, found 'localhost:8000'"),
        ("base_url: ftp://host", "base_url: expected an http or https address, found 'ftp://host'"),
        ("base_url: file:///etc/passwd", "base_url: expected an http or https address"),
        ("prices: 3", "prices: expected a mapping, found a number."),
        ("prices: {input: 1}", "prices: expected the keys input and output"),
        ("prices: {input: 1, output: 2, cached: 1}", "prices: expected the keys input and output"),
        ("prices: {input: -1, output: 2}", "prices: input: expected dollars per million tokens, found -1"),
        ("prices: {input: 1, output: free}", "prices: output: expected dollars per million tokens, found 'free'"),
        ("prices: {input: 1, output: NO}", "prices: output: expected dollars per million tokens, found False"),
        ("prices: {input: .nan, output: 1}", "prices: input: expected dollars per million tokens, found nan"),
        ("prices: {input: .inf, output: 1}", "prices: input: expected dollars per million tokens, found inf"),
    ],
)
def test_a_value_of_a_wrong_kind_is_refused_with_key_and_cure(tmp_path: Path, line: str, reason: str) -> None:
    key = line.split(":")[0]
    kept = [other for other in JUDGE.splitlines() if not other.startswith(f"{key}:")]
    assert refusal(own_judge(tmp_path, "\n".join([*kept, line]))).startswith(reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "found null"), ("- client", "found a list"), (f"{JUDGE}model: y\n", "key 'model' stands twice")],
)
def test_a_file_that_is_no_plain_mapping_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as error:
        read_judge(str(own_judge(tmp_path, text)))
    assert str(error.value).startswith(f"{tmp_path / 'my.yaml'}:")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("client: openai", "client: heuristic"),
        ("model: some-model", "model: another-model"),
        ("parser: json_field", "parser: bracket_label"),
        ("{field: winner}", "{}"),
        ("{winner: label}", "{winner: label, why: text}"),
        ("temperature: 0", "temperature: 1"),
        ("max_tokens: 9", "max_tokens: 10"),
        ("orders: one", "orders: both"),
        ("tie: TIE", "tie: EQUAL"),
        ("tie: TIE\n", ""),
        ("localhost:8000", "localhost:8001"),
        ("tie: TIE", "tie: TIE\nanswer_form: tool"),
        ("tie: TIE", "tie: TIE\nlabels: [A, B]"),
        ("tie: TIE", "tie: TIE\nfence: false"),
        ("{field: winner}", "{field: winner, low: 1, high: 10}\nasks: grade"),
    ],
)
def test_the_digest_changes_with_everything_that_decides_a_verdict(tmp_path: Path, old: str, new: str) -> None:
    assert old in JUDGE
    before = read_judge(str(own_judge(tmp_path / "a"))).digest
    assert read_judge(str(own_judge(tmp_path / "b", JUDGE.replace(old, new)))).digest != before


def test_the_digest_changes_with_the_text_of_the_prompt(tmp_path: Path) -> None:
    before = read_judge(str(own_judge(tmp_path))).digest
    assert read_judge(str(own_judge(tmp_path, prompt=PROMPT + " "))).digest != before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{input: 1, output: 2.5}", "{input: 3, output: 4}"),
        ("prices: {input: 1, output: 2.5}\n", ""),
        ("{x-team: a}", "{x-team: b, authorization: c}"),
        ("key_variable: MY_KEY", "key_variable: OTHER_KEY"),
        ("description: a judge", "description: the same judge"),
        ("description: a judge", "timeout: 5\nreasks: 0\nplain_http: true\nrates: {requests_per_minute: 5}"),
        ("description: a judge", "key_header: api-key\ntls: {ca: my.jinja}"),
        ("notice: a notice", "notice: another"),
        ("max_tokens: 9}", "max_tokens: 9}  # a comment"),
        ("{temperature: 0, max_tokens: 9}", "{max_tokens: 9, temperature: 0}"),
        ("description: a judge", "asks: pair\nfence: true\nlabels: []"),
    ],
)
def test_the_digest_does_not_change_with_what_decides_nothing(tmp_path: Path, old: str, new: str) -> None:
    assert old in JUDGE
    before = read_judge(str(own_judge(tmp_path / "a"))).digest
    assert read_judge(str(own_judge(tmp_path / "b", JUDGE.replace(old, new)))).digest == before


def test_the_digest_does_not_change_with_the_names_of_the_files(tmp_path: Path) -> None:
    path = own_judge(tmp_path, JUDGE.replace("prompt: my", "prompt: other"))
    (tmp_path / "my.jinja").rename(tmp_path / "other.jinja")
    renamed = path.rename(tmp_path / "another.yaml")
    config = read_judge(str(renamed))
    assert config.name == "another"
    assert config.digest == read_judge(str(own_judge(tmp_path / "plain"))).digest


# stored verdicts are found by these: a shipped judge whose file says the same must not change its name
DIGESTS = {
    "alpaca_eval_2": "e6dc05187592", "anthropic": "b8a6863d8cf5", "azure_openai": "d4dbede1a709",
    "gemini": "4b8a3ebd1f03", "llama_cpp": "419d1cf6af6c", "longest": "06343f32db89", "ollama": "e5ea0aac3c2e",
    "openrouter": "4bfc55fe269e", "pairwise_json": "3c480a8f9406", "pairwise_label": "f66e1d1d5567",
    "random": "5e1f16ab7092",
    "sglang": "36e3dde864b2", "shortest": "bdbf40894b02", "surface": "9692759eca3d", "vllm": "091056c76385",
}  # fmt: skip


@pytest.mark.parametrize("name", DIGESTS)
def test_a_shipped_judge_keeps_the_digest_it_has_had(name: str) -> None:
    assert read_judge(name).digest == DIGESTS[name]


def test_asking_another_model_is_another_judge(tmp_path: Path) -> None:
    path = str(own_judge(tmp_path))
    assert read_judge(path, model="another-model").model == "another-model"
    assert read_judge(path, model="another-model").digest != read_judge(path).digest
    assert read_judge(path, model="some-model") == read_judge(path)


@pytest.mark.parametrize("orders", ORDERS)
def test_asking_in_other_orders_is_what_the_file_would_have_said(tmp_path: Path, orders: str) -> None:
    written = read_judge(str(own_judge(tmp_path / "a", JUDGE.replace("orders: one", f"orders: {orders}"))))
    assert with_orders(read_judge(str(own_judge(tmp_path / "b"))), orders) == written


MODEL = """\
client: openai
model: served-name
system: Be brief.
parameters: {temperature: 0.7, max_tokens: 1024}
base_url: http://localhost:8000/v1
prices: {input: 1, output: 2.5}
"""


def own_model(folder: Path, text: str = MODEL) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "my-model.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_model_is_read_with_its_system_prompt_and_its_sampling(tmp_path: Path) -> None:
    config = read_model(str(own_model(tmp_path)))
    assert config == ModelConfig(
        name="my-model",
        client="openai",
        model="served-name",
        system="Be brief.",
        parameters={"temperature": 0.7, "max_tokens": 1024},
        base_url="http://localhost:8000/v1",
        prices=Prices(1.0, 2.5),
        digest=config.digest,
    )
    assert len(config.digest) == 12


def test_another_model_of_the_same_endpoint_goes_by_its_own_name(tmp_path: Path) -> None:
    path = str(own_model(tmp_path))
    other = read_model(path, model="another")
    assert (other.name, other.model) == ("another", "another")
    assert other.digest != read_model(path).digest


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("Be brief.", "Be long.", False),
        ("temperature: 0.7", "temperature: 0", False),
        ("served-name", "other-name", False),
        ("localhost:8000", "localhost:8001", False),
        ("{input: 1, output: 2.5}", "{input: 3, output: 4}", True),
        ("client: openai", "timeout: 5\nclient: openai", True),
    ],
)
def test_a_models_digest_names_what_decides_its_answers(tmp_path: Path, old: str, new: str, same: bool) -> None:
    first = read_model(str(own_model(tmp_path / "a"))).digest
    assert (read_model(str(own_model(tmp_path / "b", MODEL.replace(old, new)))).digest == first) == same


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("parser: number", "unknown key 'parser'."),
        ("orders: both", "unknown key 'orders'."),
        ("sytem: x", "unknown key 'sytem'. Did you mean 'system'?"),
        ("system: [x]", "system: expected text, found a list."),
        ("parameters: {temperature: .nan}", "parameters: holds a value that JSON cannot"),
        ("base_url: localhost", "base_url: expected an http or https address, found 'localhost'"),
        ("timeout: 0", "timeout: expected seconds up to 86400, found 0"),
    ],
)
def test_a_wrong_model_is_refused_with_file_and_key(tmp_path: Path, line: str, reason: str) -> None:
    kept = [other for other in MODEL.splitlines() if other.split(":")[0] != line.split(":")[0]]
    path = own_model(tmp_path, "\n".join([*kept, line]))
    with pytest.raises(ConfigError) as error:
        read_model(str(path))
    assert str(error.value).startswith(f"{path}: {reason}")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("key", ["client", "model"])
def test_a_model_without_client_or_name_is_refused(tmp_path: Path, key: str) -> None:
    lines = [line for line in MODEL.splitlines() if not line.startswith(f"{key}:")]
    with pytest.raises(ConfigError, match=f"missing key '{key}'"):
        read_model(str(own_model(tmp_path, "\n".join(lines))))


def test_a_model_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone.yaml"):
        read_model(str(tmp_path / "gone.yaml"))


LOCAL_JUDGE = """\
client: local
model: models/tiny.gguf
prompt: pairwise_token
parser: token_probability
server: {ctx_size: 4096, flash_attn: true, cache_type_k: q8_0}
"""


def local_judge(folder: Path, text: str = LOCAL_JUDGE, *, content: bytes = b"weights") -> Path:
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "models" / "tiny.gguf").write_bytes(content)
    return own_judge(folder, text, prompt=None)


def test_a_model_file_lies_relative_to_the_judge_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = read_judge(str(local_judge(tmp_path / "judges with a space")))
    assert config.model == "tiny.gguf"
    assert model_file(config) == tmp_path / "judges with a space" / "models" / "tiny.gguf"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.gguf").write_bytes(b"other")
    asked = read_judge(str(tmp_path / "judges with a space" / "my.yaml"), model="other.gguf")
    assert model_file(asked) == tmp_path / "other.gguf"


def test_a_model_file_is_taken_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = local_judge(tmp_path, LOCAL_JUDGE.replace("models/tiny.gguf", "${MODELS_OF_TEST}/tiny.gguf"))
    monkeypatch.delenv("MODELS_OF_TEST", raising=False)
    listed = read_judge(str(path))
    with pytest.raises(ConfigError, match="model: the environment variable MODELS_OF_TEST is not set"):
        model_file(listed)
    monkeypatch.setenv("MODELS_OF_TEST", str(tmp_path / "models"))
    config = read_judge(str(path))
    assert config.model == "tiny.gguf" and model_file(config).read_bytes() == b"weights"
    assert config.digest != listed.digest


def test_a_local_model_is_named_by_its_content_and_not_by_its_folder(tmp_path: Path) -> None:
    first = read_judge(str(local_judge(tmp_path / "a")))
    assert re.fullmatch(r"tiny\.gguf:[0-9a-f]{8}", model_name(first))
    same = read_judge(str(local_judge(tmp_path / "b")))
    assert (model_name(same), same.digest) == (model_name(first), first.digest)
    other = read_judge(str(local_judge(tmp_path / "c", content=b"other weights")))
    assert model_name(other) != model_name(first) and other.digest != first.digest
    # two models of one size that differ at one end only
    long = [read_judge(str(local_judge(tmp_path / end, content=ends))) for end, ends in
            [("d", b"a" + bytes(3 * 2**20)), ("e", bytes(3 * 2**20) + b"a")]]  # fmt: skip
    assert model_name(long[0]) != model_name(long[1])


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("ctx_size: 4096", "ctx_size: 8192, threads: 2, parallel: 4", True),
        ("cache_type_k: q8_0", "cache_type_k: f16", False),
        ("flash_attn: true, ", "", False),
    ],
)
def test_a_servers_option_names_the_model_only_where_it_changes_answers(
    tmp_path: Path, old: str, new: str, same: bool
) -> None:
    first = read_judge(str(local_judge(tmp_path / "a")))
    other = read_judge(str(local_judge(tmp_path / "b", LOCAL_JUDGE.replace(old, new))))
    assert (model_name(other) == model_name(first)) == same
    assert (other.digest == first.digest) == same


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("ctx_size", "ctx-size", "server: 'ctx-size' cannot be set. Write an option of llama-server in small letters"),
        ("ctx_size", "Ctx", "server: 'Ctx' cannot be set"),
        ("ctx_size: 4096", "host: 0.0.0.0", "server: 'host' cannot be set"),
        ("ctx_size: 4096", "api_key: x", "server: 'api_key' cannot be set"),
        ("ctx_size: 4096", "model_url: http://evil.example/x", "server: 'model_url' cannot be set"),
        ("ctx_size: 4096", "threads: true", "server: threads: expected a number, found True"),
        ("ctx_size: 4096", "jinja: lora", "server: jinja: expected a truth value, found 'lora'"),
        ("ctx_size: 4096", "chat_template: true", "server: chat_template: expected a text, found True"),
        ("ctx_size: 4096", "chat_template: --lora", "server: chat_template: expected a text, found '--lora'"),
        *(
            ("ctx_size: 4096", f"{name}: x", f"server: {name!r} cannot be set")
            for name in (
                "lora",
                "lora_scaled",
                "control_vector",
                "control_vector_scaled",
                "mmproj",
                "mmproj_auto",
                "rpc",
                "model_draft",
                "hf_repo_draft",
                "hf_repo_v",
                "model_vocoder",
                "chat_template_file",
                "grammar_file",
                "json_schema_file",
                "lookup_cache_static",
                "lookup_cache_dynamic",
                "media_path",
                "models_dir",
                "models_preset",
                "ssl_key_file",
                "ssl_cert_file",
                "webui_config_file",
                "tts_speaker_file",
                "log_file",
                "props",
                "slots",
                "slot_save_path",
                "tools",
                "path",
                "file",
                "binary_file",
                "no_such",
            )
        ),
        ("ctx_size: 4096", "threads: [1, 2]", "server: threads: expected a number, a text or a truth value"),
        ("ctx_size: 4096", "threads:", "server: threads: expected a number, a text or a truth value, found None"),
        ("parser:", "base_url: http://localhost/v1\nparser:", "base_url: a judge with client: local has none"),
        ("parser:", "rates: {requests_per_minute: 3}\nparser:", "rates: a judge with client: local has none"),
    ],
)
def test_a_local_judge_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert refusal(local_judge(tmp_path, LOCAL_JUDGE.replace(old, new, 1))).startswith(reason)


def test_a_local_model_that_is_missing_is_named_when_it_is_needed(tmp_path: Path) -> None:
    path = local_judge(tmp_path)
    (tmp_path / "models" / "tiny.gguf").unlink()
    with pytest.raises(ConfigError, match=r"judge 'my': model: .*tiny\.gguf: no such file"):
        model_name(read_judge(str(path)))


@pytest.mark.parametrize(
    "line",
    [
        "parameters: {stop: 2024-01-01}",
        "parameters: {stop: !!set {a}}",
        "parser_options: {a: !!binary aGk=}",
        "prices: {input: 1" + "0" * 400 + ", output: 1}",
        "parameters: {temperature: .nan}",
        "tie: ''",
    ],
)
def test_a_setting_that_could_not_be_sent_is_a_config_error(tmp_path: Path, line: str) -> None:
    (tmp_path / "my.yaml").write_text(f"client: heuristic\nparser: bracket_label\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        read_judge(str(tmp_path / "my.yaml"))


@pytest.mark.parametrize(
    ("parser", "labels", "said"),
    [
        ("bracket_label", "['[A]', B]", "labels: '[A]' cannot be read back. Leave out [ ]"),
        ("bracket_label", '[A, "B\\nC"]', "labels: 'B\\nC' cannot be read back."),
        ("five_way", "[A, 'B>']", "labels: 'B>' cannot be read back. Leave out [ ] < > ="),
        ("token_probability", "[answer 1, answer 2]", "labels: 'answer 1' and 'answer 2' begin alike"),
    ],
)
def test_labels_that_the_parser_could_not_read_back_are_refused(
    tmp_path: Path, parser: str, labels: str, said: str
) -> None:
    text = (
        JUDGE.replace("json_field", parser).replace("{field: winner}", "{}").replace("max_tokens: 9", "logprobs: true")
    )
    assert refusal(own_judge(tmp_path, f"{text}labels: {labels}\n")).startswith(said)


@pytest.mark.parametrize(("parser", "labels"), [("json_field", "['[A]', B]"), ("token_probability", "[m, M]")])
def test_labels_are_free_where_the_parser_reads_them(tmp_path: Path, parser: str, labels: str) -> None:
    text = JUDGE.replace("json_field", parser).replace("{field: winner}", "{}")
    assert len(read_judge(str(own_judge(tmp_path, f"{text}labels: {labels}\n"))).labels) == 2


@pytest.mark.parametrize("name", judge_names())
def test_a_copied_judge_is_the_same_judge(tmp_path: Path, name: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(copied_judge(name))
    copy, original = read_judge(str(path)), read_judge(name)
    assert (copy.digest, copy.prompt_text, copy.parameters) == (
        original.digest,
        original.prompt_text,
        original.parameters,
    )
    assert copied_judge(str(path)) == path.read_text()


@pytest.mark.parametrize("more", ["", "\n", "\n\n", " \n", "\n  \n\ttab\n", "\u2028x\n", "\r\n"])
def test_a_prompt_is_copied_to_the_letter(tmp_path: Path, more: str) -> None:
    path = own_judge(tmp_path, prompt=f"  {more}{PROMPT}{more}")
    copy = tmp_path / "copy" / "mine.yaml"
    copy.parent.mkdir()
    copy.write_text(copied_judge(str(path)))
    assert read_judge(str(copy)).prompt_text == read_judge(str(path)).prompt_text


def test_an_address_that_is_given_decides_as_that_of_the_file(tmp_path: Path) -> None:
    given = read_judge("alpaca_eval_2", base_url="http://localhost:8/v1")
    written = own_judge(tmp_path, copied_judge("alpaca_eval_2") + "base_url: http://localhost:8/v1\n", prompt=None)
    assert given.digest == read_judge(str(written)).digest != read_judge("alpaca_eval_2").digest


@pytest.mark.parametrize(
    ("name", "url", "said"),
    [
        ("surface", "http://localhost/v1", "--base-url: the client 'heuristic' asks no endpoint"),
        ("local_gguf", "http://localhost/v1", "--base-url: the client 'local' asks no endpoint"),
        ("vllm", "localhost:8000", "--base-url: expected an http or https address"),
    ],
)
def test_an_address_that_no_judge_can_ask_is_refused(name: str, url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_judge(name, base_url=url)
