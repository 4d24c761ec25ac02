"""Finds in a reply's text the one line that holds its verdict, however it is decorated."""

import re

from evalkit.types import ChatReply

BRACKETS = re.compile(r"\[\[([^\[\]]*)\]\]")
# as OpenAI, Anthropic and Mistral name the end of a reply at its limit of tokens
_CUT_OFF = ("length", "max_tokens", "model_length")
_TAG = (
    r"</?(?:answer|final_answer|final|verdict|output|result|rating|score|judge?ment|decision|json"
    r"|b|i|strong|em|code|p)>"
)
_DECORATION = rf"(?:{_TAG}|\\boxed\{{|\\text\{{|\\[\[\]()]|[-*_~`#()$}}.!|\s\ufeff])*"
DECORATED = re.compile(_DECORATION)
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
_QUOTES = re.compile('["“”«»„「」]')
_SENTENCE_END = re.compile(r"[.!?;](?:\*|_)*\s")
_MARKS = frozenset("`~*_-")
_FENCES = ("```", "~~~")
_LONGEST_INTRODUCTION = 200


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
    if after.startswith("]") or before.endswith("[") or DECORATED.fullmatch(after) is None:
        return None
    alone = not before and not after and len(lines) == len(written)
    # what is decorated, or stands in a fence, may be a quotation
    clear = alone or (introduces(before) and not _quoting(lines[:-1]))
    return found[-1].group(1) if clear else None


def introduces(before: str) -> bool:
    """True if words lead to a verdict of the speaker's own; so do none."""
    if DECORATED.fullmatch(before):
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
    last = last_sentence(lines)
    return last.rstrip("*_ ").endswith(":") and _HEDGES.search(last) is not None


def last_sentence(lines: list[str]) -> str:
    """The last sentence of the last line that is no fence and no mere mark; empty where there is none."""
    line = next(
        (line for line in reversed(lines) if not line.startswith(_FENCES) and not DECORATED.fullmatch(line)), ""
    )
    return _SENTENCE_END.split(line)[-1]
