"""The one place that keeps secrets out of what evalkit shows and writes; every door asks it.

It knows a secret by its value, where the environment holds it, by the shape of a key, and by its place in an address.
"""

import base64
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TextIO
from urllib.parse import quote, unquote

from evalkit.keyshapes import looks_like_key, replace_keys, replace_random_words

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


class Redactor:
    """The secrets of the environment as they were when this was made, to be kept out of many texts."""

    def __init__(self, values: Iterable[str] | None = None) -> None:
        found = {form for value in (_values() if values is None else values) for form in _forms(value)}
        self._values = sorted((form for form in found if len(form) >= SHORTEST_SECRET), key=len, reverse=True)

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


def _values() -> Iterator[str]:
    for name, value in os.environ.items():
        stripped = value.strip()
        if name in _watched or (_OF_A_SECRET.search(name) and _secret(name, stripped)):
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
