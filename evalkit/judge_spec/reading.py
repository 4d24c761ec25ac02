"""Finds in a reply's text the one line or the one object that holds its verdict, however it is decorated."""

import json
import re
from dataclasses import dataclass
from typing import Any

from evalkit.documents import parse_json
from evalkit.errors import InputError
from evalkit.types import ChatReply, Unparsed

BRACKETS = re.compile(r"\[\[([^\[\]]*)\]\]")
# as OpenAI, Anthropic and Mistral name the end of a reply at its limit of tokens
_CUT_OFF = ("length", "max_tokens", "model_length")
_TAG = (
    r"</?(?:answer|final_answer|final|verdict|output|result|rating|score|judge?ment|decision|json"
    r"|b|i|strong|em|code|p)>"
)
_DECORATION = rf"(?:{_TAG}|\\boxed\{{|\\text\{{|\\[\[\]()]|[-*_~`#()$}}.!|\s\ufeff])*"
_DECORATED = re.compile(_DECORATION)
_BEHIND_INTRODUCTION = re.compile(rf"((?:[:=：→⇒]|[-=]>)?){_DECORATION}\Z")
_VERDICT_WORDS = re.compile(
    r"\b(?:verdict|rating|rate|graded?|score|winner|decision|judge?ment|choice|choose|conclusion|conclude|prefer\w*"
    r"|assessment|evaluation|result|answer|pick|select|give|better|final(?:ly)?|therefore|thus|overall|label)\b",
    re.IGNORECASE,
)
# a sentence with one of these does not give a verdict, or gives another one's
_HEDGES = re.compile(
    r"n['’]t\b|\b(?:not|no|never|cannot|neither|nor|none|if|unless|or|could|might|may|perhaps|maybe|either|between"
    r"|than|says?|saying|said|claim(?:s|ed|ing)?|asks?|asked|asking|wants?|wanted|tells?|told|telling|writes?|wrote|written"
    r"|quot\w+|instruct\w*|demand\w*|insist\w*|state[sd]?|reads?|contains?|includes?|ends|ending|begins|begs?"
    r"|instead|reject\w*|unsure|undecided|wrong|example|such|wait|first thought|initial\w*|tentative\w*"
    r"|pretend\w*|injected?|manipulat\w*)\b",
    re.IGNORECASE,
)
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
_QUOTES = re.compile('["“”«»„「」]')
_SENTENCE_END = re.compile(r"[.!?;](?:\*|_)*\s")
_MARKS = frozenset("`~*_-")
_FENCES = ("```", "~~~")
_LONGEST_INTRODUCTION = 200
# each is looked at
_MOST_BRACES = 100
_STRING_OR_LAST_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)


def cut_off(reply: ChatReply) -> bool:
    """True if the endpoint says that the reply ended at its limit of tokens, which may be in the middle."""
    return (reply.finish_reason or "").rpartition(".")[2].lower() in _CUT_OFF


def last_bracketed(text: str) -> str | None:
    """The text in double brackets at the end of a text's last line; None where something else does.

    Before it there may be words that introduce a verdict, around it marks of emphasis, of code and of mathematics.
    """
    written = [line.strip() for line in text.splitlines() if line.strip()]
    lines = written[: next((n for n in range(len(written), 0, -1) if set(written[n - 1]) - _MARKS), 0)]
    last = lines[-1] if lines else ""
    found = list(BRACKETS.finditer(last))
    if not found:
        return None
    before, after = last[: found[-1].start()], last[found[-1].end() :]
    if after.startswith("]") or before.endswith("[") or _DECORATED.fullmatch(after) is None:
        return None
    alone = not before and not after and len(lines) == len(written)
    # what is decorated, or stands in a fence, may be a quotation
    clear = alone or (introduces(before) and not _quoting(lines[:-1]))
    return found[-1].group(1) if clear else None


def introduces(before: str) -> bool:
    """True if words lead to a verdict of the speaker's own; so do none."""
    if _DECORATED.fullmatch(before):
        return True
    end = before[-_LONGEST_INTRODUCTION:]
    mark = _BEHIND_INTRODUCTION.search(end)
    assert mark is not None
    sentence = _SENTENCE_END.split(end[: mark.start()])[-1]
    if _HEDGES.search(sentence) or _QUOTES.search(sentence) or "[" in sentence or "]" in sentence:
        return False
    return _VERDICT_WORDS.search(sentence) is not None or (mark[1] != "" and len(sentence.split()) <= 3)


def _quoting(lines: list[str]) -> bool:
    """True if the last of the lines that is no mere mark announces somebody else's words."""
    last = _last_sentence(lines)
    return last.rstrip("*_ ").endswith(":") and _HEDGES.search(last) is not None


def _last_sentence(lines: list[str]) -> str:
    """The last sentence of the last line that is no fence and no mere mark; empty where there is none."""
    line = next(
        (line for line in reversed(lines) if not line.startswith(_FENCES) and not _DECORATED.fullmatch(line)), ""
    )
    return _SENTENCE_END.split(line)[-1]


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
    if _DECORATED.fullmatch(rest) is None or re.search(r"[\[\]{]", after):
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
    return _OTHERS.search(_last_sentence([line.strip() for line in before.splitlines() if line.strip()])) is None


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
