"""Converts AlpacaEval's evaluators into judges, or says why an evaluator cannot become one."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from evalkit import assets
from evalkit.documents import MAX_YAML_BYTES, kind_of, parse_json, read_text, read_yaml
from evalkit.errors import ConfigError, InputError
from evalkit.files import safe_name, write_text
from evalkit.formats.chatml import to_jinja
from evalkit.formats.foreign import ForeignFile, read_foreign
from evalkit.formats.layouts import EVALUATOR_CONFIGS, Layout

ORIGINAL_SUFFIX = ".evaluator.json"

# AlpacaEval's endpoints, with the shipped judge that asks the same endpoint
_ENDPOINTS = {
    "openai_completions": "pairwise_json",
    "anthropic_completions": "anthropic",
    "google_completions": "gemini",
    "vllm_local_completions": "vllm",
}
_CONNECTION = ("client", "base_url", "key_variable")
_PARAMETERS = (
    "temperature", "top_p", "max_tokens", "max_completion_tokens", "logprobs", "top_logprobs", "seed", "stop",
    "frequency_penalty", "presence_penalty", "reasoning_effort",
)  # fmt: skip
_CALLS = ("functions", "function_call", "tools", "tool_choice")
# nothing is lost with these keys: their setting is fixed here, or decides how to run and not what to ask
_DROPPED = {
    "prompt_template", "fn_completions", "completions_kwargs", "fn_completion_parser", "completion_parser_kwargs",
    "completion_key", "batch_size",
}  # fmt: skip
# the start of a pattern for a label at the start of a line
_LINE_START = re.compile(r"\(\?:\^\|\\n\) \?|\\n|\^")
_ESCAPED = re.compile(r"\\([^A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class ConvertedJudge:
    """A judge's YAML and prompt as texts, the settings that were left out, and the files that they were made from."""

    name: str
    judge_yaml: str
    prompt: str
    notes: tuple[str, ...]
    original: ForeignFile


def convert_evaluator(folder: Path, *, name: str | None = None) -> ConvertedJudge:
    """Convert an evaluator into the judge that asks as it does.

    Args:
        folder: holds `configs.yaml`; the prompt lies in it or beside it.
        name: the evaluator to convert, where the configuration has several.

    Raises:
        InputError: a file is missing or cannot be read.
        ConfigError: no judge of ours can do what the evaluator does.
    """
    path = next(
        (folder / file_name for file_name in EVALUATOR_CONFIGS if (folder / file_name).is_file()),
        folder / EVALUATOR_CONFIGS[0],
    )
    name, config = _chosen_evaluator(path, _configs(path), name)
    where = f"{path}: {name[:60]!r}"
    template = _field(config, "prompt_template", str, where)
    prompt_path = None if "{instruction}" in template else _prompt_path(folder, template, where)
    text = template if prompt_path is None else read_text(prompt_path)
    notes: list[str] = []
    judge = {
        "description": f"AlpacaEval's evaluator {name}, asked with its own prompt.",
        **_endpoint(config, where, notes),
        "prompt": safe_name(name),
        **_reading(config, where, notes),
        "fence": False,
        "orders": "one",
        "parameters": _parameters(config, where, notes),
    }
    notes.extend(f"{key} is not carried over" for key in config if key not in _DROPPED)
    judge_yaml = yaml.safe_dump(judge, sort_keys=False, width=120)
    return ConvertedJudge(
        name, judge_yaml, to_jinja(text, where, notes), tuple(notes), _with_prompt(folder, template, prompt_path)
    )


def write_judge(judge: ConvertedJudge, folder: Path) -> Path:
    """Write a judge's YAML, its prompt, and beside them the files that it was made from; return the YAML's path.

    Raises:
        InputError: the files cannot be written.
    """
    plain = safe_name(judge.name)
    texts = {record["path"]: record["text"] for record in judge.original.records}
    write_text(folder / f"{plain}{ORIGINAL_SUFFIX}", json.dumps(texts, indent=1) + "\n")
    write_text(folder / f"{plain}.jinja", judge.prompt)
    path = folder / f"{plain}.yaml"
    write_text(path, judge.judge_yaml)
    return path


def read_original(judge: Path) -> ForeignFile:
    """Read the evaluator that a judge was made from, to be written with `write_foreign`.

    Args:
        judge: the YAML that `write_judge` wrote.

    Raises:
        InputError: its files are not beside it.
    """
    path = judge.with_name(judge.name.removesuffix(".yaml") + ORIGINAL_SUFFIX)
    texts = parse_json(read_text(path), str(path))
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise InputError(f"{path}: expected an object with the text of each file")
    return _file(judge.name.removesuffix(".yaml"), texts)


