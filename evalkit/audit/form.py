"""How answers begin, end and how long they are: refusals, broken ends, extreme lengths."""

import re
from collections.abc import Sequence

import numpy as np

_CANNOT = r"(?:can['’]?t|cannot|can not|am unable|['’]m unable|am not able|['’]m not able|won['’]t|will not)\b"
_DO_NOT = r"(?:do not|don['’]t)\b"
_HELP = r"(?:assist|help|provide|fulfil|comply|answer|engage|support|create|generate|write|continue|do that)"
_REFUSAL = re.compile(
    r"(?:(?:i['’]m|i am|we['’]re) (?:really |very |truly )?sorry|sorry|i apologi[sz]e|my apologies|unfortunately)"
    rf"[,.]?(?: for [\w ]{{1,40}},)?(?: but)?,? (?:as an? [\w ]{{1,40}}, )?(?:i|we) ?(?:{_CANNOT}|{_DO_NOT})"
    rf"|i ?{_CANNOT}(?: to)? {_HELP}|i must decline to"
    rf"|as an? (?:ai|artificial|large)[\w -]{{0,40}}, (?:i|it) ?(?:{_CANNOT}|{_DO_NOT})",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^[ \t>]*```", re.MULTILINE)
# a line so long is no heading, no item of a list and no line of a verse
_PROSE_WORDS = 8
_OPEN_ENDS = ",;([{—–-"
# ten times as long as the middle of the others, and far outside of how they scatter
_TIMES = 10.0
_DEVIATIONS = 6.0


def refuses(text: str) -> bool:
    """Whether an English answer begins as refusals do."""
    return _REFUSAL.match(text.lstrip(" \t\n\"'*")[:200]) is not None


def broken_off(text: str) -> bool:
    """Whether an answer ends within a word, a sentence or a block of code."""
    if len(_FENCE.findall(text)) % 2:
        return True
    end = text.rstrip()
    if not end:
        return False
    last_line = end.rsplit("\n", 1)[-1]
    prose = len(last_line.split()) >= _PROSE_WORDS or "\n" not in end
    return prose and (end[-1].isalnum() or end[-1] in _OPEN_ENDS)


def oversized(chars: Sequence[int]) -> list[int]:
    """Places of the lengths far beyond all others."""
    logs = np.log(np.maximum(1, np.array(chars, dtype=np.float64)))
    if not logs.size:
        return []
    above = logs - np.median(logs)
    # the deviation of normal values with that median deviation
    deviation = 1.4826 * float(np.median(np.abs(above)))
    bound = max(float(np.log(_TIMES)), _DEVIATIONS * deviation)
    return np.flatnonzero(above > bound).tolist()
