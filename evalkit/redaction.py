"""The one place that keeps secrets out of what evalkit shows and writes; every door asks it.

It knows a secret by its value, where the environment holds it, by the shape of a key, and by its place in an address.
"""

import base64
import functools
import itertools
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, TextIO
from urllib.parse import quote, unquote

SECRET = "[secret]"  # noqa: S105 (what is shown in its place)
# replacing a shorter secret would tear apart unrelated text
SHORTEST_SECRET = 8

_OF_A_SECRET = re.compile(r"(?:(?:^|_|API)KEY|TOKEN|SECRET|PASS(?:WORD|WD|PHRASE))(?:_?\d+)?\Z", re.IGNORECASE)
# an option such as --key takes its value from such a variable too: the name of a field
_OF_AN_OPTION = re.compile(r"EVALKIT_\w+")
_PLAIN_WORDS = re.compile(r"[a-z_.-]+|/.*")
# what is written where a server wants any key
_NO_SECRETS = {"no-key-required", "sk-no-key-required", "not-needed", "not-required", "placeholder", "changeme"}
# files may be called with an @; what stands before that of another address is a user and a password
_USER = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)?(?P<start>:/{1,2}|//)(?P<user>[^\s\"'<>]*)@(?=[^\s\"'<>]*)")
_OF_FILES = ("sqlite", "file")
_NAMED = (
    r"(?:x-)?(?:api[-_]?key|access[-_]?(?:key|token)|auth[-_]?token|token|password|passwd|pwd|secret|client[-_]secret)"
)
_VALUE = r"(?!\$\{)[^&\s\"'#;,]+"
_PARAMETER = re.compile(
    rf"((?:(?<![\w-]){_NAMED}|[?&;](?:[\w-]*key|pass|code|sig|signature|auth|authorization))=){_VALUE}", re.IGNORECASE
)
# nothing, or variables alone with the words that go before a key
_FROM_ENVIRONMENT = re.compile(r"(?:(?:bearer|basic)\s+)?(?:\$\{\w+\})*", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(rf"{_NAMED}|[\w-]*key|pass|code|sig|signature|auth|authorization", re.IGNORECASE)
_SECRET_FIELD = re.compile(rf"{_NAMED}|(?:proxy-)?authorization", re.IGNORECASE)
# variables that judges name, which may be called anything; added to while judges are read, and never taken from
_watched: set[str] = set()

# a key begins here: not within a word, but behind an escape of JSON or of an address
_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9a-fA-F]{4})|(?<=%[0-9A-Fa-f]{2}))"
# these could also come about in the middle of base64
_START_OF_LETTERS = rf"{_START}(?<![+/])"
# prefixes of keys whose rest decides, by the fewest characters of the rest
_PREFIXES = {
    10: "xox[abeoprs]-|xapp-",
    16: "c?sk-|pk-lf-|[spr]k_(?:live|test)_|glpat-",
    20: (
        "hf_|gsk_|xai-|pplx-|r8_|nvapi-|fw_|tgp_v1_|gh[opsur]_|github_pat_|npm_|pypi-|lsv2_|jina_|dop_v1_"
        "|hvs\\.|ya29\\."
    ),
}
_PREFIXED = re.compile(
    "|".join(rf"{_START}(?:{prefixes})(?P<rest{n}>[A-Za-z0-9_.-]{{{n},}})" for n, prefixes in _PREFIXES.items())
)
_WHOLE = re.compile(
    rf"{_START_OF_LETTERS}(?:AKIA|ASIA)[A-Z0-9]{{16}}(?![A-Za-z0-9+/=])"
    rf"|{_START_OF_LETTERS}AIza[A-Za-z0-9_-]{{30,}}"
    rf"|{_START_OF_LETTERS}dapi[0-9a-f]{{32}}"
    rf"|{_START_OF_LETTERS}SG\.[A-Za-z0-9_-]{{16,}}\.[A-Za-z0-9_-]{{16,}}"
    # a JSON web token
    rf"|{_START_OF_LETTERS}eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{8,}}(?:\.[A-Za-z0-9_-]*)?"
    r"|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
# a quick search for what every shape above begins with; most texts have no low line, and need half of it
_HINTS = (
    *("sk-", "pk-lf-", "glpat-", "xox", "xapp-", "xai-", "pplx-", "nvapi-", "pypi-", "hvs.", "ya29."),
    *("AKIA", "ASIA", "AIza", "dapi", "SG.", "eyJ", "PRIVATE KEY"),
)
_HINTS_WITH_LOW_LINES = (
    *("k_live_", "k_test_", "hf_", "gsk_", "r8_", "fw_", "tgp_v1_", "gho_", "ghp_", "ghs_", "ghu_", "ghr_"),
    *("github_pat_", "npm_", "lsv2_", "jina_", "dop_v1_"),
)
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_WORD = re.compile(r"[A-Za-z0-9_+=.~-]{16,}")
# digests, and the identifiers that are written as such
_HEXADECIMAL = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_DIGEST = re.compile(r"\b(?:sha|md)\d+[-:=][A-Za-z0-9+/=_-]+")
_BEARER = re.compile(r"(?<![A-Za-z])(?:bearer|basic)\s+(?=\S*\d)\S{16,}", re.IGNORECASE)
# text of random letters changes between small letters, capitals and digits at more than every second letter
_LONG, _CHANGES = 20, 0.45
# and one of one case and digits at every fourth
_VERY_LONG, _CHANGES_OF_TWO, _LEAST_DIGITS = 32, 0.25, 4
# random letters with few signs among them: the fewest of them, and the fewest for each sign
_LONG_WITH_SIGNS, _BETWEEN_SIGNS = 24, 8


class Redactor:
    """The secrets of the environment as they were when this was made, to be kept out of many texts."""

    def __init__(self, values: Iterable[str] | None = None) -> None:
        if values is None:
            self._values = _secret_forms(tuple(os.environ.items()), frozenset(_watched))
        else:
            self._values = _forms_by_length(values)

    def known(self, text: str) -> str:
        """A text without the secrets that are known by their value."""
        for value in self._values:
            if value in text:
                text = text.replace(value, SECRET)
        return text

    def content(self, text: str) -> str:
        """A text that somebody judges or reads, without known secrets and without keys by their shape."""
        return replace_keys(self.known(text), SECRET)

    def message(self, text: str) -> str:
        """An error, a note or an event, without users, passwords and keys in addresses as well."""
        text = self.content(text)
        if "@" in text:
            text = _USER.sub(_without_user, text)
        return _PARAMETER.sub(rf"\1{SECRET}", text) if "=" in text else text

    def setting(self, text: str) -> str:
        """A setting, or an error about one, without words that look drawn at random as well."""
        return replace_random_words(self.message(text), SECRET)


def watch_variables(names: Iterable[str]) -> None:
    """Take the values of these environment variables for secrets from now on."""
    _watched.update(names)


def redact(text: str) -> str:
    """A text without secrets; see `Redactor.content`."""
    return Redactor().content(text)


def redact_message(text: str) -> str:
    """A message without secrets; see `Redactor.message`."""
    return Redactor().message(text)


def redact_setting(text: str) -> str:
    """A setting without secrets; see `Redactor.setting`."""
    return Redactor().setting(text)


def redact_document(document: Any, redactor: Redactor) -> Any:
    """A JSON value without secrets in its texts and names; the value of a field that is named as keys are is one."""
    if isinstance(document, str):
        return redactor.setting(document)
    if isinstance(document, Mapping):
        return {
            redactor.setting(str(name)): _redacted_field(str(name), value, redactor) for name, value in document.items()
        }
    if isinstance(document, list | tuple):
        return [redact_document(value, redactor) for value in document]
    return document


def _redacted_field(name: str, value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str) and _SECRET_FIELD.fullmatch(name):
        return value if _FROM_ENVIRONMENT.fullmatch(value) else SECRET
    if name == "headers" and isinstance(value, Mapping):
        return {
            redactor.setting(str(header)): _redacted_field("authorization", said, redactor)
            for header, said in value.items()
        }
    return redact_document(value, redactor)


def query_secrets(query: str) -> list[str]:
    """The values in an address's query that are secrets by the names that they have there, or by their shape."""
    values = (part.partition("=") for part in query.split("&"))
    return [value for name, _, value in values if _SECRET_PARAMETER.fullmatch(name) or looks_like_key(value)]


def holds_key(name: str) -> bool:
    """True if a text that stands where a name belongs is a secret, or looks like one."""
    return looks_like_key(name) or redact_message(name) != name


class Redacting:
    """A text stream that passes all text through a function before it writes; all else is the stream's within."""

    def __init__(self, stream: TextIO, redacted: Callable[[str], str]) -> None:
        self._stream = stream
        self._redacted = redacted

    def write(self, text: str) -> int:
        self._stream.write(self._redacted(text) if isinstance(text, str) else text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def replace_keys(text: str, shown: str) -> str:
    """The text with `shown` in the place of everything that has the shape of a known kind of key."""
    hints = (*_HINTS, *_HINTS_WITH_LOW_LINES) if "_" in text else _HINTS
    if not any(hint in text for hint in hints):
        return text
    text = _PREFIXED.sub(lambda found: shown if _random_rest(found) else found[0], text)
    return _WHOLE.sub(lambda _: shown, text)


def replace_random_words(text: str, shown: str) -> str:
    """The text with `shown` in the place of words that look drawn at random, and of what follows `Bearer`."""
    text = _BEARER.sub(lambda _: shown, text)
    return _WORD.sub(lambda found: shown if _drawn(found[0]) else found[0], text)


def looks_like_key(name: str) -> bool:
    """True if a text that stands where a name belongs is a key by its shape, or looks drawn at random.

    Names of models with sizes and dates, digests, revisions and UUIDs are none.

    >>> [looks_like_key(name) for name in ("claude-3-5-sonnet-20241022", "da39a3ee5e6b4b0d3255bfef95601890afd80709")]
    [False, False]
    >>> looks_like_key("gsk_" + "a1B2c3D4e5" * 3)
    True
    """
    plain = _DIGEST.sub("", name)
    return replace_random_words(replace_keys(plain, "\0"), "\0") != plain


# every error and every printed text asks, and the environment is hardly ever another one
@functools.lru_cache(maxsize=1)
def _secret_forms(environment: tuple[tuple[str, str], ...], watched: frozenset[str]) -> tuple[str, ...]:
    return _forms_by_length(_values(environment, watched))


def _forms_by_length(values: Iterable[str]) -> tuple[str, ...]:
    """All forms of secrets, the longest first."""
    found = {form for value in values for form in _forms(value)}
    return tuple(sorted((form for form in found if len(form) >= SHORTEST_SECRET), key=len, reverse=True))


def _values(environment: Iterable[tuple[str, str]], watched: Collection[str]) -> Iterator[str]:
    for name, value in environment:
        stripped = value.strip()
        if name in watched or (_OF_A_SECRET.search(name) and _secret(name, stripped)):
            yield from {value, stripped} - _NO_SECRETS
        if "@" in value and (found := _USER.search(value)) and not _of_files(found):
            yield from _passwords(found["user"])


def _secret(name: str, value: str) -> bool:
    return not (value.startswith("/") or (_OF_AN_OPTION.fullmatch(name) and _PLAIN_WORDS.fullmatch(value)))


def _passwords(user: str) -> Iterator[str]:
    name, _, password = user.partition(":")
    yield password or name
    yield unquote(password or name)
    yield base64.b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()


def _forms(value: str) -> Iterator[str]:
    """A secret as it is, and as addresses, JSON and headers hold it."""
    yield value
    yield quote(value, safe="")
    yield json.dumps(value)[1:-1]
    if len(value) >= SHORTEST_SECRET:
        yield base64.b64encode(value.encode("utf-8", "surrogateescape")).decode().rstrip("=")


def _without_user(found: re.Match[str]) -> str:
    return found[0] if _of_files(found) else f"{found['scheme'] or ''}{found['start']}{SECRET}@"


def _of_files(found: re.Match[str]) -> bool:
    return (found["scheme"] or "").lower().startswith(_OF_FILES)


def _random_rest(found: re.Match[str]) -> bool:
    rest = next(rest for rest in found.groupdict().values() if rest is not None)
    return any(
        len(part) >= 16 or (any(map(str.isdigit, part)) and len(part) >= (9 if part.isdigit() else 8))
        for part in _SEPARATORS.split(rest)
    )


def _drawn(word: str) -> bool:
    parts = [part for part in _SEPARATORS.split(word) if part]
    if any(map(_drawn_part, parts)):
        return True
    joined = "".join(parts)
    few = len(joined) >= max(_LONG_WITH_SIGNS, _BETWEEN_SIGNS * len(parts)) and len(parts) > 1
    return few and _kinds(joined) == 3 and _changes(joined) >= _CHANGES


def _drawn_part(part: str) -> bool:
    if len(part) < _LONG or _HEXADECIMAL.fullmatch(part):
        return False
    if _kinds(part) == 3:
        return _changes(part) >= _CHANGES
    n_digits = sum(map(str.isdigit, part))
    return len(part) >= _VERY_LONG and _LEAST_DIGITS <= n_digits < len(part) and _changes(part) >= _CHANGES_OF_TWO


def _kind(letter: str) -> str:
    return "0" if letter.isdigit() else "A" if letter.isupper() else "a"


def _kinds(text: str) -> int:
    return len(set(map(_kind, text)))


def _changes(text: str) -> float:
    """The share of neighbours that are of different kinds."""
    kinds = [_kind(letter) for letter in text]
    return sum(one != other for one, other in itertools.pairwise(kinds)) / max(len(kinds) - 1, 1)
