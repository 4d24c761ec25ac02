"""Judges and models as files: a YAML read into a checked JudgeConfig or ModelConfig."""

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from evalkit import assets
from evalkit.documents import kind_of, read_text, read_yaml
from evalkit.errors import KEY_FOUND, ConfigError, UnknownName
from evalkit.judge_spec.modelfile import LOCAL, check_server, locate_model, model_name
from evalkit.judge_spec.prompting import check_prompt
from evalkit.redaction import holds_key, redact_setting, watch_variables
from evalkit.types import JudgeConfig, ModelConfig, Prices, RateLimits, Tls

ORDERS = ("one", "both")
ASKS = ("pair", "grade")
ANSWER_KINDS = ("text", "label", "five_way", "grade")
ANSWER_FORMS = ("json_schema", "tool")
MOST_REASKS = 20
LONGEST_TIMEOUT = 86_400

_TEXT = (str, "text")
_MAPPING = (dict, "a mapping")
_NUMBER = ((int, float), "a number")
_TRUTH = (bool, "true or false")
_LIST = (list, "a list")
Configured = TypeVar("Configured", bound=ModelConfig)
_Kinds = Mapping[str, tuple[type | tuple[type, ...], str]]
_MODEL_KINDS: _Kinds = {
    **dict.fromkeys(
        ("client", "model", "description", "system", "base_url", "key_variable", "key_header", "notice"), _TEXT
    ),
    **dict.fromkeys(("parameters", "headers", "prices", "rates", "tls", "server"), _MAPPING),
    "timeout": _NUMBER,
    "plain_http": _TRUTH,
}
_JUDGE_KINDS: _Kinds = {
    **{name: kind for name, kind in _MODEL_KINDS.items() if name != "system"},
    **dict.fromkeys(("parser", "asks", "prompt", "orders", "tie", "answer_form"), _TEXT),
    **dict.fromkeys(("parser_options", "answer_schema"), _MAPPING),
    "reasks": _NUMBER,
    "fence": _TRUTH,
    "labels": _LIST,
}
# characters that a label between brackets cannot hold
_UNREADABLE = {"bracket_label": "[]\n", "five_way": "[]<>=\n"}
# clients that ask no endpoint, or start one of their own
_WITHOUT_ADDRESS = ("heuristic", LOCAL)
# words for people, which no verdict rests on
_SHOWN = {"description", "notice"}
_SENT = ("parser_options", "parameters")
_MODEL_REQUIRED = ("client", "model")
_JUDGE_REQUIRED = ("client", "model", "parser")
_SHOWN_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FILLED = re.compile(r"\$\{(\w+)\}")
# the parts of an address that may hold secrets: a user and a password, and a query
_SECRET_PARTS = re.compile(r"//[^/]*@|\?.*")


def judge_names() -> list[str]:
    """The shipped judges, sorted."""
    return assets.names("annotators", ".yaml")


def read_judge(
    name: str, *, model: str | None = None, base_url: str | None = None, own_parser: bool = False
) -> JudgeConfig:
    """Read the judge that `name` means: a shipped one, or the path of a YAML file; its prompt is in it, beside it or
    shipped.

    Args:
        model: the model to ask instead of the file's.
        base_url: the address to ask instead of the file's.
        own_parser: whether a function reads the replies instead of the file's parser, and what it reads is its affair.

    Raises:
        ConfigError: the file is missing, has unknown or repeated keys, or values of a wrong kind.
    """
    path = assets.find("annotators", name, ".yaml", noun="judge")
    fields = _fields(path, _JUDGE_KINDS, _JUDGE_REQUIRED, model=model, base_url=base_url)
    prompt_text = None
    if holds_prompt(fields):
        prompt_text, fields["prompt"] = fields["prompt"], path.name
    elif "prompt" in fields:
        try:
            prompt_path = assets.find("prompts", fields["prompt"], ".jinja", noun="prompt", beside=path.parent)
        except ConfigError as error:
            raise ConfigError(f"{path}: prompt: {error}") from None
        prompt_text = read_text(prompt_path)
    labels = tuple(fields.pop("labels", ()))
    config = JudgeConfig(prompt_text=prompt_text, labels=labels, **fields)
    _check_connection(path, config)
    _check_values(path, config)
    if prompt_text is not None:
        parser = "" if own_parser else config.parser
        try:
            check_prompt(prompt_text, asks=config.asks, parser=parser, labels=config.labels)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None
    return dataclasses.replace(config, digest=digest(config))


