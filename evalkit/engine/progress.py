"""The progress of a run, and the effort so far."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace

from evalkit.types import ChatReply, Prices


@dataclass(frozen=True, slots=True)
class Progress:
    """Verdicts and requests of one model under one judge, or of a whole run.

    `stored` replies cost nothing, `cost` is None for a judge without prices. `reasked` counts further questions for
    want of a readable verdict, `turned_away` the answers of a busy endpoint, `maybe_billed` the requests that may have
    been charged for and gave no usable reply, `duplicates` the replies that another process had paid for as well.
    `served` and `fingerprints` are the models and systems that the endpoint said it answered with. `stopped` says why
    something was left, and `unread` that the reason is replies that nobody could read.
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
    unread: bool = False

    @property
    def done(self) -> int:
        return self.stored + self.replied + self.failed

    def then(self, later: "Progress") -> "Progress":
        """The progress of this run and of a later run over the same questions and more, as one."""
        counts = {name: getattr(self, name) + getattr(later, name) for name in _SPENT}
        costs = [progress.cost for progress in (self, later) if progress.cost is not None]
        return replace(
            later,
            **counts,
            # the later run found in the store what the earlier run was told
            stored=later.stored - self.replied,
            cost=sum(costs) if costs else None,
            seconds=self.seconds + later.seconds,
            served=tuple(dict.fromkeys((*self.served, *later.served))),
            fingerprints=tuple(dict.fromkeys((*self.fingerprints, *later.fingerprints))),
        )


_SPENT = (
    "replied", "reasked", "sent", "turned_away", "maybe_billed", "duplicates", "prompt_tokens", "completion_tokens",
)  # fmt: skip
# an endpoint may name itself anew with every reply
MOST_NAMES = 20

Watcher = Callable[[Progress], None]
# an event's name and its facts
Journal = Callable[[str, dict[str, object]], None]


def unwatched(_: Progress) -> None:
    """Ignore progress."""


def unwritten(_: str, __: dict[str, object]) -> None:
    """Discard events."""


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


def total_progress(tallies: Sequence[Tally], *, seconds: float, stopped: str | None, unread: bool = False) -> Progress:
    """All tallies as one; dollars where every judge has prices."""
    costs = [tally.cost for tally in tallies]
    known = [cost for cost in costs if cost is not None]
    return Progress(
        **{name: sum(getattr(tally, name) for tally in tallies) for name in _COUNTED},
        cost=sum(known) if known and len(known) == len(costs) else None,
        seconds=seconds,
        served=tuple(dict.fromkeys(name for tally in tallies for name in tally.served)),
        fingerprints=tuple(dict.fromkeys(name for tally in tallies for name in tally.fingerprints)),
        stopped=stopped,
        unread=unread,
    )


_COUNTED = [counter.name for counter in fields(Tally) if counter.type is int]
