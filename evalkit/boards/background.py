"""What other models teach the regression of a model's row, and where that comes from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from evalkit.boards.entries import Entry
from evalkit.boards.history_file import HistoryFile, JudgeIdentity, prior_document, prior_of
from evalkit.stats.coefficients import CoefficientPrior
from evalkit.stats.confounding import Confounding
from evalkit.stats.generic import Generic
from evalkit.stats.history import History
from evalkit.stats.sample import Sample
from evalkit.store import PromptMode

# of a row's instructions a history must know so many
LEAST_COVERED = 0.95
# of difficulty that is centred with unit spread
MIDDLING = 0.0


class Source(Enum):
    """Where difficulty and slopes come from, from the most that can be known to the least."""

    FILE = "history file"
    MODELS = "models at hand"
    DIFFICULTY_OF_MODELS = "difficulty of models at hand"
    DIFFICULTY_OF_FILE = "difficulty of a file of another judge"
    GENERIC = "slopes of recorded judges"
    VALUES = "values of difficulty"
    NONE = "nothing"


# a history of this very judge stands behind the slope of length
OWN_HISTORY = frozenset({Source.FILE, Source.MODELS})


@dataclass(frozen=True, slots=True)
class Known:
    """What is shipped or was named: histories of judges on benchmarks, and what judges have in common."""

    generic: Generic
    files: tuple[HistoryFile, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """What other models teach about a row, of which `source` says where it comes from.

    `history` tells difficulty, and `prior` the coefficients; `confounding` is there where no history of the judge
    tells length and difficulty apart. `values` are difficulties as they are, without a history behind them. `judge`
    is whose verdicts taught, `models` how many there were, and `name` what the history is called. `rests_on` names by
    SHA-256 what it was learned from, a file or each model's verdicts, so that it can be learned again.
    """

    source: Source = Source.NONE
    history: History | None = None
    prior: CoefficientPrior | None = None
    confounding: Confounding | None = None
    values: Mapping[str, float] | None = None
    judge: str = ""
    models: int = 0
    name: str = ""
    rests_on: Mapping[str, str] = field(default_factory=dict)

    @property
    def own_history(self) -> bool:
        return self.source in OWN_HISTORY

    def difficulty(self, model: str, sample: Sample) -> Mapping[str, float] | None:
        """Of the instructions, as others than the model tell it; None where nobody does.

        The few instructions that a history does not know are taken for middling ones.
        """
        if self.history is None:
            return self.values
        told = self.history.for_model(model, sample)
        return {**dict.fromkeys(sample.keys, MIDDLING), **told}

    def for_row(self, model: str, sample: Sample) -> "Background":
        """What this row rests on and no more: its own instructions' difficulty as plain values."""
        told = self.difficulty(model, sample)
        values = None if told is None else {key: told[key] for key in sample.keys if key in told}
        return replace(self, history=None, values=values)

    def __str__(self) -> str:
        models = f"{self.models} models"
        return {
            Source.FILE: f"difficulty and the effect of length from {models} under this judge (history {self.name})",
            Source.MODELS: f"difficulty and the effect of length from {models} here",
            Source.DIFFICULTY_OF_MODELS: f"difficulty from {models} here; the effect of length is held near that of "
            "recorded judges",
            Source.DIFFICULTY_OF_FILE: f"difficulty from {models} under another judge, {self.judge} (history "
            f"{self.name}); the effect of length is held near that of recorded judges",
            Source.GENERIC: "no history of other models: the effect of length is held near that of recorded judges",
            Source.VALUES: "difficulty from a file of values",
            Source.NONE: "no history of other models: length and difficulty by the model's own verdicts alone",
        }[self.source]


# a row by its own verdicts alone
UNTAUGHT = Background()


def nothing_known(known: Known | None) -> Background:
    """The model's own verdicts alone; length may then stand for difficulty."""
    return Background(Source.NONE, confounding=None if known is None else known.generic.confounding)


def of_values(values: Mapping[str, float], known: Known | None) -> Background:
    """Difficulty as somebody else worked it out."""
    return Background(Source.VALUES, values=values, confounding=None if known is None else known.generic.confounding)


