"""Finds in a reply's text the one JSON object that holds its verdict, however it is wrapped."""

import json
import re
from dataclasses import dataclass
from typing import Any

from evalkit.documents import parse_json
from evalkit.errors import InputError
from evalkit.judge_spec.reading import DECORATED, last_sentence
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


@dataclass(frozen=True, slots=True)
class JsonObject:
    """The one object of a reply; `alone` if there is nothing around it."""

    fields: dict[str, Any]
    alone: bool


def only_object(text: str, field: str) -> JsonObject | Unparsed:
    """The one JSON object of a text, alone, in a fence, or behind words; `field` is what it is read for.

    Strings may hold raw line breaks, a comma may stand before a closing bracket, and the object may be the only element
    of an array. Around it nothing may be JSON, hold the field, or take the object back.
    """
    try:
        return JsonObject(_object(_parsed(text)), alone=True)
    except InputError as error:
        reason = str(error)
    except _NoObject:
        return Unparsed("the reply is JSON but not an object")
    return _fenced(text, field) or _behind_words(text, field) or Unparsed(reason)


class _NoObject(Exception):
    """The text is JSON and holds something else."""


def _parsed(text: str) -> Any:
    try:
        return parse_json(text, "the reply", raw_lines=True)
    except InputError:
        mended = _STRING_OR_LAST_COMMA.sub(lambda found: found[1] or "", text)
        if mended == text:
            raise
        try:
            return parse_json(mended, "the reply", raw_lines=True)
        except InputError:
            pass
        raise


def _object(document: Any) -> dict[str, Any]:
    found = document[0] if isinstance(document, list) and len(document) == 1 else document
    if not isinstance(found, dict):
        raise _NoObject
    return found


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
    """The object at the end of a line of a text whose other words hold no brackets."""
    start = text.find("{")
    before = text[:start]
    if start < 0 or re.search(r"[\[\]}]", before):
        return None
    stop = text.rfind("}") + 1
    rest, _, after = text[stop:].partition("\n")
    if DECORATED.fullmatch(rest) is None or re.search(r"[\[\]{]", after):
        return None
    try:
        fields = _object(_parsed(text[start:stop]))
    except (InputError, _NoObject):
        return None
    return JsonObject(fields, alone=False) if _plain(before, after, field) else None


def _plain(before: str, after: str, field: str) -> bool:
    """True if the words around an object leave it the speaker's only verdict."""
    around = f"{before}\n{after}"
    named = re.compile(rf"[\"'“]\s*{re.escape(field)}\s*[\"'”]\s*:", re.IGNORECASE)
    if named.search(around) or _holds_object(around) or _TAKEN_BACK.search(after):
        return False
    return _OTHERS.search(last_sentence([line.strip() for line in before.splitlines() if line.strip()])) is None


def _holds_object(text: str) -> bool:
    if text.count("{") > _MOST_BRACES:
        return True
    decoder = json.JSONDecoder(strict=False)
    for found in re.finditer(r"\{", text):
        try:
            decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            continue
        return True
    return False
