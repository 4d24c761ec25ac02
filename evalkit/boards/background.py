"""The contribution of other models to the regression of a model's row, and the source of that contribution."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from evalkit.boards.entries import Entry
from evalkit.stats import (
    MISFITTING,
    CoefficientPrior,
    Confounding,
    FitCheck,
    Generic,
    History,
    HistoryFile,
    JudgeIdentity,
    Known,
    Sample,
)
from evalkit.types import PromptMode

# the least share of a row's instructions that a history must know
LEAST_COVERED = 0.95
# the mean difficulty, on a scale that is centred and has unit spread
MIDDLING = 0.0


class HistorySource(Enum):
    """The source of difficulty and slopes, the most informative source first."""

    FILE = "history file"
    MODELS = "models at hand"
    DIFFICULTY_OF_MODELS = "difficulty of models at hand"
    DIFFICULTY_OF_FILE = "difficulty of a file of another judge"
    GENERIC = "slopes of recorded judges"
    VALUES = "values of difficulty"
    NONE = "nothing"


# the sources whose slope of length comes from verdicts of the row's own judge
OWN_HISTORY = frozenset({HistorySource.FILE, HistorySource.MODELS})


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """The contribution of other models to a row; `source` says which models they are.

    `history` gives the difficulty of instructions, and `prior` the expected coefficients. `confounding` is set where no
    history of the judge separates length from difficulty. `values` are difficulties from a file without a history.
    `judge` gave the verdicts that were learned from, `models` counts the models, and `name` is that of the history.
    `rests_on` holds the SHA-256 of the file, or of each model's verdicts, that the background was learned from, so that
    it can be learned again. `check` holds the regressions of the models that taught against their verdicts on pairs of
    about equal length.
    """

    source: HistorySource = HistorySource.NONE
    history: History | None = None
    prior: CoefficientPrior | None = None
    confounding: Confounding | None = None
    values: Mapping[str, float] | None = None
    judge: str = ""
    models: int = 0
    name: str = ""
    rests_on: Mapping[str, str] = field(default_factory=dict)
    check: FitCheck | None = None

    @property
    def misfit(self) -> str | None:
        """The reason against all rows whose slopes these models taught; None where their regressions fit."""
        if not self.own_history or self.check is None or not self.check.all_misfit:
            return None
        return f"{MISFITTING}: {self.check} over all models"

    @property
    def own_history(self) -> bool:
        return self.source in OWN_HISTORY

    def difficulty(self, model: str, sample: Sample) -> Mapping[str, float] | None:
        """The difficulty of each instruction as learned from other models than this one; None where it is unknown.

        The few instructions that a history does not know get the mean difficulty.
        """
        if self.history is None:
            return self.values
        told = self.history.for_model(model, sample)
        return {**dict.fromkeys(sample.keys, MIDDLING), **told}

    def for_row(self, model: str, sample: Sample) -> "Background":
        """The part of the background that this row uses: the difficulties of its own instructions as plain values."""
        told = self.difficulty(model, sample)
        values = None if told is None else {key: told[key] for key in sample.keys if key in told}
        return replace(self, history=None, values=values)

    def __str__(self) -> str:
        models = f"{self.models} models"
        return {
            HistorySource.FILE: f"difficulty and the effect of length from {models} under this judge "
            f"(history {self.name})",
            HistorySource.MODELS: f"difficulty and the effect of length from {models} here",
            HistorySource.DIFFICULTY_OF_MODELS: f"difficulty from {models} here; the effect of length is held near "
            "that of recorded judges",
            HistorySource.DIFFICULTY_OF_FILE: f"difficulty from {models} under another judge, {self.judge} (history "
            f"{self.name}); the effect of length is held near that of recorded judges",
            HistorySource.GENERIC: "no history of other models: the effect of length is held near that of recorded "
            "judges",
            HistorySource.VALUES: "difficulty from a file of values",
            HistorySource.NONE: "no history of other models: length and difficulty by the model's own verdicts alone",
        }[self.source]


# the background of a row that is computed from its own verdicts alone
UNTAUGHT = Background()


def nothing_known(known: Known | None) -> Background:
    """The background for a row that uses its own verdicts only, so that length may be confounded with difficulty."""
    return Background(HistorySource.NONE, confounding=None if known is None else known.generic.confounding)


def of_values(values: Mapping[str, float], known: Known | None) -> Background:
    """The background of difficulties that a user gave as plain values."""
    return Background(
        HistorySource.VALUES, values=values, confounding=None if known is None else known.generic.confounding
    )


def of_models(history: History, taught: Sequence[Entry]) -> Background:
    """The background of difficulty and slopes that are learned from the judge's models at hand."""
    return _of_models(HistorySource.MODELS, history, taught, history.prior)


