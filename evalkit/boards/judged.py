"""The single verdicts behind a board, and the texts that they are on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from evalkit.boards.build import Board
from evalkit.types import Annotation

# judge, digest, baseline, model
Group = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Transcripts:
    """All readable texts and verdicts of the sources of boards, by the keys of the boards' samples.

    A table of numbers has no texts. `answers`, by model and key, include the baselines' answers; where verdicts are on
    several answers of one model to one instruction, none of them is given, because it would be shown beside verdicts on
    another answer. `places` are the verdicts as they were given, by judge, digest, baseline and model, then key; their
    order is None where the source does not give it.
    """

    instructions: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[Group, Mapping[str, tuple[Annotation, ...]]] = field(default_factory=dict)

    def given(self, board: Board, model: str) -> Mapping[str, tuple[Annotation, ...]]:
        """The verdicts behind a model's row by key; verdicts that another model gave as the judge are left out."""
        by_key = self.places.get((board.judge, board.digest, board.baseline, model), {})
        if not board.served_as:
            return by_key
        return {key: tuple(_as_served(place, board.served_as) for place in places) for key, places in by_key.items()}


def _as_served(place: Annotation, served_as: str) -> Annotation:
    if place.reply is None or place.reply.model in (None, served_as):
        return place
    return replace(place, preference=None, rating=None, reading=None, failure=f"answered as {place.reply.model}")
