"""Judges as files: annotators/NAME.yaml read into a checked JudgeConfig."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evalkit import assets
from evalkit.documents import kind_of, read_text, read_yaml
from evalkit.errors import ConfigError, UnknownName
from evalkit.modelfile import LOCAL, check_server, locate_model, model_name
from evalkit.types import JudgeConfig, Prices, Rates, Tls

ORDERS = ("one", "both")
ANSWER_KINDS = ("text", "label")
ANSWER_FORMS = ("json_schema", "tool")
MOST_REASKS = 20
LONGEST_TIMEOUT = 86_400

_TEXTS = (
    "client", "model", "parser", "description", "prompt", "orders", "tie", "answer_form", "base_url", "key_variable",
    "key_header", "notice",
)  # fmt: skip
_MAPPINGS = ("parser_options", "parameters", "answer_schema", "headers", "prices", "rates", "tls", "server")
_NUMBERS = ("reasks", "timeout")
_TRUTHS = ("plain_http",)
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    **dict.fromkeys(_TEXTS, (str, "text")),
    **dict.fromkeys(_MAPPINGS, (dict, "a mapping")),
    **dict.fromkeys(_NUMBERS, ((int, float), "a number")),
    **dict.fromkeys(_TRUTHS, (bool, "true or false")),
}
_SENT = ("parser_options", "parameters")
_REQUIRED = ("client", "model", "parser")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def judge_names() -> list[str]:
    """The shipped judges, sorted."""
    return assets.names("annotators", ".yaml")


def read_judge(name: str, *, model: str | None = None) -> JudgeConfig:
    """The judge that `name` means: a shipped one, or the path of a YAML file; its prompt may lie beside it.

    Args:
        model: asks another model than the file names.

    Raises:
        ConfigError: the file is missing, has unknown or repeated keys, or values of a wrong kind.
    """
    path = assets.find("annotators", name, ".yaml", noun="judge")
    fields = read_yaml(path)
    if model is not None:
        fields["model"] = model
    _check_keys(path, fields)
    if fields["client"] == LOCAL:
        fields |= locate_model(path, fields, beside=path.parent if model is None else Path())
    prompt_text = None
    if "prompt" in fields:
        try:
            prompt_path = assets.find("prompts", fields["prompt"], ".jinja", noun="prompt", beside=path.parent)
        except ConfigError as error:
            raise ConfigError(f"{path}: prompt: {error}") from None
        prompt_text = read_text(prompt_path)
    prices = fields.pop("prices", None)
    config = JudgeConfig(
        name=path.name.removesuffix(".yaml"),
        prompt_text=prompt_text,
        prices=None if prices is None else _prices(path, prices),
        rates=_rates(path, fields.pop("rates", {})),
        tls=_tls(path, fields.pop("tls", {})),
        **fields,
    )
    _check_values(path, config)
    _check_headers(path, config)
    check_server(path, config)
    return dataclasses.replace(config, digest=digest(config))


def with_orders(config: JudgeConfig, orders: str) -> JudgeConfig:
    """The same judge asked in one order or in both."""
    changed = dataclasses.replace(config, orders=orders)
    return dataclasses.replace(changed, digest=digest(changed))


def digest(config: JudgeConfig) -> str:
    """Twelve hex digits that name everything that decides this judge's verdicts; prices, headers and limits do not."""
    decisive = {
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
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]


def check_address(url: str, where: str, *, shown: str | None = None) -> None:
    """Refuse what is no http or https address, or what two readers could take for two; `shown` is for the message.

    Raises:
        ConfigError: naming `where`.
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    # urlsplit drops line breaks without a word, and some clients take a backslash for a slash
    if not sound or not url.isprintable() or any(one in url for one in "\\ #"):
        raise ConfigError(f"{where}: expected an http or https address, found {shown or url!r}")


def _place(config: JudgeConfig) -> str | None:
    """What tells one endpoint from another: of a local model its content, wherever it lies."""
    if config.client != LOCAL:
        return config.base_url
    try:
        return model_name(config)
    except ConfigError:
        # a judge can be listed without its model
        return None


def _check_keys(path: Path, fields: Mapping[str, Any]) -> None:
    for key, value in fields.items():
        if key not in _KINDS:
            raise ConfigError(f"{path}: {UnknownName('key', key, _KINDS)}")
        wanted, kind = _KINDS[key]
        # a truth value is a number to Python, but not to whoever wrote the file
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            cure = " Put it in quotes" if wanted is str and not isinstance(value, dict | list) else ""
            raise ConfigError(f"{path}: {key}: expected {kind}, found {kind_of(value)}.{cure}")
    for key in _REQUIRED:
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
    for key, found, known in (("orders", config.orders, ORDERS), ("answer_form", config.answer_form, ANSWER_FORMS)):
        if found not in known:
            raise ConfigError(f"{path}: {key}: expected one of {', '.join(known)}, found {found!r}")
    _check_numbers(path, config)
    for name, kind in config.answer_schema.items():
        if kind not in ANSWER_KINDS:
            raise ConfigError(
                f"{path}: answer_schema: {name}: expected one of {', '.join(ANSWER_KINDS)}, found {kind!r}"
            )
    if config.base_url is not None and config.client != LOCAL and "${" not in config.base_url:
        check_address(config.base_url, f"{path}: base_url")


def _check_headers(path: Path, config: JudgeConfig) -> None:
    for name, value in config.headers.items():
        if not isinstance(value, str):
            raise ConfigError(f"{path}: headers: {name}: expected text, found {kind_of(value)}. Put it in quotes")
    for key, name in (*(("headers", name) for name in config.headers), ("key_header", config.key_header)):
        if not _HEADER.fullmatch(name):
            raise ConfigError(f"{path}: {key}: {name!r} is no name of a header")


def _check_numbers(path: Path, config: JudgeConfig) -> None:
    if config.reasks not in range(MOST_REASKS + 1):
        raise ConfigError(f"{path}: reasks: expected a whole number from 0 to {MOST_REASKS}, found {config.reasks!r}")
    if not 0 < config.timeout <= LONGEST_TIMEOUT:
        raise ConfigError(f"{path}: timeout: expected seconds up to {LONGEST_TIMEOUT}, found {config.timeout!r}")


def _rates(path: Path, rates: Mapping[str, Any]) -> Rates:
    known = [field.name for field in dataclasses.fields(Rates)]
    for key, value in rates.items():
        if key not in known:
            raise ConfigError(f"{path}: rates: {UnknownName('key', key, known)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e12:
            raise ConfigError(f"{path}: rates: {key}: expected a number a minute, found {value!r}")
    return Rates(**rates)


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
