"""Reads the verdict from a judge's reply; only an unmistakable one counts, all else is unparsed, with the reason."""

import dataclasses
import inspect
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from evalkit.documents import parse_json
from evalkit.errors import ConfigError, InputError
from evalkit.judge_spec.objects import JsonObject, named, objects_within, only_object
from evalkit.judge_spec.reading import BRACKETS, ascii_lower, cut_off, last_bracketed, without_escapes
from evalkit.judge_spec.tokens import LEAST_BEHIND, MOST_POSITIONS, opens, weigh_labels
from evalkit.plugins import lookup
from evalkit.text import Spoken, shortened, spoken
from evalkit.types import ChatReply, JudgeConfig, Labels, Preference, Rating, Reading, Unparsed, Verdict

Parser = Callable[..., Verdict]

_NUMBER = re.compile(r"(-?[0-9]{1,4}(?:\.[0-9]{1,6})?)(?:\s*(?:/|out of)\s*([0-9]{1,4}))?")
_SCALE_BEHIND = re.compile(
    r"\[\[\s*(-?[0-9]{1,4}(?:\.[0-9]{1,6})?)\s*\]\]([*_`]*)\s*(?:/|out of)\s*([0-9]{1,4})(?![0-9]|[.,/][0-9])"
)
_NUMBERS = {"low", "high", "min_mass"}
# as MT-Bench and Arena-Hard write them; the second is tried where the first finds nothing
_LOOSE_GRADES = tuple(map(re.compile, (r"\[\[([0-9]+\.?[0-9]*)\]\]", r"\[([0-9]+\.?[0-9]*)\]")))
_LOOSE_VERDICTS = tuple(map(re.compile, (r"\[\[([AB<>=]+)\]\]", r"\[([AB<>=]+)\]")))
_ARENA_LABELS = Labels("A", "B")
# the fields of a reply that was made of what a judge's function returned
P_FIRST, GRADE, NO_VERDICT = "p_first", "grade", "no_verdict"
# begins the name of a parser that is a function of the process that judged
PYTHON = "python:"
# how the signs between two labels may be written
_USUAL_SIGNS = str.maketrans({"＞": ">", "＜": "<", "＝": "=", "≈": "=", "≫": ">>", "≪": "<<"})
_TWO_EQUALS = re.compile(r"(?<![<>=])==(?![<>=])")
# around a label, where it stands for a field's or the brackets' whole content
_AROUND_A_LABEL = " \t\r\n\u00a0\ufeff*_`~\"'.[]()"
_SHOWN = 40
CUT_OFF = "the reply was cut off at its limit of tokens"


def token_probability(reply: ChatReply, labels: Labels, *, min_mass: float = 0.1) -> Verdict:
    """The first token's probability for each label, scaled to sum to one; a label outside the top tokens counts zero.
    Behind tokens that only open the reply, such as a line break, a quotation mark or `**`, the next token counts.

    A token stands for a label when it is the beginning of that one alone: drawn labels differ in their first letter.
    Labels that share less than `min_mass` of the probability give no verdict: the judge meant to say something else.
    Where the endpoint gives no log-probabilities, a reply that is a label and nothing else counts as that one draw.
    """
    if not reply.top_logprobs or not reply.top_logprobs[0]:
        return _sampled(spoken(reply.text).text, labels)
    verdict = weigh_labels(reply.top_logprobs[0], labels, min_mass)
    for position in range(1, min(len(reply.top_logprobs), MOST_POSITIONS)):
        if not isinstance(verdict, Unparsed) or not opens(reply, position):
            break
        behind = weigh_labels(reply.top_logprobs[position], labels, max(min_mass, LEAST_BEHIND))
        verdict = behind if isinstance(behind, Preference) else verdict
    return verdict


def bracket_label(reply: ChatReply, labels: Labels) -> Verdict:
    """The label in double brackets that ends the last line, as in `[[K]]` or `My verdict: [[K]]`."""
    return _last_verdict(reply, lambda said: _of_label(said, labels))


def five_way(reply: ChatReply, labels: Labels, *, field: str | None = None) -> Verdict:
    """One of five verdicts, `[[K>>M]]`, `[[K>M]]`, `[[K=M]]`, `[[M>K]]` or `[[M>>K]]` for the labels K and M, or the
    same in the other order, at the end of the last line; or the same without brackets in one field of a JSON object.

    The label of a tie, where the judge has one, is `[[K=M]]` too.
    """
    if field is None:
        return _last_verdict(reply, lambda said: _of_five_or_tie(said, labels))
    found = _read_field(reply, field)
    if isinstance(found, Unparsed):
        return found
    if not isinstance(found.value, str):
        return Unparsed(f"field {field!r} holds {_quoted(json.dumps(found.value))}, not a verdict")
    return _of_five_or_tie(found.value, labels)


