"""Reads the rules of a gate from tables of settings, as `[[gate.rules]]` in evalkit.toml has them, and checks each."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.boards import CATEGORY, METRICS, TURN, WIN_RATE, Metric
from evalkit.documents import kind_of, read_text
from evalkit.errors import KEY_FOUND, ConfigError, UnknownName
from evalkit.gating.rule import Rule
from evalkit.redaction import holds_key
from evalkit.text import shortened

GATE, RULES = "gate", "rules"
_TEXTS = ("name", "benchmark", "judge", "baseline", "metric", "category", "against")
_NUMBERS = ("min", "margin", "min-coverage", "min-agreement")
_COUNTS = {"turn": 1, "min-n": 2}
_KEYS = (*_TEXTS, *_NUMBERS, *_COUNTS, "required", "source")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTable:
    """One rule of a gate as a table of settings gives it; None where it leaves something to the gate.

    `place` is the beginning of an error about the rule. `part` is a turn or a category, as a row names it. `source` are
    files or folders of verdicts, in which nothing but this rule looks.
    """

    place: str
    name: str
    metric: Metric | None = None
    benchmark: str | None = None
    judge: str | None = None
    baseline: str | None = None
    source: tuple[str, ...] = ()
    part: str | None = None
    minimum: float | None = None
    against: str | None = None
    margin: float = 0.0
    required: bool = True
    min_n: int | None = None
    min_coverage: float | None = None
    min_agreement: float | None = None

    def rule(self, usual: Rule, metric: Metric) -> Rule:
        """The rule, with what the table leaves open as in the gate's usual rule.

        Args:
            metric: the benchmark's metric, which decides where the table names none.
        """
        own = self.metric or (WIN_RATE if self.part is not None else metric)
        return replace(
            usual,
            name=self.name,
            required=self.required,
            part=self.part,
            metric=own,
            minimum=self.minimum,
            against=self.against,
            margin=self.margin,
            min_n=usual.min_n if self.min_n is None else self.min_n,
            min_coverage=usual.min_coverage if self.min_coverage is None else self.min_coverage,
            min_agreement=usual.min_agreement if self.min_agreement is None else self.min_agreement,
        )


def read_rule_file(path: Path) -> tuple[RuleTable, ...]:
    """The rules of a settings file.

    Raises:
        InputError: the file cannot be read.
        ConfigError: it is not TOML, has no rules, or a rule is wrong.
    """
    try:
        settings = tomllib.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    table = settings.get(GATE)
    if not isinstance(table, dict) or RULES not in table:
        raise ConfigError(f"{path}: has no [[gate.rules]]. Write one such table for each rule of the gate")
    return read_rules(table[RULES], where=f"{path}: [[gate.rules]]")


def read_rules(given: Any, *, where: str) -> tuple[RuleTable, ...]:
    """The rules of a list of tables.

    Args:
        where: the beginning of every error, which the number of the rule follows.

    Raises:
        ConfigError: a table has a wrong key or value, two rules have one name, or no rule is required.
    """
    if isinstance(given, Mapping):
        raise ConfigError(f"{where}: expected a list of tables, found one. Write [[gate.rules]] above each rule")
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        raise ConfigError(
            f"{where}: expected a list of tables, found {kind_of(given)}. Write [[gate.rules]] above each"
        )
    rules = tuple(
        one if isinstance(one, RuleTable) else _read(one, f"{where} {number}") for number, one in enumerate(given, 1)
    )
    if not rules:
        raise ConfigError(f"{where}: is empty. Write one table for each rule, or take it away")
    first: dict[str, RuleTable] = {}
    for rule in rules:
        same = first.setdefault(rule.name, rule)
        if same is not rule:
            raise ConfigError(f"{rule.place}: has the name of {same.place}. Give each rule a name of its own")
    if not any(rule.required for rule in rules):
        raise ConfigError(
            f"{where}: no rule is required, so nothing could fail the gate. Take required = false away from one"
        )
    return rules


def _read(table: Any, where: str) -> RuleTable:
    if not isinstance(table, Mapping):
        raise ConfigError(
            f"{where}: expected a table, found {kind_of(table)}. Write the rule's keys below [[gate.rules]]"
        )
    given = {str(key).replace("_", "-"): value for key, value in table.items()}
    place = f"{where}{_name_shown(given.get('name'))}"
    for key in given:
        if key not in _KEYS:
            raise ConfigError(f"{place}: {UnknownName('key', key, _KEYS)}")
    name = _name(given, place)
    for key in _TEXTS:
        _text(given, key, place)
    least, against = _number(given, "min", place), given.get("against")
    margin, required = _number(given, "margin", place), given.get("required", True)
    if not isinstance(required, bool):
        raise ConfigError(f"{place}: required: expected true or false, found {_in_words(required)}")
    part = _part(given, place)
    return RuleTable(
        place=place,
        name=name,
        metric=_metric(given, part, place),
        benchmark=given.get("benchmark"),
        judge=given.get("judge"),
        baseline=given.get("baseline"),
        source=_sources(given, place),
        part=part,
        **_threshold(least, against, margin, place),
        required=required,
        min_n=_count(given, "min-n", place),
        min_coverage=_share(given, place),
        min_agreement=_percentage(given, place),
    )


def _name_shown(name: object) -> str:
    """The rule's name behind its number, if it can be shown."""
    return f" {name[:_LONGEST_NAME]!r}" if isinstance(name, str) and name.strip() and not holds_key(name) else ""


