"""Counts the tokens of a request: by the model's own tokenizer where it is known and installed, else by length."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from evalkit.types import ChatReply, ChatRequest

# used where an endpoint counts no tokens itself
CHARS_PER_TOKEN = 4.0

# OpenAI's models by the vocabulary that they use; a provider's prefix may stand before the name
_VOCABULARIES = (
    (re.compile(r"(^|/)(gpt-(4o|4\.1|4\.5|5)|chatgpt-4o|o[134](-|$))"), "o200k_base"),
    (re.compile(r"(^|/)gpt-(4|3\.5)"), "cl100k_base"),
)
# the tokens that the chat format puts around every message, and before the reply
_PER_MESSAGE = 4
_PER_REQUEST = 3


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter of tokens; `name` names the method."""

    name: str
    text: Callable[[str], int]

    def request(self, request: ChatRequest) -> int:
        messages = sum(_PER_MESSAGE + self.text(message.content) for message in request.messages)
        return messages + _PER_REQUEST


def counter(model: str) -> Counter:
    """The counter of a model; the vocabularies come with the extra `tokens`, as nothing is downloaded."""
    vocabulary = next((name for pattern, name in _VOCABULARIES if pattern.search(model)), None)
    if vocabulary is not None:
        try:
            import bpe_openai
        except ImportError:
            return Counter(f"{CHARS_PER_TOKEN:g} characters a token (extra tokens not installed)", _by_length)
        encoding = bpe_openai.get_encoding(vocabulary)
        return Counter(vocabulary, lambda text: len(encoding.encode_ordinary(_sound(text))))
    return Counter(f"{CHARS_PER_TOKEN:g} characters a token", _by_length)


def tokens(reply: ChatReply, *, prompt_tokens: int) -> tuple[int, int]:
    """Tokens in and out as the endpoint counted them; if it did not, the estimate and one token for four characters."""
    prompt = prompt_tokens if reply.prompt_tokens is None else reply.prompt_tokens
    said = reply.completion_tokens
    return prompt, round(len(reply.text) / CHARS_PER_TOKEN) if said is None else said


def _by_length(text: str) -> int:
    return round(len(text) / CHARS_PER_TOKEN)


def _sound(text: str) -> str:
    """The text without halves of surrogate pairs, which a tokenizer refuses."""
    return text.encode("utf-8", "replace").decode("utf-8")
