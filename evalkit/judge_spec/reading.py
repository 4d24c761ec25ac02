"""Finds in a reply's text the one line that holds its verdict, however it is decorated."""

import re
import string

from evalkit.types import ChatReply

BRACKETS = re.compile(r"\[\[([^\[\]]*)\]\]")
# as in Markdown, where a bracket may open a link
_ESCAPED = re.compile(r"\\\[\\\[([^\[\]\\]*)\\\]\\\]")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
# as OpenAI, Anthropic and Mistral name the end of a reply at its limit of tokens
_CUT_OFF = ("length", "max_tokens", "model_length")
_TAG = (
    r"</?(?:answer|final_answer|final|verdict|output|result|rating|score|judge?ment|decision|json"
    r"|b|i|strong|em|code|p)>"
)
_DECORATION = rf"(?:{_TAG}|\\boxed\{{|\\text\{{|\\[\[\]()]|[-*_~`#()$}}.!|\s{_UNSEEN}])*"
DECORATED = re.compile(_DECORATION)
_BEHIND_INTRODUCTION = re.compile(rf"((?:[:=：→⇒]|[-=]>)?){_DECORATION}\Z")
_VERDICT_WORDS = re.compile(
    r"\b(?:verdict|rating|rate|graded?|score|winner|decision|judge?ment|choice|choose|conclusion|conclude|prefer\w*"
    r"|assessment|evaluation|result|answer|pick|select|give|better|final(?:ly)?|therefore|thus|overall|label)\b",
    re.IGNORECASE,
)
# a sentence with one of these does not give a verdict, or gives another one's
HEDGES = re.compile(
    r"n['’]t\b|\b(?:not|no|never|cannot|neither|nor|none|if|unless|or|could|might|may|perhaps|maybe|either|between"
    r"|than|says?|saying|said|claim(?:s|ed|ing)?|asks?|asked|asking|wants?|wanted|tells?|told|telling|writes?|wrote|written"
    r"|quot\w+|instruct\w*|demand\w*|insist\w*|state[sd]?|reads?|contains?|includes?|ends|ending|begins|begs?"
    r"|instead|reject\w*|unsure|undecided|wrong|example|such|wait|first thought|initial\w*|tentative\w*"
    r"|pretend\w*|injected?|manipulat\w*)\b",
    re.IGNORECASE,
)
_QUOTES = re.compile('["“”«»„「」]')
_SENTENCE_END = re.compile(r"[.!?;](?:\*|_)*\s")
# a sentence with one of these gives another one's words
_ATTRIBUTED = re.compile(
    r"\b(?:says?|saying|said|claim\w*|asks?|asked|asking|wants?|wanted|tells?|told|writes?|wrote|written|quot\w+"
    r"|instruct\w*|demand\w*|insist\w*|states?|stated|reads?|contains?|includes?|ends|ending|begins|begs?|outputs?"
    r"|repl(?:y|ies|ied)|pretend\w*|injected?|manipulat\w*|example)\b",
    re.IGNORECASE,
)
_OWN_VERDICT = re.compile(
    r"(?:(?:so|thus|therefore|hence|finally|overall|here is|here's|this is)\b,? ?)*"
    r"(?:my |the |our )?(?:(?:final|overall) )?"
    r"(?:verdict|rating|score|grade|winner|decision|judge?ment|conclusion|choice|result)(?: is|)?[:=\s]*",
    re.IGNORECASE,
)
_QUOTE_MARKS = re.compile(r"(?:>[ \t]*)+")
_IN_QUOTES = re.compile(rf"([\"“„«「'‘])\s*({BRACKETS.pattern}[.!]?)\s*([\"”“»」'’])")
_PAIRS = {'""', "''", "“”", "„“", "„”", "«»", "「」", "‘’"}
_MARKS = frozenset(f"`~*_-{_UNSEEN}")
_FENCES = ("```", "~~~")
_LONGEST_INTRODUCTION = 200


def cut_off(reply: ChatReply) -> bool:
    """True if the endpoint says that the reply ended at its limit of tokens, which may be in the middle."""
    return (reply.finish_reason or "").rpartition(".")[2].lower() in _CUT_OFF