def read_model(name: str, *, model: str | None = None, base_url: str | None = None) -> ModelConfig:
    """Read the model in a YAML file: its endpoint, its system prompt and its sampling parameters.

    Args:
        model: another model of the endpoint to ask instead of the file's, which also becomes its name.
        base_url: the address to ask instead of the file's.

    Raises:
        ConfigError: the file is missing, has unknown or repeated keys, or values of a wrong kind.
    """
    path = Path(name)
    fields = _fields(path, _MODEL_KINDS, _MODEL_REQUIRED, model=model, base_url=base_url)
    config = ModelConfig(**fields)
    _check_connection(path, config)
    return dataclasses.replace(config, name=model or config.name, digest=model_digest(config))


def _fields(
    path: Path, kinds: _Kinds, required: tuple[str, ...], *, model: str | None, base_url: str | None
) -> dict[str, Any]:
    """The checked fields of a file by the names of the configuration's."""
    fields = read_yaml(path)
    if holds_key(path.name):
        raise ConfigError(f"{path.parent}: a judge's or a model's name there {KEY_FOUND}")
    if model is not None:
        fields["model"] = model
    _check_keys(path, fields, kinds, required)
    if base_url is not None:
        _check_other_address(fields["client"], base_url)
        fields["base_url"] = base_url
    if fields["client"] == LOCAL:
        fields |= locate_model(path, fields, beside=path.parent if model is None else Path())
    if "prices" in fields:
        fields["prices"] = _prices(path, fields["prices"])
    for name in _SHOWN & fields.keys():
        fields[name] = redact_setting(fields[name])
    fields["rates"] = _rates(path, fields.get("rates", {}))
    fields["tls"] = _tls(path, fields.get("tls", {}))
    return {"name": path.name.removesuffix(".yaml"), "file": _place_of(path), **fields}


def _place_of(path: Path) -> str | None:
    """A file's path from the current folder, which is the same in every copy of a project; None for a shipped file."""
    if path.parent == assets.folder("annotators"):
        return None
    try:
        return Path(os.path.relpath(path.resolve())).as_posix()
    except ValueError:
        # on another drive
        return path.resolve().as_posix()


def _check_connection(path: Path, config: ModelConfig) -> None:
    _check_secrets(path, config)
    if not 0 < config.timeout <= LONGEST_TIMEOUT:
        raise ConfigError(f"{path}: timeout: expected seconds up to {LONGEST_TIMEOUT}, found {config.timeout!r}")
    if config.base_url is not None and config.client != LOCAL and "${" not in config.base_url:
        check_address(config.base_url, f"{path}: base_url")
    _check_headers(path, config)
    check_server(path, config)


def _check_secrets(path: Path, config: ModelConfig) -> None:
    """Refuse keys where names belong, and have the variables that hold secrets watched."""
    if config.client != LOCAL and holds_key(config.model):
        raise ConfigError(f"{path}: model: what stands there {KEY_FOUND}")
    if holds_key(config.key_variable) or not _VARIABLE.fullmatch(config.key_variable):
        raise ConfigError(
            f"{path}: key_variable: expected the name of an environment variable, as OPENAI_API_KEY. What stands there "
            "is none, and is not shown because it may be the key"
        )
    in_address = "".join(_SECRET_PARTS.findall(config.base_url or ""))
    filled = _FILLED.findall(" ".join([in_address, *map(str, config.headers.values())]))
    watch_variables({config.key_variable, *filled} - {"none"})


def holds_prompt(fields: Mapping[str, Any]) -> bool:
    """True if a judge's file has its prompt in it, and not the name or the path of one."""
    return "{%" in str(fields.get("prompt", ""))


def with_address(config: Configured, base_url: str | None) -> Configured:
    """The same judge or model at another address, with the digest still to be made; as it is without an address.

    Raises:
        ConfigError: its client asks no endpoint, or the address is none.
    """
    if base_url is None:
        return config
    _check_other_address(config.client, base_url)
    return dataclasses.replace(config, base_url=base_url)


def _check_other_address(client: str, base_url: str) -> None:
    """Refuse an address for a client that asks no endpoint, and one that is none.

    Raises:
        ConfigError: either.
    """
    if client in _WITHOUT_ADDRESS:
        raise ConfigError(f"--base-url: the client {client!r} asks no endpoint. Choose another judge or model")
    if "${" not in base_url:
        check_address(base_url, "--base-url")


