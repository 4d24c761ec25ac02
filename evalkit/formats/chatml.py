"""Converts AlpacaEval's prompts, messages between ChatML's tags with fields in braces, into templates of ours."""

import re
from collections.abc import Iterator

from evalkit.errors import ConfigError

_FIELDS = {"instruction": "instruction", "output_1": "first", "output_2": "second"}
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MESSAGE = re.compile(r"<\|im_start\|>[^\S\n]*([a-z]+)[^\n]*\n(.*?)(?:<\|im_end\|>|\Z)", re.DOTALL)
_ROLES = ("system", "user", "assistant")


def to_jinja(text: str, where: str, notes: list[str]) -> str:
    """The prompt with a block for each role.

    Args:
        where: the start of an error's message.
        notes: a list that collects what could not be carried over.

    Raises:
        ConfigError: text outside of its messages, two messages of a role, or a field that is unknown or missing.
    """
    found = _MESSAGE.findall(text)
    if not found:
        notes.append("the prompt has no roles: it is sent as one message of the user")
    elif _MESSAGE.sub("", text).strip():
        raise ConfigError(f"{where}: the prompt has text outside of its messages")
    messages = [(role, said) for role, said in found if role != "assistant" or said.strip()] or [("user", text)]
    roles = [role for role, _ in messages]
    if len(set(roles)) != len(roles) or not set(roles) <= set(_ROLES):
        raise ConfigError(
            f"{where}: the prompt has the messages {', '.join(roles)[:100]}; a judge has one of each role"
        )
    shown = {field for _, said in messages for field in _PLACE.findall(said)}
    for field in _FIELDS:
        if field not in shown:
            raise ConfigError(f"{where}: the prompt does not show {{{field}}}")
    blocks = (f"{{% block {role} %}}{''.join(_places(said.strip(), where))}{{% endblock %}}" for role, said in messages)
    return "\n".join(blocks) + "\n"


def _places(said: str, where: str) -> Iterator[str]:
    """The same text as a template, piece by piece."""
    end = 0
    for match in _PLACE.finditer(said):
        if match.group(1) not in _FIELDS:
            raise ConfigError(f"{where}: the prompt shows {{{match.group(1)[:40]}}}, which a judge does not get")
        yield _literal(said[end : match.start()])
        yield f"{{{{ {_FIELDS[match.group(1)]} }}}}"
        end = match.end()
    yield _literal(said[end:])


def _literal(text: str) -> str:
    """Text that a template shows unchanged; before a mark of the template, a brace is a mark as well."""
    if text.endswith("{") or any(mark in text for mark in ("{{", "{%", "{#")):
        return text.replace("{", '{{ "{" }}')
    return text
