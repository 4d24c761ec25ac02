"""Selects entries: those of one judge and baseline, those of one judge, or those of one model."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from evalkit.boards.entries import Entry
from evalkit.boards.forms import Form, judge_forms
from evalkit.errors import InputError, UnknownName
from evalkit.text import named

_SOURCES = "the sources"


def groups(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The entries by `Entry.group`, each group in the order of its models' names."""
    ordered = sorted(entries, key=lambda entry: (entry.group, entry.model))
    return [list(group) for _, group in groupby(ordered, key=lambda entry: entry.group)]


def one_group(entries: Iterable[Entry], *, models: Iterable[str] = (), where: str = _SOURCES) -> list[Entry]:
    """The entries of the only group, or of the only group that has all the `models`.

    Raises:
        InputError: there are several such groups, or none.
    """
    entries = list(entries)
    forms = judge_forms(entries)
    found = [group for group in groups(entries) if {entry.model for entry in group} >= set(models)]
    if len(found) > 1:
        raise InputError(
            f"{where}: several judges, forms or baselines: {_group_names(found, forms)}. Choose one with --judge, "
            "or name fewer sources"
        )
    if not found:
        theirs = "; ".join(
            f"{model} has verdicts of {_group_names(groups(of_model(entries, model)), forms)}" for model in models
        )
        raise InputError(
            f"{where}: only verdicts of one judge in one form and against one baseline can be compared: {theirs}"
        )
    return found[0]


def one_judge(entries: Sequence[Entry], judge: str | None = None, *, where: str = _SOURCES) -> list[Entry]:
    """The entries of this judge, or of the only one, by its name; a judge may have several forms.

    Raises:
        UnknownName: there is no such judge.
        InputError: there are several judges and none is named.
    """
    judges = sorted({entry.judge for entry in entries})
    if judge is None and len(judges) > 1:
        raise InputError(f"{where}: several judges: {named(judges)}. Choose one with --judge")
    if judge is not None and judge not in judges:
        raise UnknownName("judge", judge, judges)
    return [entry for entry in entries if judge in (None, entry.judge)]


def of_model(entries: Sequence[Entry], model: str) -> list[Entry]:
    """The entries of a model, one for each judge and baseline.

    Raises:
        UnknownName: no entry is of this model.
    """
    found = [entry for entry in entries if entry.model == model]
    if not found:
        raise UnknownName("model", model, {entry.model for entry in entries})
    return found


def each_once(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The same entries of one judge, if no two of them are of the same model and baseline.

    Raises:
        InputError: a model has two entries.
    """
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        if (entry.model, entry.baseline) in seen:
            against = f" and baseline {entry.baseline[:60]!r}" if entry.baseline else ""
            raise InputError(
                f"model {entry.model[:60]!r} stands twice under judge {entry.judge!r}{against}. Name each source once"
            )
        seen.add((entry.model, entry.baseline))
    return entries


def beside(entries: Iterable[Entry], candidate: Entry) -> list[Entry]:
    """The entries that a candidate can be compared with, including the candidate's own."""
    return [entry for entry in entries if entry.group == candidate.group]


def _group_names(found: Iterable[Sequence[Entry]], forms: Mapping[Form, str]) -> str:
    """Names the judges, their forms and baselines."""
    names = []
    for first in (group[0] for group in found):
        served = f" served as {first.served_as}" if first.served_as else ""
        against = f" against {first.baseline}" if first.baseline else ""
        names.append(f"judge {forms[first.judge, first.digest]}{served}{against}")
    return ", ".join(names)
