"""Reads the verdict from a judge's reply; only an unmistakable one counts, all else is unparsed, with the reason."""

import inspect
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from evalkit.documents import parse_json
from evalkit.errors import ConfigError, InputError
from evalkit.plugins import lookup
from evalkit.text import shortened
from evalkit.types import ChatReply, JudgeConfig, Labels, Preference, Rating, Reading, Unparsed, Verdict

Parser = Callable[..., Verdict]

_NUMBER = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,6})?")
_BRACKETS = re.compile(r"\[\[([^\[\]]*)\]\]")
_NUMBERS = {"low", "high", "min_mass"}
# as MT-Bench and Arena-Hard write them; the second is tried where the first finds nothing
_LOOSE_GRADES = tuple(map(re.compile, (r"\[\[([0-9]+\.?[0-9]*)\]\]", r"\[([0-9]+\.?[0-9]*)\]")))
_LOOSE_VERDICTS = tuple(map(re.compile, (r"\[\[([AB<>=]+)\]\]", r"\[([AB<>=]+)\]")))
_ARENA_LABELS = Labels("A", "B")
_MIRRORED = {"A<<B": "B>>A", "A<B": "B>A", "B=A": "A=B", "B<A": "A>B", "B<<A": "A>>B"}
# the fields of a reply that was made of what a judge's function returned
P_FIRST, GRADE, NO_VERDICT = "p_first", "grade", "no_verdict"
# begins the name of a parser that is a function of the process that judged
PYTHON = "python:"
_FIVE = (1.0, 1.0, 0.5, 0.0, 0.0)
_SHOWN = 40


def token_probability(reply: ChatReply, labels: Labels, *, min_mass: float = 0.1) -> Verdict:
    """The first token's probability for each label, scaled to sum to one; a label outside the top tokens counts zero.

    A token stands for a label when it is the beginning of that one alone: drawn labels differ in their first letter.
    Labels that share less than `min_mass` of the probability give no verdict: the judge meant to say something else.
    Where the endpoint gives no log-probabilities, a reply that is a label and nothing else counts as that one draw.
    """
    if not reply.top_logprobs or not reply.top_logprobs[0]:
        return _sampled(reply.text.strip(), labels)
    mass = {labels.first: 0.0, labels.second: 0.0}
    for token, logprob in reply.top_logprobs[0]:
        if math.isnan(logprob) or logprob > 1e-6:
            return Unparsed(f"log-probability {logprob} of token {_quoted(token)} is not one")
        begun = [label for label in mass if token.strip() and label.startswith(token.strip())]
        # the common beginning of both labels stands for neither
        if len(begun) == 1:
            mass[begun[0]] += math.exp(logprob)
    total = sum(mass.values())
    if total == 0:
        return Unparsed(f"neither label is among the likeliest tokens; the likeliest is {_quoted(_likeliest(reply))}")
    if total < min_mass or total > 1 + 1e-6:
        return Unparsed(f"the labels share a probability of {total:.2g}; the likeliest is {_quoted(_likeliest(reply))}")
    return Preference(mass[labels.first] / total, Reading.WEIGHTED)


def bracket_label(reply: ChatReply, labels: Labels) -> Verdict:
    """The label in double brackets that alone makes up the last line, as in `[[K]]`."""
    return _last_verdict(reply.text, lambda said: _of_label(said, labels))


def five_way(reply: ChatReply, labels: Labels, *, field: str | None = None) -> Verdict:
    """One of five verdicts, `[[K>>M]]`, `[[K>M]]`, `[[K=M]]`, `[[M>K]]` or `[[M>>K]]` for the labels K and M, alone on
    the last line; or the same without brackets in one field of a reply that is a single JSON object.
    """
    if field is None:
        return _last_verdict(reply.text, lambda said: _of_five(said, labels))
    found = _read_field(reply.text, field)
    if isinstance(found, Unparsed):
        return found
    if not isinstance(found.value, str):
        return Unparsed(f"field {field!r} holds {_quoted(json.dumps(found.value))}, not a verdict")
    return _of_five(found.value, labels)


def five_way_labels(labels: Labels) -> tuple[str, ...]:
    """The five verdicts from the first answer being much better to the second being so."""
    first, second = labels.first, labels.second
    return f"{first}>>{second}", f"{first}>{second}", f"{first}={second}", f"{second}>{first}", f"{second}>>{first}"


