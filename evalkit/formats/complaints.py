"""Reads what an endpoint complains of, in whatever form it says so, and whom the complaint concerns."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from evalkit.documents import parse_json
from evalkit.errors import InputError

# fields that hold the words of a complaint, the plainest first
_WORDS = ("message", "msg", "error_message", "error_msg", "status_msg", "detail", "details", "title", "reason")
_CODES = ("code", "type", "status", "status_code", "error_code", "reason")
# objects within a complaint that say more about it
_INSIDE = ("error", "innererror", "base_resp", "metadata", "details", "errors", "cause")
_DEEPEST = 4
_LONGEST = 2000
_READ = 500
_LONGEST_PAGE = 4096
_LISTED = 3
_PROMPT_CODES = re.compile(
    r"content.?filter|content.?policy|responsible.?ai|moderat|flagged|guardrail|safety|"
    r"prompt.?blocked|prohibited.?content|blocked.?content|data.?inspection|sensitive",
    re.IGNORECASE,
)
_TEXT = r"(?:inputs?|prompts?|messages?|contents?|texts?|quer(?:y|ies)|responses?|outputs?|completions?)"
_VERDICT = (
    r"(?:new_)?(?:flagged|block(?:ed|s|ing)|filter(?:ed|s|ing)|moderat\w+|unsafe|harmful|inappropriate|disallowed|"
    r"prohibited|violat\w+|sensitive|explicit|offensive)"
)
_PROMPT_WORDS = re.compile(
    rf"\b{_TEXT}\b[^.!?]{{0,80}}\b(?:{_VERDICT}|rejected|not allowed)|\b{_VERDICT}\b[^.!?]{{0,80}}\b{_TEXT}\b|"
    # a request may be blocked for who sends it
    r"\brequests?\b[^.!?]{0,80}\b(?:flagged|unsafe|harmful|inappropriate|disallowed|violat\w+)",
    re.IGNORECASE,
)
_FILTER_WORDS = re.compile(
    r"\bcontent[ _-]?(?:filter|polic|moderation|safety|management|guideline|restriction)|\bcontent exists risk|"
    r"\brequires? moderation|\bmoderation (?:filter|system|polic|check)|\bguardrail|\bresponsible[ _-]?ai\b|"
    r"\bprompt injection|\bjailbreak|\bpii\b|\bsensitive (?:information|words?)|\bllama ?guard|\bhigh[ -]risk|"
    r"\bsafety[ _](?:system|filter|polic|setting|reason|check|guideline|classifier)|"
    r"\b(?:usage|acceptable use|safety|community) (?:polic|guideline)|\bprohibited[ _]content\b|"
    r"\b(?:blocked|rejected|refused|filtered|stopped|flagged|declined)\b[^.!?]{0,60}"
    r"\b(?:safety|moderation|content polic\w+|(?:content|toxicity|hate|word) filters?)\b|"
    r"\b(?:reason|due to|because of|category):? (?:SAFETY|RECITATION|BLOCKLIST|SPII)\b",
    re.IGNORECASE,
)
_OWNER = (
    r"(?:api[ _-]?keys?|keys?|tokens?|credentials?|accounts?|organi[sz]ations?|projects?|subscriptions?|users?|teams?|"
    r"workspaces?|billing|credits?|balances?|budgets?|funds|plans?|access|permissions?|authori[sz]\w+|authenticat\w+)"
)
_LOST = r"(?:suspend\w*|deactivat\w*|disabled|terminat\w*|banned|revoked|expired|invalid|incorrect|not valid|missing)"
_BARRED = r"(?:restricted|denied|exceeded|required|not allowed|not permitted|no access|lacks?|insufficient)"
_OWNER_LOST = re.compile(
    rf"\b{_OWNER}\b[^.!?]{{0,60}}\b{_LOST}|\b{_LOST}\b[^.!?]{{0,60}}\b{_OWNER}\b|"
    rf"\b{_OWNER} (?:\w+ ){{0,3}}(?:is|are|was|has been|have been) (?:flagged|blocked)\b",
    re.IGNORECASE,
)
_OWNER_BARRED = re.compile(
    rf"\b{_OWNER}\b[^.!?]{{0,60}}\b{_BARRED}|\b{_BARRED}\b[^.!?]{{0,60}}\b{_OWNER}\b", re.IGNORECASE
)
_OWNER_WORDS = re.compile(
    rf"\b(?:your|this|the|an?) (?:\w+ )?{_OWNER}\b|\bapi[ _-]?key\b|"
    r"\b(?:not allowed to|do(?:es)? not have|no access|unsupported[ _]country|country|region|territory|ip)\b",
    re.IGNORECASE,
)
# who sends the request may not do so, whatever it names
_UNENTITLED = re.compile(
    r"\b(?:not|isn['’]t|aren['’]t) (?:authori[sz]ed|entitled|permitted|allowed) to\b(?! (?:process|generate|answer))|"
    r"\b(?:do(?:es)? not|do(?:es)?n['’]t|no|lacks?|without|missing|requires?)\b[^.!?]{0,30}\b(?:access|permissions?)\b",
    re.IGNORECASE,
)
_KEY_CODES = re.compile(
    r"invalid.?api.?key|api.?key.?invalid|authenticat|unauthori[sz]ed|account|unsupported.?country|"
    r"key.?(?:expired|disabled|limit)",
    re.IGNORECASE,
)
# some providers call every 403 so, that of a content filter too
_FORBIDDING_CODES = re.compile(r"permission|access.?denied", re.IGNORECASE)
_BAD_KEY = re.compile(r"api.?key.?(?:not.?valid|invalid|expired)|(?:invalid|incorrect).api.?key", re.IGNORECASE)
_DURATION = re.compile(
    r"(?:try|retry)[^.!?\n]{0,40}?\b(?:in|after)\s+"
    r"((?:[0-9]+(?:\.[0-9]+)?\s*(?:ms|milliseconds?|h(?:ours?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)\s*)+)(?![a-z])",
    re.IGNORECASE,
)
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)", re.IGNORECASE)
_DELAY = re.compile(r"([0-9]+(?:\.[0-9]+)?)s")
_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


class Concern(Enum):
    """Whom a complaint concerns, by its own words."""

    PROMPT = "the prompt of this request"
    OWNER = "the key or the account"
    UNSAID = "either"


@dataclass(frozen=True, slots=True)
class Complaint:
    """An endpoint's complaint: its `codes`, its words, and the seconds that it asks to wait, where it says so."""

    words: str
    codes: tuple[str, ...] = ()
    wait: float | None = None
    flagged: bool = field(default=False, compare=False)

    @property
    def concern(self) -> Concern:
        """Whom it concerns; what names a filter is surer than what only speaks of access."""
        # a message may quote the prompt further on
        words = self.words[:_READ]
        if self.flagged or any(map(_PROMPT_CODES.search, self.codes)):
            return Concern.PROMPT
        if any(map(_KEY_CODES.search, self.codes)) or _OWNER_LOST.search(words) or _UNENTITLED.search(words):
            return Concern.OWNER
        if _FILTER_WORDS.search(words):
            return Concern.PROMPT
        if _OWNER_BARRED.search(words):
            return Concern.OWNER
        if _PROMPT_WORDS.search(words):
            return Concern.PROMPT
        forbidden = any(map(_FORBIDDING_CODES.search, self.codes)) or _OWNER_WORDS.search(words)
        return Concern.OWNER if forbidden else Concern.UNSAID

    @property
    def bad_key(self) -> bool:
        """True if it says, whatever the status, that the key is not valid."""
        return any(map(_BAD_KEY.search, (*self.codes, self.words[:_READ])))