def of_models(history: History, taught: Sequence[Entry]) -> Background:
    """Difficulty and slopes of a judge's own models."""
    return _of_models(Source.MODELS, history, taught, history.prior)


def difficulty_of_models(history: History, taught: Sequence[Entry], generic: Generic) -> Background:
    """Difficulty of few models. How much of it they leave to be mistaken for length they cannot tell: all may be."""
    background = _of_models(Source.DIFFICULTY_OF_MODELS, history, taught, generic.beside_difficulty)
    return replace(background, confounding=generic.confounding)


def of_file(file: HistoryFile, entries: Sequence[Entry], generic: Generic) -> Background | None:
    """What a file teaches about the entries of one judge and baseline; None where it is of something else.

    Of another judge only the difficulty counts, and another judge's difficulty is not this one's: length may stand for
    what is left.
    """
    if not entries or any(entry.baseline != file.baseline for entry in entries) or not _covers(file, entries):
        return None
    told = Background(
        Source.FILE,
        file.history,
        file.history.prior,
        judge=file.judge.name,
        models=len(file.history.members),
        name=file.name,
        rests_on={file.name: file.digest},
    )
    if all(_same_judge(file.judge, entry) for entry in entries):
        return told
    return replace(
        told, source=Source.DIFFICULTY_OF_FILE, prior=generic.beside_difficulty, confounding=generic.confounding
    )


def of_generic(generic: Generic) -> Background:
    """What is to be expected of any judge."""
    return Background(Source.GENERIC, None, generic.alone, generic.confounding)


def judge_identity(entry: Entry) -> JudgeIdentity:
    """Who judged an entry: of a recording the recorded judge by its name, else model, prompt and parser."""
    plan = entry.plan
    if plan is None:
        return JudgeIdentity(entry.judge)
    if plan.prompt_mode == PromptMode.RECORDED:
        return JudgeIdentity(plan.judge_model)
    return JudgeIdentity(entry.judge, plan.judge_model, plan.prompt, plan.parser)


def background_document(background: Background) -> dict[str, Any]:
    """A row's background as JSON takes it, to the last digit, so that the row can be computed anew."""
    confounding = background.confounding
    return {
        "source": background.source.value,
        "judge": background.judge or None,
        "models": background.models,
        "history": background.name or None,
        "prior": None if background.prior is None else prior_document(background.prior, decimals=None),
        "confounding": None
        if confounding is None
        else {"correlation": confounding.correlation, "effect": confounding.effect},
        "rests_on": dict(sorted(background.rests_on.items())),
        "difficulty": None if background.values is None else dict(sorted(background.values.items())),
    }


def background_of(document: Mapping[str, Any]) -> Background:
    """The background of a row that was written.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    prior, confounding, difficulty = (document[name] for name in ("prior", "confounding", "difficulty"))
    return Background(
        source=Source(document["source"]),
        prior=None if prior is None else prior_of(prior),
        confounding=None
        if confounding is None
        else Confounding(float(confounding["correlation"]), float(confounding["effect"])),
        values=None if difficulty is None else {str(key): float(value) for key, value in difficulty.items()},
        judge=str(document["judge"] or ""),
        models=int(document["models"]),
        name=str(document["history"] or ""),
        rests_on={str(name): str(digest) for name, digest in document["rests_on"].items()},
    )


def _of_models(source: Source, history: History, taught: Sequence[Entry], prior: CoefficientPrior) -> Background:
    verdicts = {one.model: one.origin.verdicts if one.origin else "" for one in taught}
    return Background(
        source,
        history,
        prior,
        judge=taught[0].judge,
        models=len(history.members),
        rests_on={model: verdicts[model] for model in verdicts},
    )


def _covers(file: HistoryFile, entries: Iterable[Entry]) -> bool:
    """Whether it knows every entry's judged instructions but for a few."""
    known = file.history.difficulty
    for entry in entries:
        keys = entry.sample.keys
        if not keys or sum(key in known for key in keys) < LEAST_COVERED * len(keys):
            return False
    return True


def _same_judge(judge: JudgeIdentity, entry: Entry) -> bool:
    own = judge_identity(entry)
    if own.model is None or judge.model is None:
        return own.model is None and own.name == judge.name
    return (own.model, own.prompt, own.parser) == (judge.model, judge.prompt, judge.parser)
