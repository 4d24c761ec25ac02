"""A client that gives recorded replies: the same question gets the same reply, and nothing is sent."""

from collections.abc import Mapping

from evalkit.clients.endpoint import Endpoint
from evalkit.errors import RejectedRequest
from evalkit.types import ChatReply, ChatRequest, Order

RecordedKey = tuple[str, Order, int]


class ReplayClient:
    """Answers by instruction key, order and repeat."""

    def __init__(self, replies: Mapping[RecordedKey, ChatReply]) -> None:
        self._replies = replies

    async def complete(self, request: ChatRequest) -> ChatReply:
        question = request.question
        key = None if question is None else (question.subject.key, question.order, question.repeat)
        reply = None if key is None else self._replies.get(key)
        if reply is None:
            raise RejectedRequest("the recording has no reply to this question")
        return reply


REPLAY_ENDPOINT = Endpoint("replay", asks=False)
