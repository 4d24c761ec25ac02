"""The tasks of the engine: places that one model's replies fill, a judge's verdicts or a model's answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from evalkit.clients import Endpoint
from evalkit.types import ChatReply, ChatRequest, Client, Group, ModelConfig, PlanRecord, Slot, Subject, Unanswered


@dataclass(frozen=True, slots=True)
class Pending:
    """A place for a reply; `subject` is judged or answered, None where a rule or a failure fills the place."""

    slot: Slot
    subject: Subject | Unanswered | None = None


@dataclass(frozen=True, slots=True)
class Posed:
    """A place with its question: the request, and the place that its reply will fill."""

    slot: Slot
    request: ChatRequest


class Task(Protocol):
    """Places, with the way to put the question of each and to check its reply.

    `digest` names everything that decides the places: two runs of one digest lay out the same ones. `client_name` is
    the same for tasks that one client can serve.
    """

    @property
    def config(self) -> ModelConfig: ...

    @property
    def endpoint(self) -> Endpoint: ...

    @property
    def group(self) -> Group: ...

    @property
    def digest(self) -> str: ...

    @property
    def record(self) -> PlanRecord | None:
        """The record, kept beside the places, of what decided them."""
        ...

    @property
    def client_name(self) -> tuple[str, str, str]: ...

    @property
    def reasks(self) -> int:
        """The number of times that a question is asked again for want of a readable reply."""
        ...

    @property
    def on_trial(self) -> bool:
        """True if the first replies show whether replies can be read at all."""
        ...

    def places(self) -> Iterator[Pending]:
        """Every place, planned as it is taken."""
        ...

    def pose(self, place: Pending, *, reask: int = 0) -> Posed:
        """The question of a place.

        Raises:
            ConfigError: it cannot be put into words.
        """
        ...

    def reader(self) -> Callable[[Slot, ChatReply], str | None]:
        """A function that says why a reply does not hold what was asked for; None if it does."""
        ...

    def open_client(self) -> Client: ...
