"""Selects the verdicts that a gate reads: those of one model, one judge and one baseline, as configured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from evalkit.boards import Entry, each_once, of_model, one_judge
from evalkit.errors import ConfigError, Incomplete, UnknownName
from evalkit.judge_spec import with_orders
from evalkit.types import JudgeConfig, PlanRecord, PromptMode

BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """The judge, as its file reads today, and the baseline that a gate was configured for; None accepts any.

    Without `compat`, verdicts on answers that were shown to the judge without fences are rejected.
    """

    judge: JudgeConfig | None = None
    baseline: str | None = None
    compat: bool = False


def choose(entries: Sequence[Entry], model: str, wanted: Required) -> Entry:
    """The entry of a model that the gate reads.

    Raises:
        UnknownName: there is no such model.
        ConfigError: the model was judged by another judge, with another prompt mode or against another baseline than
            configured, or against several.
        InputError: several judges judged it, or it has two entries.
        Incomplete: the endpoint replaced the judge's model between the verdicts.
    """
    own = of_model(entries, model)
    if wanted == Required(compat=wanted.compat):
        # the baselines of several judges are no choice
        own = one_judge(own, where=model)
    own = _of_baseline(own, model, wanted.baseline)
    own = _of_judge(own, model, wanted.judge)
    if len(own) > 1 and all(entry.served_as for entry in own):
        raise Incomplete(
            f"{model}: the endpoint answered as {' and as '.join(entry.served_as for entry in own)}, and a gate reads "
            "the verdicts of one. Name a dated model in the judge's file, and judge in a new store"
        )
    (entry,) = each_once(own)
    if entry.plan is not None:
        check_mode(entry.plan, compat=wanted.compat)
    return entry


def part_of(entry: Entry, part: str | None) -> Entry:
    """The entry with its verdicts on one turn or category alone; the whole entry without a part.

    Raises:
        UnknownName: it has no verdicts on such a part.
    """
    if part is None:
        return entry
    kind, _, name = part.partition(" ")
    if part not in entry.slices:
        known = [other.partition(" ")[2] for other in entry.slices if other.startswith(f"{kind} ")]
        raise UnknownName(kind, name, known)
    return replace(entry, sample=entry.slices[part], slices={})


def check_mode(plan: PlanRecord, *, compat: bool) -> None:
    """Refuse a judge whose prompt shows answers without fences, unless `compat` accepts it.

    Raises:
        ConfigError: the prompt shows answers without fences, and `compat` is not set.
    """
    if compat or plan.prompt_mode != PromptMode.COMPAT:
        return
    raise ConfigError(
        f"{plan.model}: judge {plan.judge!r} shows answers bare or under fixed labels, so a judged text could "
        "sway its own verdict. Gate on a judge with fences, or accept this one with --allow-compat"
    )


def check_against(model: str, other: str, *, baseline: str | None = None, margin: float = 0.0) -> None:
    """Check that the model to compare with is another one than the candidate, and not the baseline itself.

    Raises:
        ConfigError: it is the candidate, or the baseline, which has no number to compare with.
    """
    if model == other:
        raise ConfigError(
            f"--against {other}: is the candidate, and cannot be compared with itself. Give its outputs another name "
            "in the field generator"
        )
    if baseline is not None and other == baseline:
        raise ConfigError(
            f"--against {other}: is the baseline, at which every win rate is 50. For at most {margin:g} points behind "
            f"it, ask for {50 - margin:g} with --min"
        )


def _of_baseline(own: list[Entry], model: str, baseline: str | None) -> list[Entry]:
    known = {entry.baseline for entry in own}
    if baseline is not None and baseline not in known:
        raise ConfigError(
            f"{model}: was judged against {_listed(known)}, and the gate is configured for baseline {baseline!r}. "
            "Judge it against that one"
        )
    if baseline is None and len(known) > 1:
        raise ConfigError(f"{model}: was judged against {_listed(known)}. Choose with --baseline")
    return [entry for entry in own if baseline in (None, entry.baseline)]


def _of_judge(own: list[Entry], model: str, judge: JudgeConfig | None) -> list[Entry]:
    if judge is None:
        if len({entry.digest for entry in one_judge(own, where=model)}) > 1:
            raise ConfigError(
                f"{model}: judge {own[0].judge!r} was changed between runs. Name its file with --judge, so that the "
                "gate knows which form counts"
            )
        return own
    # verdicts in both orders are accepted even where the file asks for one order only, since they contain more
    accepted = {judge.digest, with_orders(judge, BOTH).digest if judge.asks == "pair" else judge.digest}
    found = [entry for entry in own if entry.digest in accepted]
    if not found:
        recorded = all(entry.plan is not None and entry.plan.prompt_mode == PromptMode.RECORDED for entry in own)
        cure = (
            "They were replayed from a recording: gate the outputs file with --replay"
            if recorded
            else "Run evalkit annotate again, or take back the judge's file"
        )
        raise ConfigError(
            f"{model}: judge {judge.name!r} is {judge.digest} today, and these verdicts are of "
            f"{_listed({f'{entry.judge} {entry.digest}'.strip() for entry in own})}. {cure}"
        )
    exact = [entry for entry in found if entry.digest == judge.digest]
    return exact or found


def _listed(names: Iterable[str]) -> str:
    return " and ".join(repr(name) for name in sorted(names))
