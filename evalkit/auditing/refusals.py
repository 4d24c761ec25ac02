"""Patterns of English refusals, which a text contains, and of phrases without content, which are a whole text."""

import re

from evalkit.auditing.languages import ELSEWHERE


def _any(patterns: str) -> str:
    """A group that matches any of the listed patterns, which fill one line or several."""
    return f"(?:{'|'.join(line.strip() for line in patterns.strip().splitlines())})"


_WHO = r"\b(?:i|we|(?:this|the|your) (?:ai|assistant|model|system|chat ?bot|bot))\b"
_GAP = r"[^.!?\n]{0,50}?"
_NOT = _any(r"""
    can ?not|can'?t|could ?n'?t|could not|wo ?n'?t|will not|would not|would ?n'?t|should not|should ?n'?t|may not
    must not|unable|incapable|not (?:able|allowed|permitted|authori[sz]ed|comfortable|willing|prepared|programmed)
    not (?:designed|equipped|supposed|qualified|going|capable|in a position)
""")
_ADVERBS = (
    r"(?: (?:be able|directly|currently|ethically|really|really be|actually|in good conscience|accurately|even))*"
)
# verbs of people's requests to an assistant; a character in a story may say that it cannot do other things
_VERB = _any(r"""
    help(?:ing)?|assist(?:ing)?|provid(?:e|ing)|fulfil+(?:ing)?|comply(?:ing)?|answer(?:ing)?|support(?:ing)?|creat(?:e|ing)
    generat(?:e|ing)|continu(?:e|ing)|respond(?:ing)?|process(?:ing)?|complet(?:e|ing)|produc(?:e|ing)|accommodat(?:e|ing)
    participat(?:e|ing)|recommend(?:ing)?|reproduc(?:e|ing)|comment(?:ing)?|engag(?:e|ing)|discuss(?:ing)?|writ(?:e|ing)
    endors(?:e|ing)|promot(?:e|ing)|browse|access|perform|predict|translate|summari[sz]e|offer|share|role-?play
    do (?:that|this|it|so|anything|what you)|give (?:you|a|an|that|any|advice)|be of (?:help|assistance)
    find (?:an?|any|the) (?:answer|information|result)|(?:say|talk)(?: anything)? (?:about|on|more|to) (?:that|this)
""") + r"\b"  # fmt: skip
_NOT_DO = r"(?:do not|don'?t|does not|doesn'?t|did not|didn'?t)(?: (?:really|actually|currently|yet|even|honestly))*"
_HAS = r"(?:have|possess) (?:(?:the|any|an|enough|sufficient|specific|reliable) )*"
_LACKS = f"{_NOT_DO} (?:{_HAS})?" + _any(r"""
    know\b(?! (?:you|him|her|them|about you))|feel comfortable|wish to|want to (?:answer|help|do)
    understand (?:the|your|what)
    (?:ability|information|capability|knowledge|context|means|expertise|access|idea|clue|answer|data|details|way)
""")  # fmt: skip
_DECLINES = r"\b" + _any(r"""
    declin(?:e|ing)|refus(?:e|ing)|abstain|rather not|prefer not|prefer to not|choose not to
    (?:pass on|skip) (?:this|that)
""") + r"\b"  # fmt: skip
_REQUEST = r"\b" + _any(r"""
    that|this|it|(?:this|the|your|such) (?:request|question|query|prompt|content|topic|task|instruction|kind)s?
    (?:providing|fulfilling|answering|complying|assisting|helping|creating|writing|generating) [^.!?\n]{0,60}?
""")  # fmt: skip
_BARRED = _any(r"""
    not something (?:i|we)\b|not (?:allowed|permitted)|beyond (?:my|our|what i)|outside (?:of )?(?:my|our|what i)
    above my|against (?:my|our) |violat\w+ (?:my|our) |(?:declined|denied|refused|rejected|blocked)\Z
    my (?:guidelines|policy|policies|limits)|not possible for (?:me|us|an ai)|not within my
    (?:cannot|can'?t|could not) be (?:answered|completed|fulfilled|processed|provided|done|helped|assisted)
""")
_OWN_RULES = r"""\b(?:my|our) (?:programming|guidelines|polic(?:y|ies)|rules|training|instructions) """ + _any(r"""
    do not|don't|does not|doesn't|prevents?|prohibits?|forbids?|will not|won't
""")
# an assistant says that it will not, cannot or may not
_SAYS_NO = re.compile(
    "|".join(
        [
            rf"{_WHO}{_GAP} ?\b{_NOT}{_ADVERBS}(?: (?:to|with|of|in))?{_ADVERBS} {_VERB}",
            rf"{_WHO}{_GAP} ?\b{_LACKS}",
            rf"{_WHO}{_GAP} ?\b(?:have|got) no (?:idea|clue|answer|comment|information|knowledge)",
            rf"{_WHO}{_GAP} ?\b(?:have|got) nothing to (?:say|add)",
            rf"{_WHO}{_GAP} ?{_DECLINES}",
            rf"{_REQUEST}{_GAP} ?\b{_BARRED}",
            _OWN_RULES,
        ]
    )
)
_SORRY = (
    r"(?:(?:i'?m|i am|we'?re|we are|so|very|really|truly|terribly|deeply|my|our|sincere|sincerest|please accept) )*"
    r"(?:sorry|apologi[sz]e|apologies|unfortunately|regrettably|sadly|regret|afraid)\b"
)
# a text begins with a refusal that names no subject
_BEGINS = re.compile(
    rf"(?:(?:no|nope|nah|oh|hi|hello|hey|well|um+|hmm+|{_SORRY})[ ,;:.!–—-]+(?:but )?)*"
    rf"(?:{_NOT}{_ADVERBS}(?: to)? {_VERB}|(?:no (?:idea|clue|comment)|not sure|idk|dunno)\b|{_BARRED}"
    r"|declin(?:e|ing)\b|refus(?:e|ing) to|(?:request|access|permission) (?:denied|declined|refused|rejected)\Z)"
    rf"|{_SORRY}[ ,;:.!–—-]+(?:but )?(?:no\b|nope\b|not\b|can'?t\b|cannot\b|won'?t\b|that'?s (?:not|all)\b)"
    r"|(?:i )?must (?:respectfully )?decline"
    r"|(?:i'?d|i would|i'?ll) (?:rather not|have to (?:pass|decline|refuse)|pass\b)"
)
# in a very short answer these words refuse even if no assistant is named
_SHORT = re.compile(
    r"\b"
    + _any(r"""
    (?:can ?not|can'?t|unable to|won'?t|not able to) (?:help|assist|comply|answer|respond|fulfil|process|complete)
    (?:can ?not|can'?t|unable to|won'?t|not able to) (?:do (?:that|this|it)|continue|proceed|provide)
    ask (?:someone|somebody|anyone) else|beyond my|against my (?:rules|guidelines|programming|policy|principles)
    no (?:answer|response|reply|output|result)s? (?:available|provided|given|possible|found|generated|returned)
    no comment|(?:talk|chat) about something else|change the subject|not the right (?:assistant|ai|model|person|tool)
    how (?:should|would) i know|would ?n[o']t know
    """)
    + r"\b"
)
# words that may well answer a question are left out
_NOTHING = re.compile(
    _any(r"""
    n ?/? ?a|not (?:applicable|available|answered|possible)
    no (?:answer|response|comment|reply|output|content|text|idea|clue|thanks|thank you|can do|data|way|problem|worries)
    there is no (?:answer|response|reply)|idk|dunno|tbd|tba|todo|wip|lorem ipsum.*|[hu]m+|[ue]r+|huh|meh|ok(?:ay)?
    alright|sure(?: thing)?|of course|certainly|absolutely|got it|understood|noted|i see|greetings
    (?:hi|hello|hey)(?: there)?
    (?:(?:i'?m|i am|we'?re|really|very|so) )*(?:sorry|not sure|unsure|uncertain|afraid not)(?: about (?:that|this|it))?
    (?:my )?apologies|i apologi[sz]e|pardon(?: me)?|excuse me|i (?:can ?not|can't|won't|will not|refuse|decline)|can't
    cannot|skip(?:ped)?|next question|declined|refused|redacted|censored|withheld|who knows|it depends|please wait
    i (?:do not|don'?t|dont) (?:really )?(?:know|understand|get it)(?: (?:that|this|it))?|one moment(?: please)?
    let me (?:think|check|see)(?: about (?:that|this|it))?|loading|thinking
    (?:the |my |your )?(?:content|answer|response|output|solution|result|reply)
    (?:the |my |your )?(?:content|answer|response|output) (?:is )?(?:not available|unavailable|removed|blocked|omitted)
    (?:here(?:'s| is| are)|this is)(?: (?:the|my|your|an?))?(?: (?:answer|response|output|solution|result|reply|list))?
    here(?:'s| is) (?:the|my|your) (?:answer|response) to your (?:question|request|prompt)
    here you go|(?:(?:that(?:'s| is) )?an? )?(?:good|great|interesting|excellent) question
    thank(?:s| you) for (?:asking|your (?:question|request|message|prompt|patience))
    as an? (?:ai|assistant)(?: language model)?
    (?:how|what) (?:can|may) i (?:help|assist|do for)(?: you)?(?: (?:today|with))?
    (?:i'?m |i am )?(?:happy|glad|here) to help(?: you)?|(?:please )?(?:try again|rephrase|ask again)(?: later)?
    let's (?:talk about|discuss|move on to) something else
    """)
)
_BETWEEN = re.compile(r"[^\w/' ]+")
_MOST_PIECES = 6
# a refusal comes within this many characters
_HEAD = 300


def worded_refusal(said: str, *, short: bool) -> str | None:
    """The words with which a text refuses, in any of some thirty languages, or None.

    Args:
        said: the text folded in case, from its first letter or digit on, with straight apostrophes.
        short: whether the text is so short that it refuses even without saying who refuses.
    """
    head = said[:_HEAD]
    begins = _BEGINS.match(head) or ELSEWHERE.match(head)
    found = begins or _SAYS_NO.search(head) or (_SHORT.search(head) if short else None)
    return None if found is None else found.group()


def says_nothing(said: str) -> bool:
    """True if a text, folded as for `worded_refusal`, consists of phrases that answer no question."""
    pieces = [piece.strip() for piece in _BETWEEN.split(said, maxsplit=_MOST_PIECES)]
    return all(_NOTHING.fullmatch(piece) for piece in pieces if piece)