def json_field(reply: ChatReply, labels: Labels, *, field: str = "winner") -> Verdict:
    """The label in one field of a reply that is a single JSON object and nothing else."""
    found = _read_field(reply.text, field)
    if isinstance(found, Unparsed):
        return found
    if not isinstance(found.value, str):
        return Unparsed(f"field {field!r} holds {_quoted(json.dumps(found.value))}, not a label")
    return _of_label(found.value, labels)


def number(reply: ChatReply, _: Labels, *, low: float, high: float, field: str | None = None) -> Verdict:
    """A grade from `low` to `high`: the whole reply, `[[7]]` alone on its last line, or one field of a JSON object."""
    if field is not None:
        found = _read_field(reply.text, field)
        if isinstance(found, Unparsed):
            return found
        if isinstance(found.value, bool) or not isinstance(found.value, int | float):
            return Unparsed(f"field {field!r} holds {_quoted(json.dumps(found.value))}, not a number")
        return _of_number(found.value, low, high)
    lines = [line.strip() for line in reply.text.splitlines() if line.strip()]
    if not lines:
        return Unparsed("the reply is empty")
    bracketed = _BRACKETS.fullmatch(lines[-1])
    if len(set(_BRACKETS.findall(reply.text))) > 1:
        return Unparsed(f"several verdicts: {_quoted(', '.join(sorted(set(_BRACKETS.findall(reply.text)))))}")
    text = bracketed.group(1).strip() if bracketed else lines[-1] if len(lines) == 1 else ""
    if _NUMBER.fullmatch(text) is None:
        return Unparsed(f"no number alone on the last line, which reads {_quoted(lines[-1])}")
    return _of_number(float(text), low, high)


def mt_bench_grade(reply: ChatReply, _: Labels, *, low: float = 1, high: float = 10) -> Verdict:
    """The first `[[7]]` anywhere, else the first `[7]`, as MT-Bench reads a grade.

    Lenient, for recorded replies only: the judge may quote an answer that contains a grade.
    """
    for pattern in _LOOSE_GRADES:
        if match := pattern.search(reply.text):
            return _of_number(float(match.group(1)), low, high)
    return Unparsed("no number in brackets")


def arena_hard_verdict(reply: ChatReply, _: Labels) -> Verdict:
    """The last `[[A>B]]` anywhere, else the last `[A>B]`, in capitals or not, as Arena-Hard reads one of five verdicts.
    A is the answer shown first.

    Lenient, for recorded replies only, as `mt_bench_grade` is.
    """
    said = reply.text.upper()
    for pattern in _LOOSE_VERDICTS:
        if found := pattern.findall(said):
            return _of_five(_MIRRORED.get(found[-1], found[-1]), _ARENA_LABELS)
    return Unparsed("no verdict in brackets")


def function_result(reply: ChatReply, _: Labels, *, low: float = 0.0, high: float = 1.0) -> Verdict:
    """The result of a judge's function: the probability that the first answer is better, a grade, or why neither."""
    found = _read_field(reply.text, NO_VERDICT)
    if not isinstance(found, Unparsed):
        return Unparsed(str(found.value) or "the judge gave no verdict and no reason")
    for name in (P_FIRST, GRADE):
        found = _read_field(reply.text, name)
        if not isinstance(found, Unparsed):
            return Preference(float(found.value)) if name == P_FIRST else _of_number(found.value, low, high)
    return Unparsed("the reply was not made of a function's result")


def parser_of(config: JudgeConfig) -> Callable[[ChatReply, Labels], Verdict]:
    """The parser that reads a judge's replies.

    Raises:
        ConfigError: there is no such parser, an option of it is wrong, or it is a Python function of another process.
    """
    own = config.in_process
    if own is not None and own.parser is not None:
        return own.parser
    if config.parser.startswith(PYTHON):
        raise ConfigError(
            f"judge {config.name!r}: its replies are read by the Python function "
            f"{config.parser.removeprefix(PYTHON)!r}. Hand the judge with its parser to a function of evalkit"
        )
    return find_parser(config.parser, config.parser_options)


