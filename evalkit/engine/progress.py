"""Where a run stands, and what it took so far."""

from collections.abc import Callable
from dataclasses import dataclass, field

from evalkit.types import ChatReply, Prices


@dataclass(frozen=True, slots=True)
class Progress:
    """Verdicts and requests of one model under one judge, or of a whole run.

    `stored` replies cost nothing, `cost` is None for a judge without prices. `reasked` counts further questions for
    want of a readable verdict, `turned_away` the answers of a busy endpoint, `maybe_billed` the requests that were sent
    and whose answer never arrived, `duplicates` the replies that another process had paid for as well. `served` and
    `fingerprints` are the models and systems that the endpoint said it answered with.
    """

    total: int = 0
    stored: int = 0
    replied: int = 0
    failed: int = 0
    reasked: int = 0
    sent: int = 0
    in_flight: int = 0
    turned_away: int = 0
    maybe_billed: int = 0
    duplicates: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    seconds: float = 0.0
    served: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    stopped: str | None = None

    @property
    def done(self) -> int:
        return self.stored + self.replied + self.failed


# an endpoint may name itself anew with every reply
MOST_NAMES = 20

Watcher = Callable[[Progress], None]
# an event's name and its facts
Journal = Callable[[str, dict[str, object]], None]


def unwatched(_: Progress) -> None:
    """Looks away."""


def unwritten(_: str, __: dict[str, object]) -> None:
    """Keeps no journal."""


@dataclass(slots=True)
class Tally:
    """The running counts behind a Progress."""

    prices: Prices | None
    total: int = 0
    stored: int = 0
    replied: int = 0
    failed: int = 0
    reasked: int = 0
    sent: int = 0
    in_flight: int = 0
    turned_away: int = 0
    maybe_billed: int = 0
    duplicates: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    served: dict[str, None] = field(default_factory=dict)
    fingerprints: dict[str, None] = field(default_factory=dict)

    @property
    def cost(self) -> float | None:
        return None if self.prices is None else self.prices.cost(self.prompt_tokens, self.completion_tokens)

    def pay(self, reply: ChatReply, tokens: tuple[int, int]) -> None:
        self.charge(tokens)
        if reply.model and len(self.served) < MOST_NAMES:
            self.served.setdefault(reply.model)
        if reply.fingerprint and len(self.fingerprints) < MOST_NAMES:
            self.fingerprints.setdefault(reply.fingerprint)

    def charge(self, tokens: tuple[int, int]) -> None:
        self.prompt_tokens += tokens[0]
        self.completion_tokens += tokens[1]


def total_progress(tallies: list[Tally], *, seconds: float, stopped: str | None) -> Progress:
    """All tallies as one; dollars where every judge has prices."""
    costs = [tally.cost for tally in tallies]
    known = [cost for cost in costs if cost is not None]
    return Progress(
        total=sum(tally.total for tally in tallies),
        stored=sum(tally.stored for tally in tallies),
        replied=sum(tally.replied for tally in tallies),
        failed=sum(tally.failed for tally in tallies),
        reasked=sum(tally.reasked for tally in tallies),
        sent=sum(tally.sent for tally in tallies),
        in_flight=sum(tally.in_flight for tally in tallies),
        turned_away=sum(tally.turned_away for tally in tallies),
        maybe_billed=sum(tally.maybe_billed for tally in tallies),
        duplicates=sum(tally.duplicates for tally in tallies),
        prompt_tokens=sum(tally.prompt_tokens for tally in tallies),
        completion_tokens=sum(tally.completion_tokens for tally in tallies),
        cost=sum(known) if known and len(known) == len(costs) else None,
        seconds=seconds,
        served=tuple(dict.fromkeys(name for tally in tallies for name in tally.served)),
        fingerprints=tuple(dict.fromkeys(name for tally in tallies for name in tally.fingerprints)),
        stopped=stopped,
    )
