"""Checks the ends and lengths of answers: broken ends, extreme lengths."""

import re
from collections.abc import Sequence

import numpy as np

_FENCE = re.compile(r"^[ \t>]*```", re.MULTILINE)
# a line this long is not a heading, an item of a list or a line of a verse
_PROSE_WORDS = 8
_OPEN_ENDS = ",;([{—–-"
# ten times the median of the others, and far outside their spread
_TIMES = 10.0
_DEVIATIONS = 6.0


def broken_off(text: str) -> bool:
    """True if an answer ends within a word, a sentence or a block of code."""
    if len(_FENCE.findall(text)) % 2:
        return True
    end = text.rstrip()
    if not end:
        return False
    last_line = end.rsplit("\n", 1)[-1]
    prose = len(last_line.split()) >= _PROSE_WORDS or "\n" not in end
    return prose and (end[-1].isalnum() or end[-1] in _OPEN_ENDS)


def oversized(chars: Sequence[int]) -> list[int]:
    """Indices of the lengths far beyond all others."""
    logs = np.log(np.maximum(1, np.array(chars, dtype=np.float64)))
    if not logs.size:
        return []
    above = logs - np.median(logs)
    # the deviation of normal values with that median deviation
    deviation = 1.4826 * float(np.median(np.abs(above)))
    bound = max(float(np.log(_TIMES)), _DEVIATIONS * deviation)
    return np.flatnonzero(above > bound).tolist()
