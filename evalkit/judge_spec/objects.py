"""Finds in a reply's text the one JSON object that holds its verdict, however it is wrapped."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.documents import parse_json
from evalkit.errors import InputError
from evalkit.judge_spec.reading import DECORATED, HEDGES, ascii_lower, introduces_own, last_sentence
from evalkit.types import Unparsed

# words before an object with one of these say that it is another one's
_OTHERS = re.compile(
    r"n['’]t\b|\b(?:not|cannot|neither|if|could|might|says?|said|claim(?:s|ed|ing)?|told|tells|wants|writes?|wrote"
    r"|written|quot\w+|instruct(?:s|ed|ing)|demand\w*|insist\w*|contains?|includes?|ends|ending|unsure|undecided"
    r"|example|pretend\w*|injected?|manipulat\w*)\b",
    re.IGNORECASE,
)
# a text behind an object with one of these takes the verdict back, or says that it is another one's
_TAKEN_BACK = re.compile(
    r"n['’]t\b|\b(?:not|cannot|neither|unable|undecided|unsure|however|but|although|instead|wait|actually|correction"
    r"|says?|said|claim\w*|quot\w+|wrote|written|rather|otherwise|ignore|disregard|reconsider\w*|revis\w*|chang\w*)\b",
    re.IGNORECASE,
)
# each is looked at
_MOST_BRACES = 100
_STRING_OR_LAST_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)


# a judge that repeats its object may point back to it
_AS_SAID = re.compile(r"\bas (?:I |already |just )*(?:said|stated|wrote|explained)\b", re.IGNORECASE)
# an object in single quotes, whose texts hold neither quotes nor anything that a quote could end
_IN_SINGLE_QUOTES = re.compile(
    r"\{\s*(?:'[^'\"\\{}]*'\s*:\s*(?:'[^'\"\\{}]*'|-?[0-9.]+|true|false|null)\s*(?:,\s*(?!\})|(?=\})))+\}"
)
# the names of fields that hold another one's object, and of those that may where there are other fields
_OF_OTHERS = re.compile(r"quot|exampl|instruct|schema|claim|inject|says|said|alternativ|\bif\b", re.IGNORECASE)
_MAYBE_OF_OTHERS = re.compile(r"answer|respon|candidate|prompt|input|assistant|model|text", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class JsonObject:
    """The one object of a reply; `alone` if there is nothing around it."""

    fields: dict[str, Any]
    alone: bool


def only_object(text: str, field: str) -> JsonObject | Unparsed:
    """The one JSON object of a text, alone, in a fence, or behind words; `field` is what it is read for.

    Strings may hold raw line breaks, a comma may stand before a closing bracket, and the object may be the only element
    of an array, or written into a string. It may stand in single quotes where no text in it can end early, and twice.
    Around it nothing may be other JSON, hold the field, or take the object back.
    """
    text = _once(text)
    try:
        return JsonObject(_object(_parsed(text)), alone=True)
    except InputError as error:
        reason = str(error)
    except _NoObject:
        return Unparsed("the reply is JSON but not an object")
    return _fenced(text, field) or _behind_words(text, field) or Unparsed(reason)


def objects_within(fields: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """The objects right within another one that hold a field, but for those that may be another one's words."""
    found = [
        (name, inside)
        for name, value in fields.items()
        if isinstance(inside := _alone_in(value), dict) and named(inside, field)
    ]
    if len(found) == 1 and (
        _OF_OTHERS.search(found[0][0]) or (len(fields) > 1 and _MAYBE_OF_OTHERS.search(found[0][0]))
    ):
        return []
    return [inside for _, inside in found]


def named(fields: Mapping[str, Any], field: str) -> list[str]:
    """The names in an object that are the field's, whatever their case and the blanks around them."""
    return [name for name in fields if ascii_lower(name.strip()) == ascii_lower(field)]


class _NoObject(Exception):
    """The text is JSON and holds something else."""