def _file(name: str, texts: Mapping[str, str]) -> ForeignFile:
    records = tuple({"path": path, "text": text} for path, text in texts.items())
    return ForeignFile("alpaca_eval", "evaluator", name, Layout("folder"), records)


def _with_prompt(folder: Path, template: str, prompt_path: Path | None) -> ForeignFile:
    """The files of the folder, and a prompt from elsewhere under the name by which it is found again."""
    file = read_foreign(folder)
    texts = {record["path"]: record["text"] for record in file.records}
    if prompt_path is not None and not prompt_path.is_relative_to(folder):
        texts[PurePosixPath(template).as_posix()] = read_text(prompt_path)
    return _file(file.name, texts)


def _chosen_evaluator(path: Path, configs: Mapping[str, Any], name: str | None) -> tuple[str, Mapping[str, Any]]:
    if name is None and len(configs) != 1:
        raise ConfigError(f"{path}: expected one evaluator, found {len(configs)}: {list(configs)!r:.200}. Name one")
    name = next(iter(configs)) if name is None else name
    if name not in configs:
        raise ConfigError(f"{path}: has no evaluator {name!r}. Found: {list(configs)!r:.200}")
    if not isinstance(configs[name], dict):
        raise ConfigError(f"{path}: {name[:60]!r}: expected a mapping of settings, found {kind_of(configs[name])}")
    return name, configs[name]


def _prompt_path(folder: Path, template: str, where: str) -> Path:
    inside = PurePosixPath(template)
    # a foreign configuration must not send any file of this machine to a judge
    if inside.is_absolute() or ".." in inside.parts or inside.suffix != ".txt":
        raise ConfigError(f"{where}: prompt_template: expected the path of a .txt file below, found {template[:100]!r}")
    # unlike Path.is_file it takes any name
    places = (folder / inside, folder.parent / inside, folder / inside.name)
    found = next((place for place in places if os.path.isfile(place)), None)
    if found is None:
        raise ConfigError(f"{where}: prompt_template: {template[:100]} is neither in the folder nor beside it")
    return found


def _endpoint(config: Mapping[str, Any], where: str, notes: list[str]) -> dict[str, Any]:
    said = _field(config, "fn_completions", str, where)
    if said not in _ENDPOINTS:
        raise ConfigError(
            f"{where}: fn_completions: {said[:60]!r} cannot be carried over. Known: {', '.join(_ENDPOINTS)}"
        )
    shipped = read_yaml(assets.find("annotators", _ENDPOINTS[said], ".yaml", noun="judge"))
    if said != "openai_completions":
        notes.append(f"{said}: asked over the OpenAI-compatible endpoint {shipped['base_url']}")
    connection = {key: shipped[key] for key in _CONNECTION if key in shipped}
    model = _field(_mapping(config, "completions_kwargs", where), "model_name", str, where)
    return {"client": connection.pop("client"), "model": model, **connection}


def _parameters(config: Mapping[str, Any], where: str, notes: list[str]) -> dict[str, Any]:
    given = _mapping(config, "completions_kwargs", where)
    try:
        json.dumps(given, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where}: completions_kwargs: holds a value that JSON cannot: {error}") from None
    for key in _CALLS:
        if key in given:
            raise ConfigError(f"{where}: completions_kwargs: {key} cannot be carried over: a judge calls no functions")
    notes.extend(
        f"completions_kwargs.{key} is not carried over"
        for key in given
        if key not in (*_PARAMETERS, "model_name", "requires_chatml")
    )
    return {key: given[key] for key in _PARAMETERS if key in given}


def _reading(config: Mapping[str, Any], where: str, notes: list[str]) -> dict[str, Any]:
    """The parser, its options and the labels of the answers."""
    if config.get("batch_size", 1) != 1:
        raise ConfigError(f"{where}: batch_size: a judge is asked one question at a time")
    options = _mapping(config, "completion_parser_kwargs", where)
    parser = config.get("fn_completion_parser") or ("regex_parser" if "outputs_to_match" in options else None)
    if parser == "logprob_parser":
        return _of_logprobs(options, where, notes)
    if parser == "regex_parser":
        return _of_patterns(_mapping(options, "outputs_to_match", where), where, notes)
    raise ConfigError(
        f"{where}: fn_completion_parser: {str(parser)[:60]!r} cannot be carried over: no parser of ours reads such "
        "replies. Known: logprob_parser, regex_parser"
    )