def with_orders(config: JudgeConfig, orders: str) -> JudgeConfig:
    """The same judge, asked in one order or in both."""
    changed = dataclasses.replace(config, orders=orders)
    return dataclasses.replace(changed, digest=digest(changed))


def digest(config: JudgeConfig) -> str:
    """Twelve hex digits that name everything that decides this judge's verdicts; prices, headers and limits do not."""
    decisive: dict[str, Any] = {
        "client": config.client,
        "model": config.model,
        "endpoint": _place(config),
        "prompt": config.prompt_text,
        "parser": config.parser,
        "parser_options": config.parser_options,
        "parameters": config.parameters,
        "answer_schema": config.answer_schema,
        "answer_form": config.answer_form,
        "orders": config.orders,
        "tie": config.tie,
    }
    # left out where they have their default, so that judges keep the digests from before there were such keys
    if config.asks != "pair":
        decisive["asks"] = config.asks
    if config.labels:
        decisive["labels"] = list(config.labels)
    if not config.fence:
        decisive["fence"] = config.fence
    if config.in_process is not None and config.in_process.client is not None:
        decisive["in_process"] = config.in_process.endpoint
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]


def model_digest(config: ModelConfig) -> str:
    """Twelve hex digits that name everything that decides a model's answers."""
    decisive = {
        "name": config.name,
        "client": config.client,
        "model": config.model,
        "endpoint": _place(config),
        "system": config.system,
        "parameters": config.parameters,
    }
    if config.in_process is not None and config.in_process.client is not None:
        decisive["in_process"] = config.in_process.endpoint
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]


