"""Weighs the labels by the log-probabilities of the tokens that a reply may begin with."""

import math
import re

from evalkit.text import shortened
from evalkit.types import ChatReply, Labels, Preference, Reading, Unparsed

# the likeliest tokens of one position with their log-probabilities
Position = tuple[tuple[str, float], ...]

# before a token, where tokenizers write a blank or a line break as a letter
_BLANKS_OF_TOKENS = "Ġ▁Ċ"
_BYTES_OF_BLANKS = re.compile(r"\A(?:<0x(?:20|09|0A|0D)>)+")
# what a reply may open with before its label, and within how many tokens the label must come
_OPENING_MARKS = frozenset("\"'`*“‘«„「")
MOST_POSITIONS = 4
# behind an opening the label is certain, or the reply is about something else
LEAST_BEHIND = 0.5
_SHOWN = 40


def weigh_labels(position: Position, labels: Labels, min_mass: float) -> Preference | Unparsed:
    """The verdict of the tokens in one position."""
    mass = {labels.first: 0.0, labels.second: 0.0}
    for token, logprob in position:
        if math.isnan(logprob) or logprob > 1e-6:
            return Unparsed(f"log-probability {logprob} of token {_quotation(token)} is not one")
        said = _without_opening_blanks(token)
        begun = [label for label in mass if said and label.startswith(said)]
        # the common beginning of both labels stands for neither
        if len(begun) == 1:
            mass[begun[0]] += math.exp(logprob)
    total = sum(mass.values())
    if total == 0:
        return Unparsed(
            f"neither label is among the likeliest tokens; the likeliest is {_quotation(_likeliest(position))}"
        )
    if total < min_mass or total > 1 + 1e-6:
        return Unparsed(
            f"the labels share a probability of {total:.2g}; the likeliest is {_quotation(_likeliest(position))}"
        )
    return Preference(mass[labels.first] / total, Reading.WEIGHTED)


def opens(reply: ChatReply, position: int) -> bool:
    """True if the tokens before a position only open the reply: each is the likeliest one, and says nothing."""
    before = reply.top_logprobs[:position]
    if not all(reply.top_logprobs[: position + 1]) or any(
        math.isnan(level) or level > 1e-6 for tokens in before for _, level in tokens
    ):
        return False
    marks = "".join(_without_opening_blanks(_likeliest(tokens)) for tokens in before)
    # a server may take blanks off the text, but no marks
    return not set(marks) - _OPENING_MARKS and "".join(reply.text.split()).startswith(marks)


def _without_opening_blanks(token: str) -> str:
    return _BYTES_OF_BLANKS.sub("", token.strip()).lstrip(_BLANKS_OF_TOKENS).strip()


def _likeliest(position: Position) -> str:
    return max(position, key=lambda entry: entry[1])[0]


def _quotation(token: str) -> str:
    return repr(shortened(token, _SHOWN))