def complaint_of(said: Any) -> Complaint:
    """A complaint from a document, from a part of one, or from a text that is none."""
    if isinstance(said, list) and len(said) == 1:
        # Gemini's way
        (said,) = said
    if not isinstance(said, dict):
        words = _plain(said) if isinstance(said, str) else str(said)
        return Complaint(words, wait=_wait_in(words))
    parts = list(_objects(said))
    codes = tuple(
        dict.fromkeys(str(part[name])[:_READ] for part in parts for name in _CODES if _is_code(part.get(name)))
    )
    words = _words(said)
    delays = [match for part in parts if (match := _DELAY.fullmatch(str(part.get("retryDelay", ""))))]
    wait = float(delays[0].group(1)) if delays else _wait_in(words)
    flagged = any("flagged_input" in part or part.get("flagged") is True for part in parts)
    return Complaint(words, codes, wait, flagged)


def complaint_in(document: Mapping[str, Any]) -> Complaint | None:
    """The complaint of a document that should have been a reply; None for one that complains of nothing.

    A document with choices complains only by the field `error`.
    """
    if document.get("error"):
        return complaint_of(document["error"])
    choices = document.get("choices")
    if isinstance(choices, list) and choices:
        return None
    blocked = document.get("promptFeedback") or document.get("prompt_feedback")
    if isinstance(blocked, dict) and (reason := blocked.get("blockReason") or blocked.get("block_reason")):
        return Complaint(f"the prompt was blocked: {reason}", (str(reason),), flagged=True)
    if _filtered(document.get("prompt_filter_results") or document.get("prompt_annotations")):
        return Complaint("the prompt was filtered", ("content_filter",), flagged=True)
    found = complaint_of(dict(document))
    return found if found.words and any(_says(part) for part in _objects(document)) else None


