"""Tells the texts that stand in the place of an answer because the call for it failed."""

import re

from evalkit.formats.conversation import FAILED_CALL

# what harnesses write in place of an answer, and nothing else is or begins with
_MARK = re.compile(
    r"(?P<mark>[$#\[<{*_|]{1,3}\s*(?:(?:API|REQUEST|NETWORK)[ _-]?){0,2}ERROR\s*[$#\]>}*_|!/]{1,3}"
    r"|API_ERROR(?:_OUTPUT)?)\Z"
    r"|\*\*\s*(?:API REQUEST|NETWORK) ERROR\b|\$MODERATION\$",
    re.IGNORECASE,
)
_REASONS = (
    r"too many requests|bad request|unauthorized|forbidden|not found|request timeout|internal server error|"
    r"bad gateway|service (?:temporarily )?unavailable|gateway time-?out"
)
_EXCEPTIONS = (
    r"(?:[A-Za-z_]\w*\.)+[A-Z]\w*(?:Error|Exception|Timeout)"
    r"|(?:RateLimit|API\w*|BadRequest|InternalServer|Authentication|PermissionDenied|ServiceUnavailable|InvalidRequest|"
    r"Overloaded|Timeout|Connection|HTTP)Error|(?:Read|Connect)Timeout"
)
# how clients spell an error; an answer may begin like it
_LIKELY = re.compile(
    rf"(?:(?:HTTP ?)?Error(?: code)?:? ?\(?[45][0-9]{{2}}\b|HTTP(?:/[0-9.]+)? [45][0-9]{{2}}\b"
    rf"|[45][0-9]{{2}} (?:client error|server error|{_REASONS})\b"
    r"|(?:API )?Error: (?=.*\b(?:rate|limit|time(?:d )?out|connection|api|quota|overloaded|server|request)\b)"
    r"|[\[<$#]ERROR[\]>$#]:? "
    rf"|(?:Rate limit|Timeout|HTTP ?Error)\b|(?:{_EXCEPTIONS})(?::|\(|\Z))[^\n]{{0,1000}}\Z",
    re.IGNORECASE,
)
_LIKELY_BEGINNING = re.compile(
    r"Traceback \(most recent call last\):"
    r"|\[?\s*\{\s*[\"'](?:error[\"']\s*:\s*[\"'{]|(?:type|object)[\"']\s*:\s*[\"']error[\"'])"
)
_LIKELY_WHOLE = re.compile(
    r"(?:None|NaN|null|undefined|(?:api )?error|failed|<error>[^<]*</error>"
    rf"|(?:the )?(?:request|read|operation|connection) timed out|connection error|{_REASONS})[.!]?",
    re.IGNORECASE,
)


def failed_call(text: str, instruction: str = "") -> bool:
    """True if a harness wrote that a call failed, where an answer should stand.

    A mark that the instruction speaks of is an answer.
    """
    said = text.strip()
    if said == FAILED_CALL:
        return True
    found = _MARK.match(said)
    return found is not None and not _holds(instruction, found.group("mark"))


def likely_failed_call(text: str, instruction: str = "") -> bool:
    """True if a text looks like the message of a failed call, which an answer could be as well."""
    said = text.strip()
    if _LIKELY.match(said) or _LIKELY_BEGINNING.match(said):
        return True
    return _LIKELY_WHOLE.fullmatch(said) is not None and not _holds(instruction, said.rstrip(".!"))


def _holds(instruction: str, said: str | None) -> bool:
    """True if an instruction names the text, so that it may be the answer that is asked for."""
    return said is not None and said.casefold() in instruction.casefold()