def without_escapes(text: str) -> str:
    """The text with double brackets in the place of escaped ones."""
    return _ESCAPED.sub(r"[[\1]]", text)


def last_bracketed(text: str) -> str | None:
    """The text in double brackets at the end of a text's last line; None where something else does.

    Before it there may be words that introduce a verdict, or the same text in brackets; around it marks of emphasis, of
    code and of mathematics. In quotation marks it counts only where nobody else's words can be meant.
    """
    written = [line.strip() for line in text.splitlines() if line.strip()]
    lines = written[: next((n for n in range(len(written), 0, -1) if set(written[n - 1]) - _MARKS), 0)]
    last = lines[-1] if lines else ""
    unquoted = _without_quotation_marks(last)
    found = list(BRACKETS.finditer(unquoted))
    if not found:
        return None
    before, after = unquoted[: found[-1].start()], unquoted[found[-1].end() :]
    if after.startswith("]") or before.endswith("[") or DECORATED.fullmatch(after) is None:
        return None
    # the same twice is one verdict
    once = re.sub(rf"{re.escape(found[-1].group())}\s*[,;]?", "", before)
    if unquoted != last:
        clear = _introduces_own(once) and not _attributed(lines[:-1])
    else:
        alone = not before and not after and len(lines) == len(written)
        # what is decorated, or stands in a fence, may be a quotation
        clear = alone or (introduces(once) and not _quoting(lines[:-1]))
    return found[-1].group(1) if clear else None


def introduces(before: str) -> bool:
    """True if words lead to a verdict of the speaker's own; so do none."""
    if DECORATED.fullmatch(before):
        return True
    end = before[-_LONGEST_INTRODUCTION:]
    mark = _BEHIND_INTRODUCTION.search(end)
    assert mark is not None
    sentence = _SENTENCE_END.split(end[: mark.start()])[-1]
    if HEDGES.search(sentence) or _QUOTES.search(sentence) or "[" in sentence or "]" in sentence:
        return False
    return _VERDICT_WORDS.search(sentence) is not None or (mark[1] != "" and len(sentence.split()) <= 3)


def introduces_own(before: str) -> bool:
    """True if the last sentence of some words does nothing but announce a verdict of the speaker's own."""
    sentence = _SENTENCE_END.split(before[-_LONGEST_INTRODUCTION:])[-1]
    return _OWN_VERDICT.fullmatch(sentence.strip("*_`~# \t\n")) is not None


def _introduces_own(before: str) -> bool:
    return DECORATED.fullmatch(before) is not None or introduces_own(before)


def _without_quotation_marks(line: str) -> str:
    """The line without the mark of a quoted line, and without quotation marks right around a text in brackets."""
    marks = _QUOTE_MARKS.match(line)
    rest = line[marks.end() :] if marks else line
    return _IN_QUOTES.sub(lambda found: found[2] if found[1] + found[4] in _PAIRS else found[0], rest)


def _attributed(lines: list[str]) -> bool:
    """True if the lines before a quoted one may give somebody else's words."""
    if any(_QUOTE_MARKS.match(line) for line in lines):
        return True
    last = last_sentence(lines).rstrip("*_ ")
    return _ATTRIBUTED.search(last) is not None or (last.endswith(":") and not introduces_own(last))


def _quoting(lines: list[str]) -> bool:
    """True if the last of the lines that is no mere mark announces somebody else's words."""
    last = last_sentence(lines)
    return last.rstrip("*_ ").endswith(":") and HEDGES.search(last) is not None


def last_sentence(lines: list[str]) -> str:
    """The last sentence of the last line that is no fence and no mere mark; empty where there is none."""
    line = next(
        (line for line in reversed(lines) if not line.startswith(_FENCES) and not DECORATED.fullmatch(line)), ""
    )
    return _SENTENCE_END.split(line)[-1]


def ascii_lower(text: str) -> str:
    """The text with its Latin letters in lower case, and no letter of another script taken for one of them."""
    return text.translate(_LOWER)