def choice_complaint(choice: Mapping[str, Any]) -> Complaint | None:
    """The complaint within a choice; None for one that complains of nothing."""
    message = choice.get("message")
    inside = message.get("error") if isinstance(message, dict) else None
    said = choice.get("error") or inside
    return complaint_of(said) if said else None


def page_words(text: str) -> str:
    """The title of a page, or else the words that it shows."""
    text = text[:_LONGEST_PAGE]
    title = _TITLE.search(text)
    shown = " ".join(_MARKUP.sub(" ", title.group(1) if title else text).split())
    return shown or " ".join(_MARKUP.sub(" ", text).split())


def looks_like_page(text: str) -> bool:
    """True for HTML and XML."""
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def _plain(text: str) -> str:
    return page_words(text) if looks_like_page(text) else text


def _objects(said: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """The object itself and those within it that say more."""
    yield said
    if depth == _DEEPEST:
        return
    for name in _INSIDE:
        inside = said.get(name)
        for part in inside if isinstance(inside, list) else [inside]:
            if isinstance(part, dict):
                yield from _objects(part, depth + 1)


def _says(part: Mapping[str, Any]) -> bool:
    return any(isinstance(part.get(name), str) and part[name] for name in _WORDS)


def _words(said: Mapping[str, Any]) -> str:
    """The endpoint's own words; where it only passes a failure on, those of the provider behind it too."""
    words = next((_text_of(said[name]) for name in _WORDS if said.get(name)), "")
    if not words and isinstance(said.get("error"), str):
        words = _text_of(said["error"])
    if not words:
        inside = next((part for part in _objects(said) if part is not said and _says(part)), None)
        words = _words(inside) if inside is not None else str(dict(said))
    metadata = said.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    behind = _text_of(raw)[:_LONGEST] if raw else ""
    return f"{words}: {behind}" if behind and behind not in words else words


def _text_of(value: Any, depth: int = 0) -> str:
    """A text as it is, and the words of a document, which may be written as text."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = parse_json(value[:_LONGEST], "the complaint")
        except InputError:
            return value if isinstance(value, str) else str(value)
    if isinstance(value, list) and depth < _DEEPEST:
        return "; ".join(_text_of(part, depth + 1) for part in value[:_LISTED])
    if isinstance(value, dict) and depth < _DEEPEST:
        if isinstance(value.get("loc"), list) and isinstance(value.get("msg"), str):
            # FastAPI's way to name a parameter
            return f"{'.'.join(map(str, value['loc']))}: {value['msg']}"
        inside = value.get("error")
        if isinstance(inside, dict | str) and inside:
            return _text_of(inside, depth + 1)
        found = next((value[name] for name in _WORDS if value.get(name)), None)
        return str(value) if found is None else _text_of(found, depth + 1)
    return _plain(value) if isinstance(value, str) else str(value)


def _is_code(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _filtered(results: Any) -> bool:
    """True if one of Azure's notes on the prompt says that it was filtered."""
    if isinstance(results, dict):
        return results.get("filtered") is True or any(map(_filtered, results.values()))
    return isinstance(results, list) and any(map(_filtered, results))


def _wait_in(words: str) -> float | None:
    """The seconds in a sentence such as "try again in 7m12s"."""
    said = _DURATION.search(words[:_LONGEST])
    if said is None:
        return None
    seconds = 0.0
    for number, unit in _PART.findall(said.group(1)):
        scale = 0.001 if unit.lower().startswith(("ms", "mil")) else {"h": 3600, "m": 60, "s": 1}[unit[0].lower()]
        seconds += float(number) * scale
    return seconds if seconds > 0 else None
