"""Says in a few words what a judge is, beside everything that is decided by it."""

from dataclasses import dataclass

from evalkit.types import ModelConfig

# the client of judges that are a rule on the form of answers
OFFLINE = "heuristic"
_RECORDED = {"imported": "verdicts that another tool recorded", "replay": "recorded verdicts"}


@dataclass(frozen=True, slots=True)
class Nature:
    """The source of a judge's verdicts in words; a `toy` reads no meaning, so that nothing follows from them."""

    words: str
    toy: bool = False


def nature_of(config: ModelConfig) -> Nature:
    """The nature of a judge, as its configuration tells."""
    if config.client == OFFLINE:
        return Nature("a toy judge: an offline rule that reads no meaning", toy=True)
    if config.in_process is not None:
        return Nature("a judge in Python")
    if config.client in _RECORDED:
        return Nature(_RECORDED[config.client])
    return Nature(f"model {config.model}" if config.model else f"client {config.client}")