def _name(given: Mapping[str, Any], place: str) -> str:
    name = given.get("name")
    if name is None:
        raise ConfigError(f'{place}: has no name. Give it one, as in name = "helpful"')
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise ConfigError(
            f"{place}: name: expected up to {_LONGEST_NAME} printable characters, found {_in_words(name)}"
        )
    if holds_key(name):
        raise ConfigError(f"{place}: name: what stands there {KEY_FOUND}")
    return name


def _text(given: Mapping[str, Any], key: str, place: str) -> None:
    value = given.get(key)
    if key in given and (not isinstance(value, str) or not value.strip()):
        raise ConfigError(f'{place}: {key}: expected text, as in {key} = "...", found {_in_words(value)}')


def _number(given: Mapping[str, Any], key: str, place: str) -> float | None:
    if key not in given:
        return None
    value = given[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{place}: {key}: expected a number, found {_in_words(value)}")
    return float(value)


def _count(given: Mapping[str, Any], key: str, place: str) -> int | None:
    if key not in given:
        return None
    value, least = given[key], _COUNTS[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"{place}: {key}: expected a whole number from {least}, found {_in_words(value)}")
    return value


def _share(given: Mapping[str, Any], place: str) -> float | None:
    share = _number(given, "min-coverage", place)
    if share is not None and not 0 <= share <= 1:
        raise ConfigError(f"{place}: min-coverage: expected a share from 0 to 1, found {share:g}")
    return share


def _percentage(given: Mapping[str, Any], place: str) -> float | None:
    least = _number(given, "min-agreement", place)
    if least is not None and not 0 <= least <= 100:
        raise ConfigError(f"{place}: min-agreement: expected a percentage from 0 to 100, found {least:g}")
    return least


def _sources(given: Mapping[str, Any], place: str) -> tuple[str, ...]:
    if "source" not in given:
        return ()
    value = given["source"]
    named = [value] if isinstance(value, str) else value
    if not isinstance(named, list | tuple) or not named or not all(isinstance(one, str) and one for one in named):
        raise ConfigError(f"{place}: source: expected a file, a folder or a list of these, found {_in_words(value)}")
    return tuple(named)


def _threshold(least: float | None, against: str | None, margin: float | None, place: str) -> dict[str, Any]:
    """The fields of the threshold: a minimum, or a model to compare with and a margin."""
    if least is not None and against is not None:
        raise ConfigError(f"{place}: has both min and against. Keep one: a rule has one threshold")
    if least is None and against is None:
        raise ConfigError(f"{place}: has no threshold. Give it min = NUMBER, or against = MODEL with margin = POINTS")
    if margin is not None and against is None:
        raise ConfigError(f"{place}: margin goes with against; min is a threshold by itself. Take one of them away")
    if margin is not None and margin < 0:
        raise ConfigError(f"{place}: margin: is how far behind a model may be; expected 0 or more, found {margin:g}")
    if least is not None and not 0 <= least <= 100:
        raise ConfigError(f"{place}: min: expected a percentage from 0 to 100, or a grade, found {least:g}")
    return {"minimum": least, "against": against, "margin": margin or 0.0}


def _part(given: Mapping[str, Any], place: str) -> str | None:
    turn = _count(given, "turn", place)
    if turn is not None and "category" in given:
        raise ConfigError(f"{place}: has both turn and category. Keep one: verdicts are split by one of them")
    if turn is not None:
        return f"{TURN} {turn}"
    return f"{CATEGORY} {given['category']}" if "category" in given else None


def _metric(given: Mapping[str, Any], part: str | None, place: str) -> Metric | None:
    if "metric" not in given:
        return None
    known = {metric.name: metric for metric in METRICS}
    named = given["metric"]
    if named not in known:
        raise ConfigError(f"{place}: {UnknownName('metric', named, known)}")
    metric = known[named]
    if part is not None and metric.held is not None:
        raise ConfigError(
            f"{place}: metric: a {part.split(' ')[0]} is decided on win_rate or score, found {named}: what length or "
            "style does is learned from whole benchmarks. Take one of them away"
        )
    return metric


def _in_words(value: object) -> str:
    if isinstance(value, str):
        return "a text that " + KEY_FOUND if holds_key(value) else shortened(repr(value), 60)
    return str(value).lower() if isinstance(value, bool | int | float) else kind_of(value)