def check_address(url: str, where: str, *, shown: str | None = None) -> None:
    """Refuse addresses that are not http or https, or that two readers could read differently; `shown` is for the
    message.

    Raises:
        ConfigError: the address is refused; the message names `where`.
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    # urlsplit drops line breaks silently, and some clients take a backslash for a slash
    if not sound or not url.isprintable() or any(character in url for character in "\\ #"):
        found = shown or url
        # a password that is typed wrongly may stand in any part of it
        told = "one that is not shown because it may hold a key" if re.search("[@?]", found) else repr(found)
        raise ConfigError(f"{where}: expected an http or https address, found {told}")


def _place(config: ModelConfig) -> str | None:
    """The identity of an endpoint: for a local model its content, wherever its file is."""
    if config.client != LOCAL:
        return config.base_url
    try:
        return model_name(config)
    except ConfigError:
        # a judge can be listed without its model
        return None


def _check_keys(path: Path, fields: Mapping[str, Any], kinds: _Kinds, required: tuple[str, ...]) -> None:
    if {"name", "digest"} <= fields.keys():
        name = _SHOWN_NAME.sub("", str(fields["name"])) or "NAME"
        raise ConfigError(
            f"{path}: this is what evalkit judges show prints to be read. "
            f"evalkit judges show {name} --yaml > mine.yaml writes a judge's file"
        )
    for key, value in fields.items():
        if key not in kinds:
            raise ConfigError(f"{path}: {UnknownName('key', key, kinds)}")
        wanted, kind = kinds[key]
        # a truth value is a number to Python, but not to the author of the file
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            cure = " Put it in quotes" if wanted is str and not isinstance(value, dict | list) else ""
            raise ConfigError(f"{path}: {key}: expected {kind}, found {kind_of(value)}.{cure}")
    for key in required:
        if key not in fields:
            raise ConfigError(f"{path}: missing key {key!r}")
    for key in _SENT:
        try:
            json.dumps(fields.get(key), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{path}: {key}: holds a value that JSON cannot: {error}. Put texts in quotes") from None


def _check_values(path: Path, config: JudgeConfig) -> None:
    if config.tie == "":
        raise ConfigError(
            f"{path}: tie: expected a label, found an empty text. Leave the key out for a judge without ties"
        )
    known_values = (
        ("orders", config.orders, ORDERS),
        ("answer_form", config.answer_form, ANSWER_FORMS),
        ("asks", config.asks, ASKS),
    )
    for key, found, known in known_values:
        if found not in known:
            raise ConfigError(f"{path}: {key}: expected one of {', '.join(known)}, found {found!r}")
    if config.reasks not in range(MOST_REASKS + 1):
        raise ConfigError(f"{path}: reasks: expected a whole number from 0 to {MOST_REASKS}, found {config.reasks!r}")
    if config.labels and (
        not all(isinstance(label, str) and label for label in config.labels)
        or len(config.labels) != 2
        or len({*config.labels, config.tie}) != 3
    ):
        raise ConfigError(f"{path}: labels: expected two different texts, as in [A, B], neither of which is the tie")
    _check_labels(path, config)
    field = config.parser_options.get("field")
    if config.answer_schema and isinstance(field, str) and field not in config.answer_schema:
        raise ConfigError(f"{path}: parser_options: field: {UnknownName('field', field, config.answer_schema)}")
    for name, kind in config.answer_schema.items():
        if kind not in ANSWER_KINDS:
            raise ConfigError(
                f"{path}: answer_schema: {name}: expected one of {', '.join(ANSWER_KINDS)}, found {kind!r}"
            )
    bounds = [config.parser_options.get(name) for name in ("low", "high")]
    graded = config.asks == "grade" or "grade" in config.answer_schema.values()
    if graded and any(isinstance(bound, bool) or not isinstance(bound, int | float) for bound in bounds):
        raise ConfigError(f"{path}: parser_options: a judge that grades needs the ends of its scale, low and high")


def _check_labels(path: Path, config: JudgeConfig) -> None:
    """Refuse labels that the parser could not read back: they would be paid for and bring no verdict."""
    unreadable = _UNREADABLE.get(config.parser, "")
    for label in config.labels:
        if any(letter in label for letter in unreadable):
            raise ConfigError(
                f"{path}: labels: {label!r} cannot be read back. Leave out {' '.join(unreadable.strip())}"
            )
    weighted = config.parser == "token_probability" and config.parameters.get("logprobs")
    if weighted and len({label[0] for label in config.labels}) == 1:
        raise ConfigError(
            f"{path}: labels: {config.labels[0]!r} and {config.labels[1]!r} begin alike, and the parser "
            "token_probability reads their first token. Let them differ in the first letter"
        )


def _check_headers(path: Path, config: ModelConfig) -> None:
    for key, name in (*(("headers", name) for name in config.headers), ("key_header", config.key_header)):
        if holds_key(name):
            raise ConfigError(f"{path}: {key}: a header's name there {KEY_FOUND}")
        if not _HEADER.fullmatch(name):
            raise ConfigError(f"{path}: {key}: {name!r} is not a header name")
    for name, value in config.headers.items():
        if not isinstance(value, str):
            raise ConfigError(f"{path}: headers: {name}: expected text, found {kind_of(value)}. Put it in quotes")


def _rates(path: Path, rates: Mapping[str, Any]) -> RateLimits:
    known = [field.name for field in dataclasses.fields(RateLimits)]
    for key, value in rates.items():
        if key not in known:
            raise ConfigError(f"{path}: rates: {UnknownName('key', key, known)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e12:
            raise ConfigError(f"{path}: rates: {key}: expected a number a minute, found {value!r}")
    return RateLimits(**rates)


def _tls(path: Path, tls: Mapping[str, Any]) -> Tls:
    known = [field.name for field in dataclasses.fields(Tls)]
    for key, value in tls.items():
        if key not in known:
            raise ConfigError(f"{path}: tls: {UnknownName('key', key, known)}")
        if not isinstance(value, str) or not (path.parent / value).is_file():
            raise ConfigError(f"{path}: tls: {key}: expected the path of a PEM file, found {value!r}")
    if "key" in tls and "certificate" not in tls:
        raise ConfigError(f"{path}: tls: key: there is no certificate that it belongs to")
    return Tls(**{key: str(path.parent / value) for key, value in tls.items()})


def _prices(path: Path, prices: Mapping[str, Any]) -> Prices:
    if set(prices) != {"input", "output"}:
        raise ConfigError(f"{path}: prices: expected the keys input and output (US dollars per million tokens)")
    for key, value in prices.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise ConfigError(f"{path}: prices: {key}: expected dollars per million tokens, found {value!r}")
    return Prices(float(prices["input"]), float(prices["output"]))


def scale(config: JudgeConfig) -> tuple[float, float]:
    """The lowest and the highest grade that a judge may give."""
    options = config.parser_options
    return float(options.get("low", 0.0)), float(options.get("high", 1.0))