def find_parser(name: str, options: Mapping[str, Any]) -> Callable[[ChatReply, Labels], Verdict]:
    """The parser called `name` with its options bound.

    Raises:
        UnknownName: no such parser.
        ConfigError: an option is missing, unknown or of a wrong kind.
    """
    parser = lookup("parser", name, BUILTIN)
    try:
        inspect.signature(parser).bind(None, None, **options)
    except TypeError as error:
        raise ConfigError(f"parser {name!r}: parser_options: {error}") from None
    _check_options(name, options)
    return lambda reply, labels: parser(reply, labels, **options)


def _check_options(name: str, options: Mapping[str, Any]) -> None:
    """Refuse options of a wrong kind before the first paid reply is read."""
    for key in _NUMBERS.intersection(options):
        value = options[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ConfigError(f"parser {name!r}: parser_options: {key}: expected a number, found {value!r}")
    if not isinstance(options.get("field", ""), str):
        raise ConfigError(f"parser {name!r}: parser_options: field: expected text, found {options['field']!r}")
    if options.get("low", 0.0) >= options.get("high", math.inf):
        raise ConfigError(f"parser {name!r}: parser_options: low must be less than high")


class _FieldValue:
    """A value read from JSON; kept apart from Unparsed because JSON may hold anything, null included."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _read_field(text: str, field: str) -> _FieldValue | Unparsed:
    if not text.strip():
        return Unparsed("the reply is empty")
    try:
        document = parse_json(text, "the reply")
    except InputError as error:
        return Unparsed(str(error))
    if not isinstance(document, dict):
        return Unparsed("the reply is JSON but not an object")
    if field not in document:
        return Unparsed(f"the reply has no field {field!r}")
    return _FieldValue(document[field])


def _sampled(said: str, labels: Labels) -> Verdict:
    if said not in (labels.first, labels.second):
        return Unparsed("the reply carries no log-probabilities")
    return Preference(1.0 if said == labels.first else 0.0, Reading.SAMPLED)


def _last_verdict(text: str, read: Callable[[str], Verdict]) -> Verdict:
    """The verdict in double brackets, alone on the last line; another verdict before it makes the reply ambiguous."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return Unparsed("the reply is empty")
    match = _BRACKETS.fullmatch(lines[-1])
    if match is None:
        return Unparsed(f"no [[label]] alone on the last line, which reads {_quoted(lines[-1])}")
    said = {name: read(name) for name in _BRACKETS.findall(text)}
    said = {name: verdict for name, verdict in said.items() if not isinstance(verdict, Unparsed)}
    # one verdict may be spelled in two ways
    if len(set(said.values())) > 1:
        return Unparsed(f"several verdicts: {', '.join(sorted(said))}")
    return read(match.group(1))


def _of_five(said: str, labels: Labels) -> Verdict:
    for name, p_first, strong in zip(five_way_labels(labels), _FIVE, (True, False, False, False, True), strict=True):
        if said.replace(" ", "") == name.replace(" ", ""):
            return Preference(p_first, strong=strong)
    return Unparsed(f"unknown verdict {_quoted(said)}")


def _of_label(name: str, labels: Labels) -> Verdict:
    if labels.tie is not None and name == labels.tie:
        return Preference(0.5)
    if name == labels.first:
        return Preference(1.0)
    if name == labels.second:
        return Preference(0.0)
    return Unparsed(f"unknown label {_quoted(name)}")


def _of_number(value: float, low: float, high: float) -> Verdict:
    if not low <= value <= high:
        said = f"{value:g}" if abs(value) < 1e15 else _quoted(str(value))
        return Unparsed(f"{said} is outside the scale from {low:g} to {high:g}")
    return Rating(float(value), low, high)


def _likeliest(reply: ChatReply) -> str:
    return max(reply.top_logprobs[0], key=lambda entry: entry[1])[0]


def _quoted(text: str) -> str:
    return repr(shortened(text, _SHOWN))


BUILTIN: dict[str, Parser] = {
    "token_probability": token_probability,
    "bracket_label": bracket_label,
    "five_way": five_way,
    "json_field": json_field,
    "number": number,
    "mt_bench_grade": mt_bench_grade,
    "arena_hard_verdict": arena_hard_verdict,
    "function_result": function_result,
}
