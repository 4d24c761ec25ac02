"""Judges as files: annotators/NAME.yaml read into a checked JudgeConfig."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evalkit import assets
from evalkit.documents import kind_of, read_text, read_yaml
from evalkit.errors import ConfigError, UnknownName
from evalkit.types import JudgeConfig, Prices

ORDERS = ("one", "both")
ANSWER_KINDS = ("text", "label")

_TEXTS = ("client", "model", "parser", "description", "prompt", "orders", "tie", "base_url", "key_variable", "notice")
_MAPPINGS = ("parser_options", "parameters", "answer_schema", "headers", "prices")
_SENT = ("parser_options", "parameters")
_REQUIRED = ("client", "model", "parser")


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
    prompt_text = None
    if "prompt" in fields:
        prompt_path = assets.find("prompts", fields["prompt"], ".jinja", noun="prompt", beside=path.parent)
        prompt_text = read_text(prompt_path)
    prices = fields.pop("prices", None)
    config = JudgeConfig(
        name=path.name.removesuffix(".yaml"),
        prompt_text=prompt_text,
        prices=None if prices is None else _prices(path, prices),
        **fields,
    )
    _check_values(path, config)
    return dataclasses.replace(config, digest=digest(config))


def with_orders(config: JudgeConfig, orders: str) -> JudgeConfig:
    """The same judge asked in one order or in both."""
    changed = dataclasses.replace(config, orders=orders)
    return dataclasses.replace(changed, digest=digest(changed))


def digest(config: JudgeConfig) -> str:
    """Twelve hex digits that name everything that decides this judge's verdicts; prices and headers do not."""
    decisive = {
        "client": config.client,
        "model": config.model,
        "endpoint": config.base_url,
        "prompt": config.prompt_text,
        "parser": config.parser,
        "parser_options": config.parser_options,
        "parameters": config.parameters,
        "answer_schema": config.answer_schema,
        "orders": config.orders,
        "tie": config.tie,
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]


def check_address(url: str, where: str) -> None:
    """Refuse what is no http or https address.

    Raises:
        ConfigError: naming `where`.
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ConfigError(f"{where}: expected an http or https address, found {url!r}")


def _check_keys(path: Path, fields: Mapping[str, Any]) -> None:
    known = [*_TEXTS, *_MAPPINGS]
    for key, value in fields.items():
        if key not in known:
            raise ConfigError(f"{path}: {UnknownName('key', key, known)}")
        wanted, kind = (str, "text") if key in _TEXTS else (dict, "a mapping")
        if not isinstance(value, wanted):
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
    if config.orders not in ORDERS:
        raise ConfigError(f"{path}: orders: expected one of {', '.join(ORDERS)}, found {config.orders!r}")
    for name, kind in config.answer_schema.items():
        if kind not in ANSWER_KINDS:
            raise ConfigError(
                f"{path}: answer_schema: {name}: expected one of {', '.join(ANSWER_KINDS)}, found {kind!r}"
            )
    for name, value in config.headers.items():
        if not isinstance(value, str):
            raise ConfigError(f"{path}: headers: {name}: expected text, found {kind_of(value)}. Put it in quotes")
    if config.base_url is not None:
        check_address(config.base_url, f"{path}: base_url")


def _prices(path: Path, prices: Mapping[str, Any]) -> Prices:
    if set(prices) != {"input", "output"}:
        raise ConfigError(f"{path}: prices: expected the keys input and output (US dollars per million tokens)")
    for key, value in prices.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise ConfigError(f"{path}: prices: {key}: expected dollars per million tokens, found {value!r}")
    return Prices(float(prices["input"]), float(prices["output"]))
