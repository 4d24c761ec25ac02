"""The facts that a client gives besides answers: its endpoint, and whether a prompt is sent to it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`name` enters the key of every reply. An endpoint that does not `ask` is given texts, not a rendered prompt."""

    name: str
    asks: bool = True