def five_way_labels(labels: Labels) -> tuple[str, ...]:
    """The five verdicts from the first answer being much better to the second being so."""
    first, second = labels.first, labels.second
    return f"{first}>>{second}", f"{first}>{second}", f"{first}={second}", f"{second}>{first}", f"{second}>>{first}"


def json_field(reply: ChatReply, labels: Labels, *, field: str = "winner") -> Verdict:
    """The label in one field of the one JSON object of a reply."""
    found = _read_field(reply, field)
    if isinstance(found, Unparsed):
        return found
    if not isinstance(found.value, str):
        return Unparsed(f"field {field!r} holds {_quoted(json.dumps(found.value))}, not a label")
    return _of_label(found.value, labels)


def number(reply: ChatReply, _: Labels, *, low: float, high: float, field: str | None = None) -> Verdict:
    """A grade from `low` to `high`: the whole reply, `[[7]]` at the end of its last line, or a field of a JSON object.

    A grade may name the scale's end, as in `[[7/10]]` and `[[7]]/10`.
    """
    if field is not None:
        found = _read_field(reply, field)
        if isinstance(found, Unparsed):
            return found
        if isinstance(only_object(spoken(reply.text).unopened, field), JsonObject):
            return Unparsed("several verdicts: the reply has two objects")
        if isinstance(found.value, str) and (stated := _stated(found.value, high)) is not None:
            return _of_number(stated, low, high)
        if isinstance(found.value, bool) or not isinstance(found.value, int | float):
            return Unparsed(f"field {field!r} holds {_quoted(json.dumps(found.value))}, not a number")
        return _of_number(found.value, low, high)
    said = _words_of(reply)
    if isinstance(said, Unparsed):
        return said
    # a grade is no secret, as a label is: an answer that is quoted may end thoughts that were none
    thoughts, words = _with_scale_inside(said.unopened), _with_scale_inside(said.text)
    grades = {last for line in thoughts.splitlines() if (last := last_bracketed(line)) is not None}
    grades |= set(BRACKETS.findall(words))
    # one grade may be spelled in two ways
    if len({grade if (value := _stated(grade, high)) is None else value for grade in grades}) > 1:
        return Unparsed(f"several verdicts: {_quoted(', '.join(sorted(grades)))}")
    lines = [line.strip() for line in words.splitlines() if line.strip().strip("`~")]
    bracketed = last_bracketed(words)
    text = bracketed if bracketed is not None else lines[0] if len(lines) == 1 else ""
    stated = _stated(text, high)
    if cut_off(reply) and (bracketed is not None or stated is None or stated * 10 <= high):
        # a bare number is whole where the scale has room for no further digit
        return Unparsed(CUT_OFF)
    if stated is None:
        return Unparsed(f"no number alone on the last line, which reads {_quoted(lines[-1] if lines else said.text)}")
    return _of_number(stated, low, high)


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
            return _of_five(found[-1], _ARENA_LABELS)
    return Unparsed("no verdict in brackets")


def function_result(reply: ChatReply, _: Labels, *, low: float = 0.0, high: float = 1.0) -> Verdict:
    """The result of a judge's function: the probability that the first answer is better, a grade, or why neither."""
    try:
        document = parse_json(reply.text, "the reply")
    except InputError:
        document = None
    fields = document if isinstance(document, dict) else {}
    if NO_VERDICT in fields:
        return Unparsed(str(fields[NO_VERDICT]) or "the judge gave no verdict and no reason")
    if P_FIRST in fields:
        return Preference(float(fields[P_FIRST]))
    if GRADE in fields:
        return _of_number(fields[GRADE], low, high)
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


def _words_of(reply: ChatReply) -> Spoken | Unparsed:
    """The words of a reply without its thoughts."""
    said = spoken(reply.text)
    if said.unfinished:
        return Unparsed(f"{CUT_OFF}, in its thoughts" if cut_off(reply) else "the reply ends in its thoughts")
    return said if said.text else Unparsed("the reply is empty")


def _read_field(reply: ChatReply, field: str) -> _FieldValue | Unparsed:
    said = _words_of(reply)
    if isinstance(said, Unparsed):
        return said
    found = only_object(said.text, field)
    if isinstance(found, Unparsed):
        return Unparsed(CUT_OFF) if cut_off(reply) else found
    if cut_off(reply) and not found.alone:
        return Unparsed(CUT_OFF)
    fields = found.fields
    names = named(fields, field)
    if not names and len(inside := objects_within(fields, field)) == 1:
        (fields,) = inside
        names = named(fields, field)
    if not names:
        return Unparsed(f"the reply has no field {field!r}")
    if len(names) > 1:
        return Unparsed(f"the field {field!r} stands twice in the reply, as {_quoted(', '.join(sorted(names)))}")
    return _FieldValue(fields[names[0]])


