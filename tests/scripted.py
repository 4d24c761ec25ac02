"""A judge's client that a test writes the script of."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from evalkit.types import ChatReply, ChatRequest
from tests.builders import question_of

Script = Callable[[ChatRequest], ChatReply]


def first_wins(request: ChatRequest) -> ChatReply:
    return ChatReply(f"[[{question_of(request).labels.first}]]", prompt_tokens=1000, completion_tokens=100)


@dataclass
class ScriptedClient:
    """Answers by its script, after `delay` seconds, and remembers what it was asked and how much of it at once."""

    script: Script = first_wins
    delay: float = 0.0
    asked: list[ChatRequest] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.delay)
            return self.script(request)
        finally:
            self.at_once -= 1