def _parsed(text: str) -> Any:
    try:
        return parse_json(text, "the reply", raw_lines=True)
    except InputError:
        if _IN_SINGLE_QUOTES.fullmatch(text.strip()):
            return parse_json(text.replace("'", '"'), "the reply", raw_lines=True)
        mended = _STRING_OR_LAST_COMMA.sub(lambda found: found[1] or "", text)
        if mended == text:
            raise
        try:
            return parse_json(mended, "the reply", raw_lines=True)
        except InputError:
            pass
        raise


def _object(document: Any) -> dict[str, Any]:
    found = _alone_in(document)
    if isinstance(found, str) and found.lstrip().startswith("{"):
        # a string is read once: what it holds may quote in turn
        found = _alone_in(_parsed(found))
    if not isinstance(found, dict):
        raise _NoObject
    return found


def _alone_in(document: Any) -> Any:
    return document[0] if isinstance(document, list) and len(document) == 1 else document


def _once(text: str) -> str:
    """The text with one object where it holds the same one several times and no other."""
    found = _objects_in(text)
    if len(found) < 2 or any(pairs != found[0][2] for _, _, pairs in found):
        return text
    for start, end, _ in reversed(found[:-1]):
        text = text[:start] + text[end:].removeprefix(",")
    return text


def _fenced(text: str, field: str) -> JsonObject | None:
    """The object in the one fence that holds JSON."""
    parts = text.split("```")
    if len(parts) % 2 == 0:
        return None
    found: list[tuple[int, dict[str, Any]]] = []
    for place in range(1, len(parts), 2):
        try:
            found.append((place, _object(_parsed(re.sub(r"\A[A-Za-z0-9]*\s", "", parts[place])))))
        except (InputError, _NoObject):
            continue
    if len(found) != 1:
        return None
    place, fields = found[0]
    before, after = "\n".join(parts[:place]), "\n".join(parts[place + 1 :])
    return JsonObject(fields, alone=False) if _plain(before, after, field) else None


def _behind_words(text: str, field: str) -> JsonObject | None:
    """The object behind words in a text whose other words hold no brackets.

    Words behind it in its line are taken only where those before it announce the speaker's own verdict.
    """
    start = text.find("{")
    before = text[:start]
    if start < 0 or re.search(r"[\[\]}]", before):
        return None
    stop = text.rfind("}") + 1
    rest, _, after = text[stop:].partition("\n")
    if re.search(r"[\[\]{]", rest + after):
        return None
    if DECORATED.fullmatch(rest) is None and (not introduces_own(before) or HEDGES.search(_AS_SAID.sub("", rest))):
        return None
    try:
        fields = _object(_parsed(text[start:stop]))
    except (InputError, _NoObject):
        return None
    return JsonObject(fields, alone=False) if _plain(before, f"{rest}\n{after}", field) else None


def _plain(before: str, after: str, field: str) -> bool:
    """True if the words around an object leave it the speaker's only verdict."""
    after = _AS_SAID.sub("", after)
    around = f"{before}\n{after}"
    in_words = re.compile(rf"[\"'“]\s*{re.escape(field)}\s*[\"'”]\s*:", re.IGNORECASE)
    if in_words.search(around) or _holds_object(around) or _TAKEN_BACK.search(after):
        return False
    return _OTHERS.search(last_sentence([line.strip() for line in before.splitlines() if line.strip()])) is None


def _holds_object(text: str) -> bool:
    return text.count("{") > _MOST_BRACES or _objects_in(text) != []


def _objects_in(text: str) -> list[tuple[int, int, str]]:
    """The start, the end and the content of each object in a text; none where it has too many brackets to look at.

    Contents are equal where the objects have the same fields in the same order, also if one stands twice.
    """
    if text.count("{") > _MOST_BRACES:
        return []
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=lambda pairs: {"pairs": pairs})
    found: list[tuple[int, int, str]] = []
    for brace in re.finditer(r"\{", text):
        if found and brace.start() < found[-1][1]:
            continue
        try:
            pairs, end = decoder.raw_decode(text, brace.start())
            content = json.dumps(pairs)
        except (ValueError, RecursionError):
            continue
        found.append((brace.start(), end, content))
    return found