def _of_logprobs(options: Mapping[str, Any], where: str, notes: list[str]) -> dict[str, Any]:
    first = _field(options, "numerator_token", str, where)
    both = _field(options, "denominator_tokens", list, where)
    second = [token for token in both if token != first]
    if len(both) != 2 or len(second) != 1 or not all(isinstance(token, str) and token for token in both):
        raise ConfigError(
            f"{where}: denominator_tokens: expected the numerator_token and one other, found {both!r:.100}"
        )
    if first[0] == second[0][0]:
        raise ConfigError(f"{where}: denominator_tokens: {first!r} and {second[0]!r} begin alike, so no token decides")
    if options.get("log_prob_index", 0) != 0:
        raise ConfigError(f"{where}: log_prob_index: only the first token's probabilities are read")
    if options.get("is_binarize"):
        notes.append("is_binarize: preferences stay probabilities")
    return {"parser": "token_probability", "parser_options": {"min_mass": 0}, "labels": [first, second[0]]}


def _of_patterns(patterns: Mapping[str, Any], where: str, notes: list[str]) -> dict[str, Any]:
    labels = {code: _label(pattern, f"{where}: outputs_to_match: {code}") for code, pattern in patterns.items()}
    ties = [label for code, label in labels.items() if code in ("0", "1.5")]
    if not {"1", "2"} <= labels.keys() or len(labels) != 2 + len(ties) or len(ties) > 1:
        raise ConfigError(
            f"{where}: outputs_to_match: expected 1, 2 and at most one for ties, found {list(labels)!r:.100}"
        )
    pair = [labels["1"], labels["2"]]
    if len(set(labels.values())) != len(labels):
        raise ConfigError(f"{where}: outputs_to_match: {pair[0]!r} stands twice")
    if all(label.startswith("[[") and label.endswith("]]") for label in labels.values()):
        notes.append("a label counts only alone on the last line, where the pattern was searched anywhere")
        tie = {"tie": ties[0][2:-2]} if ties else {}
        return {"parser": "bracket_label", "labels": [label[2:-2] for label in pair], **tie}
    if ties:
        raise ConfigError(f"{where}: outputs_to_match: {ties[0]!r}: only labels in double brackets can name a tie")
    notes.append("a label counts only as the whole reply, where the pattern was searched anywhere")
    return {"parser": "token_probability", "labels": pair}


def _label(pattern: Any, where: str) -> str:
    """The text that a pattern stands for, if it is a text at the start of a line."""
    if not isinstance(pattern, str):
        raise ConfigError(f"{where}: expected a pattern, found {kind_of(pattern)}")
    start = _LINE_START.match(pattern)
    rest = pattern[start.end() :] if start else pattern
    label = _ESCAPED.sub(r"\1", rest).strip()
    # the rest must be nothing but text
    if not label.strip("[]") or re.search(r"\\|[.*+?^$|]|(?<!\\)[()\[\]{}]", _ESCAPED.sub("", rest)):
        raise ConfigError(f"{where}: the pattern {pattern[:60]!r} is more than a text, which cannot be carried over")
    return label


def _field(config: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    value = config.get(key)
    if not isinstance(value, kind) or not value:
        expected = kind_of(kind())
        raise ConfigError(
            f"{where}: {key}: expected {expected}, found {'nothing' if value is None else kind_of(value)}"
        )
    return value


def _mapping(config: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = config.get(key)
    if not isinstance(value, dict | None):
        raise ConfigError(f"{where}: {key}: expected a mapping, found {kind_of(value)}")
    return value or {}


def _configs(path: Path) -> dict[str, Any]:
    text = read_text(path)
    if len(text) > MAX_YAML_BYTES:
        raise ConfigError(f"{path}: {len(text)} characters, more than the {MAX_YAML_BYTES} a setting file may have")
    try:
        configs = yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader subclass)
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply") from None
    except Exception as error:  # noqa: BLE001 (a value that does not fit its tag makes the library raise anything)
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(configs, dict):
        raise ConfigError(f"{path}: expected a mapping of evaluators, found {kind_of(configs)}")
    try:
        json.dumps(configs, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError):
        raise ConfigError(f"{path}: holds half of a surrogate pair, not valid Unicode") from None
    return configs


class _Loader(yaml.SafeLoader):
    """As strict as our loader, but names that are numbers are read as texts: AlpacaEval's codes name patterns."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        found = super().construct_mapping(node, deep=deep)
        named = {str(key): value for key, value in found.items()}
        if len(named) != len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a name stands twice", node.start_mark)
        return named