def _sampled(said: str, labels: Labels) -> Verdict:
    verdict = _of_label(said, Labels(labels.first, labels.second))
    # a label in brackets is the form of another parser
    if isinstance(verdict, Unparsed) or BRACKETS.search(said):
        return Unparsed("the reply carries no log-probabilities")
    return dataclasses.replace(verdict, reading=Reading.SAMPLED)


def _last_verdict(reply: ChatReply, read: Callable[[str], Preference | Unparsed]) -> Verdict:
    """The verdict in double brackets at the end; another verdict before it makes the reply ambiguous."""
    heard = _words_of(reply)
    if isinstance(heard, Unparsed):
        return heard
    text = without_escapes(heard.text)
    if cut_off(reply):
        return Unparsed(CUT_OFF)
    last = last_bracketed(text)
    if last is None:
        line = next(line.strip() for line in reversed(text.splitlines()) if line.strip())
        return Unparsed(f"no [[label]] alone on the last line, which reads {_quoted(line)}")
    said = {name: read(name) for name in BRACKETS.findall(text)}
    said = {name: verdict for name, verdict in said.items() if not isinstance(verdict, Unparsed)}
    # one verdict may be spelled in two ways
    if len(set(said.values())) > 1:
        return Unparsed(f"several verdicts: {', '.join(sorted(said))}")
    return read(last)


def _of_five(said: str, labels: Labels) -> Preference | Unparsed:
    names: dict[str, Preference] = {}
    for one, other, p_one in ((labels.first, labels.second, 1.0), (labels.second, labels.first, 0.0)):
        names |= {
            f"{one}>>{other}": Preference(p_one, strong=True),
            f"{other}<<{one}": Preference(p_one, strong=True),
            f"{one}>{other}": Preference(p_one),
            f"{other}<{one}": Preference(p_one),
            f"{one}={other}": Preference(0.5),
        }
    return _meaning(said, names) or Unparsed(f"unknown verdict {_quoted(said)}")


def _of_five_or_tie(said: str, labels: Labels) -> Preference | Unparsed:
    """One of five verdicts, whose signs may be spelled otherwise, or the label of a tie."""
    if labels.tie is not None and (tie := _meaning(said, {labels.tie: Preference(0.5)})) is not None:
        return tie
    plain = said.translate(_USUAL_SIGNS).replace("&gt;", ">").replace("&lt;", "<")
    found = _of_five(_TWO_EQUALS.sub("=", plain), labels)
    return Unparsed(f"unknown verdict {_quoted(said)}") if isinstance(found, Unparsed) else found


def _of_label(said: str, labels: Labels) -> Preference | Unparsed:
    names = {labels.first: Preference(1.0), labels.second: Preference(0.0)}
    if labels.tie is not None:
        names[labels.tie] = Preference(0.5)
    return _meaning(said, names) or Unparsed(f"unknown label {_quoted(said)}")


def _meaning(said: str, names: Mapping[str, Preference]) -> Preference | None:
    """The preference under the name that a text is, whatever its blanks, marks of emphasis and case; None if it is no
    name, or could be two.
    """
    for alike in (str, _without_blanks, _plainest):
        found = {verdict for name, verdict in names.items() if alike(name) == alike(said)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _without_blanks(text: str) -> str:
    return text.replace(" ", "")


def _plainest(text: str) -> str:
    return ascii_lower(_without_blanks(text.strip(_AROUND_A_LABEL)))


def _stated(text: str, high: float) -> float | None:
    """The number that a text is, alone or out of the scale's end; None for any other text."""
    found = _NUMBER.fullmatch(text.strip(" \t\u00a0\ufeff*_`~"))
    if found is None or (found[2] is not None and float(found[2]) != high):
        return None
    return float(found[1])


def _with_scale_inside(text: str) -> str:
    """The text with the scale's end, where it stands right behind a grade's brackets, between them."""
    return _SCALE_BEHIND.sub(r"[[\1/\3]]\2", without_escapes(text))


def _of_number(value: float, low: float, high: float) -> Verdict:
    if not low <= value <= high:
        said = f"{value:g}" if abs(value) < 1e15 else _quoted(str(value))
        return Unparsed(f"{said} is outside the scale from {low:g} to {high:g}")
    return Rating(float(value), low, high)


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
