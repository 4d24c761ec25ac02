"""The verdicts behind a board one by one, and the texts that they are on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from evalkit.boards.build import Board
from evalkit.types import Order, Reading

# judge, digest, baseline, model
Group = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """One verdict as it was given: a `preference`, which is P(candidate beats baseline), a `grade`, or neither and a
    `failure`.

    `order` is None where the source does not tell; `probabilities` are those of the reply's likeliest first tokens, the
    likeliest first, and `served` is the model that the endpoint said it was.
    """

    order: Order | None = None
    repeat: int = 0
    preference: float | None = None
    grade: float | None = None
    reading: Reading | None = None
    reply: str | None = None
    probabilities: tuple[tuple[str, float], ...] = ()
    rule: str | None = None
    failure: str | None = None
    turn: int = 1
    served: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Transcripts:
    """All readable texts and verdicts of the sources of boards, by the keys of the boards' samples.

    A table of numbers has no texts. `answers`, by model and key, include the baselines' answers; where verdicts are on
    several answers of one model to one instruction, none of them is given, because it would be shown beside verdicts on
    another answer. `places` are by judge, digest, baseline and model, then key.
    """

    instructions: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[Group, Mapping[str, tuple[GivenVerdict, ...]]] = field(default_factory=dict)

    def given(self, board: Board, model: str) -> Mapping[str, tuple[GivenVerdict, ...]]:
        """The verdicts behind a model's row by key; verdicts that another model gave as the judge are left out."""
        by_key = self.places.get((board.judge, board.digest, board.baseline, model), {})
        if not board.served_as:
            return by_key
        return {key: tuple(_as_served(place, board.served_as) for place in places) for key, places in by_key.items()}


def _as_served(place: GivenVerdict, served_as: str) -> GivenVerdict:
    if place.served in (None, served_as):
        return place
    return replace(place, preference=None, grade=None, reading=None, failure=f"answered as {place.served}")