def difficulty_of_models(history: History, taught: Sequence[Entry], generic: Generic) -> Background:
    """The background where few models at hand teach difficulty, and recorded judges teach the slopes.

    Few models do not show for how much of difficulty length still stands: the background allows for all of it.
    """
    background = _of_models(HistorySource.DIFFICULTY_OF_MODELS, history, taught, generic.beside_difficulty)
    return replace(background, confounding=generic.confounding)


def of_file(file: HistoryFile, entries: Sequence[Entry], generic: Generic) -> Background | None:
    """The background from a file for the entries of one judge and baseline; None where baseline or instructions differ.

    From the file of another judge only the difficulty is taken. Two judges agree on a part of difficulty only, and
    length may be confounded with the rest.
    """
    if not entries or any(entry.baseline != file.baseline for entry in entries) or not _covers(file, entries):
        return None
    told = Background(
        HistorySource.FILE,
        file.history,
        file.history.prior,
        judge=file.judge.name,
        models=len(file.history.members),
        name=file.name,
        rests_on={file.name: file.digest},
        check=file.history.check,
    )
    if all(_same_judge(file.judge, entry) for entry in entries):
        return told
    return replace(
        told, source=HistorySource.DIFFICULTY_OF_FILE, prior=generic.beside_difficulty, confounding=generic.confounding
    )


def of_generic(generic: Generic) -> Background:
    """The background from the priors common to recorded judges, for a judge without any history."""
    return Background(HistorySource.GENERIC, None, generic.alone, generic.confounding)


def judge_identity(entry: Entry) -> JudgeIdentity:
    """The judge of an entry by its model, prompt and parser, or by its name where the verdicts are a recording."""
    plan = entry.plan
    if plan is None:
        return JudgeIdentity(entry.judge)
    if plan.prompt_mode == PromptMode.RECORDED:
        return JudgeIdentity(plan.judge_model)
    return JudgeIdentity(entry.judge, plan.judge_model, plan.prompt, plan.parser)


def _of_models(source: HistorySource, history: History, taught: Sequence[Entry], prior: CoefficientPrior) -> Background:
    verdicts = {entry.model: entry.origin.verdicts if entry.origin else "" for entry in taught}
    return Background(
        source,
        history,
        prior,
        judge=taught[0].judge,
        models=len(history.members),
        rests_on={model: verdicts[model] for model in verdicts},
        check=history.check,
    )


def _covers(file: HistoryFile, entries: Iterable[Entry]) -> bool:
    """True if the file knows nearly all judged instructions of every entry."""
    return all(entry.sample.n and known_share(file, entry) >= LEAST_COVERED for entry in entries)


def known_share(file: HistoryFile, entry: Entry) -> float:
    """The share of an entry's judged instructions that a history knows; 0 where none was judged."""
    keys = entry.sample.keys
    return sum(key in file.history.difficulty for key in keys) / len(keys) if keys else 0.0


def _same_judge(judge: JudgeIdentity, entry: Entry) -> bool:
    own = judge_identity(entry)
    if own.model is None or judge.model is None:
        return own.model is None and own.name == judge.name
    return (own.model, own.prompt, own.parser) == (judge.model, judge.prompt, judge.parser)
