"""Write the reasons of statuses in words: only this module turns a code into a sentence."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evalkit.text import printable
from evalkit.types import Status, StatusKind

# the finding on one model or several, and its consequence; `details` come with the code
_SENTENCES = {
    "all_wins": ("{it} won every comparison", "how far {its} verdicts spread is not known"),
    "all_losses": ("{it} lost every comparison", "how far {its} verdicts spread is not known"),
    "no_variance": ("{its} verdicts are all the same", "how far they spread is not known"),
    "separated": (
        "the length or style of {its} answers alone explains the verdicts",
        "{its_number} rest{s} on the form of the regression alone",
    ),
    "identical": ("the baseline itself, which is 50 by definition", ""),
    "compat": ("a published formula made {its_number} ({details})", ""),
    "extrapolated": ("only {details}", "{its_number} {is_an_extrapolation}"),
    "thin": ("only {details}", "{its_number} {is_an_extrapolation}"),
    "misfit": ("the regression behind {its_number} {details}", ""),
    "beyond": ("the judge treats {its} length unlike that of other models ({details})", ""),
    "coverage": ("{details}", "{its_number} {is_that} of the other instructions only"),
}
# the names of statuses for people
KINDS = {
    StatusKind.OK: "ok",
    StatusKind.DEGRADED: "degraded",
    StatusKind.NOT_ESTIMABLE: "not estimable",
}
_CODED = re.compile(rf"\b({StatusKind.DEGRADED.value}|{StatusKind.NOT_ESTIMABLE.value})\((.*)\)")
_FIGURE = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)")
_PERCENT = re.compile(r"(?<=\d)%")
_WHOLE = re.compile(r"(?<=\d)\.0+(?= ?%)")


# what a judge said, and the labels that were drawn for it, differ from reply to reply
_SAID = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_SEVERAL_VERDICTS = re.compile(r"(several verdicts): .*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason of a status: its `code`, empty if no known code is given, and the `details` after the code."""

    code: str
    details: str


@dataclass(frozen=True, slots=True)
class SharedCause:
    """A cause in words and the models that have it; `code` is empty if the cause has no known code."""

    models: tuple[str, ...]
    code: str
    words: str


def grouped_failures(failures: Mapping[str, int]) -> dict[str, int]:
    """Reasons for missing verdicts with their counts, the most frequent first; those that differ in what the judge said
    are one.

    >>> grouped_failures({"unknown label 'K'": 2, "unknown label 'M'": 1, "the reply is empty": 2})
    {'unknown label …': 3, 'the reply is empty': 2}
    """
    groups: dict[str, dict[str, int]] = {}
    for reason, n in failures.items():
        form = _SAID.sub("…", _SEVERAL_VERDICTS.sub(r"\1", reason))
        groups.setdefault(form, {})[reason] = n
    found = {_common_form(form, group): sum(group.values()) for form, group in groups.items()}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _common_form(form: str, reasons: Iterable[str]) -> str:
    """The reasons as one, with what all of them say."""
    told = [_SAID.findall(reason) for reason in reasons]
    if len(told) == 1:
        return next(iter(reasons))
    if any(len(said) != form.count("…") for said in told):
        return form
    common = iter([said[0] if len(set(said)) == 1 else "…" for said in zip(*told, strict=True)])
    return re.sub("…", lambda _: next(common), form)


def causes(reason: str) -> list[Cause]:
    """Split the joined reason of a status; a part that does not start with a known code belongs to the cause before it.

    >>> causes("separated; coverage: 2 of 9 verdicts are missing")
    [Cause(code='separated', details=''), Cause(code='coverage', details='2 of 9 verdicts are missing')]
    >>> causes("extrapolated: 3.0% of answers are as long; 2.0% of answers have as many lists")
    [Cause(code='extrapolated', details='3.0% of answers are as long; 2.0% of answers have as many lists')]
    """
    found: list[Cause] = []
    for part in reason.split("; ") if reason else ():
        code, _, details = part.partition(": ")
        if code in _SENTENCES:
            found.append(Cause(code, details))
        elif found and not _names_model(part):
            last = found.pop()
            found.append(Cause(last.code, f"{last.details}; {part}"))
        else:
            found.append(Cause("", part))
    return found


def _names_model(part: str) -> bool:
    """Tell whether a part of a reason has the name of one of two compared models before its code."""
    return part.partition(": ")[2].partition(": ")[0] in _SENTENCES


def status_words(status: Status, *, number: str = "number") -> str:
    """Return a status with its reason, as the line of one model shows it.

    >>> status_words(Status(StatusKind.DEGRADED, "all_wins"))
    'degraded: it won every comparison'
    """
    kind = KINDS[status.kind]
    return f"{kind}: {brief_words(status.reason, number=number)}" if status.reason else kind


def brief_words(reason: str, *, number: str = "number") -> str:
    """Return the reason of one model's status in words, without the consequence.

    >>> brief_words("thin: 6.0% of answers are about as long as the baseline's")
    "only 6 % of its answers are about as long as the baseline's"
    """
    return "; ".join(_brief_cause(cause, number) for cause in causes(reason))


def with_words(text: str, *, number: str = "number") -> str:
    """Return a text that may hold one status as code, with the status in words.

    >>> with_words("the number is degraded(wordy: thin: 6.0% of answers are as long)")
    'the number is degraded: for wordy, only 6 % of its answers are as long'
    """
    return _CODED.sub(lambda found: status_words(Status(StatusKind(found[1]), found[2]), number=number), text)


def _brief_cause(cause: Cause, number: str) -> str:
    if not cause.code and _names_model(cause.details):
        model, _, reason = cause.details.partition(": ")
        return f"for {printable(model)}, {brief_words(reason, number=number)}"
    return _cause_words(cause.code, [cause.details], number, brief=True)


def reason_words(reason: str, *, number: str = "number") -> str:
    """Return the reason of one model's status as a sentence without a full stop; an unknown code stays as it is.

    Args:
        number: the name of the number that has the status.

    >>> reason_words("thin: 6.0% of answers are about as long as the baseline's", number="LC win rate")
    "only 6 % of its answers are about as long as the baseline's, so that its LC win rate is an extrapolation"
    """
    return "; ".join(_cause_words(cause.code, [cause.details], number) for cause in causes(reason))


def shared_causes(models: Iterable[tuple[str, Sequence[Cause]]], *, number: str = "number") -> list[SharedCause]:
    """Return each cause once, with the models that have it, in the order in which the models are given.

    Causes that differ only in their figures are joined, and the joined cause gives the range of each figure.

    Args:
        models: the name and the causes of each model.
    """
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for model, own in models:
        for cause in own:
            groups.setdefault((cause.code, _FIGURE.sub("#", cause.details)), []).append((model, cause.details))
    return [
        SharedCause(
            tuple(model for model, _ in group), code, _cause_words(code, [details for _, details in group], number)
        )
        for (code, _), group in groups.items()
    ]


def _cause_words(code: str, details: Sequence[str], number: str, *, brief: bool = False) -> str:
    merged = _ranged(details)
    if not code:
        return printable(merged)
    found, follows = _SENTENCES[code]
    if "{details}" in found and not merged:
        return code
    sentence = f"{found}, so that {follows}" if follows and not brief else found
    several = len(details) > 1
    its = "their" if several else "its"
    return printable(
        sentence.format(
            details=_WHOLE.sub("", _PERCENT.sub(" %", merged)).replace(" of answers ", f" of {its} answers "),
            it="they" if several else "it",
            its=its,
            its_number=f"{its} {number}{'s' if several else ''}",
            s="" if several else "s",
            is_that="are those" if several else "is that",
            is_an_extrapolation="are extrapolations" if several else "is an extrapolation",
        )
    )


def _ranged(texts: Sequence[str]) -> str:
    """Join texts that differ only in figures to one text with the least and the greatest value of each figure.

    >>> _ranged(["2 of 9 are missing", "4 of 9 are missing"])
    '2 to 4 of 9 are missing'
    """
    columns = iter([sorted(set(column), key=float) for column in zip(*map(_FIGURE.findall, texts), strict=True)])

    def filled(_: re.Match[str]) -> str:
        column = next(columns)
        return column[0] if len(column) == 1 else f"{column[0]} to {column[-1]}"

    return _FIGURE.sub(filled, texts[0])
