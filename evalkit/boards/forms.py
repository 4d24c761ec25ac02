"""Tells apart the forms of judges that have one name: by what they are asked, by what differs in them, or by number."""

from collections.abc import Iterable, Mapping

from evalkit.boards.entries import Entry
from evalkit.types import PlanRecord

# a judge's name and digest
Form = tuple[str, str]
_GRADES, _PAIRS = "grades", "pairs"


def judge_forms(entries: Iterable[Entry]) -> Mapping[Form, str]:
    """The judges of some entries by name and digest, each in words that no other form of a judge has.

    A judge that has one form is called by its name.
    """
    firsts: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        firsts.setdefault(entry.judge, {}).setdefault(entry.digest, entry)
    return {(name, digest): said for name, forms in firsts.items() for digest, said in _told_apart(name, forms).items()}


def _told_apart(name: str, forms: Mapping[str, Entry]) -> dict[str, str]:
    """The forms of one judge in words, by digest."""
    if len(forms) == 1:
        return dict.fromkeys(forms, name)
    kinds = {digest: _GRADES if entry.graded else _PAIRS for digest, entry in forms.items()}
    several_kinds = len(set(kinds.values())) > 1
    found = {}
    for digest, kind in kinds.items():
        twins = sorted(other for other, its in kinds.items() if its == kind)
        words = [kind] if several_kinds else []
        if len(twins) > 1:
            words.append(_difference(digest, {twin: forms[twin].plan for twin in twins}))
        found[digest] = f"{name} ({', '.join(words)})"
    return found


def _difference(digest: str, plans: Mapping[str, PlanRecord | None]) -> str:
    """The fact about a form that no other form shares, else its number."""
    known = {form: _facts(plan) for form, plan in plans.items() if plan is not None}
    if len(known) == len(plans):
        for place, mine in enumerate(known[digest]):
            if sum(facts[place] == mine for facts in known.values()) == 1:
                return mine
    return f"form {sorted(plans).index(digest) + 1} of {len(plans)}"


def _facts(plan: PlanRecord) -> tuple[str, ...]:
    """The facts of a plan that a reader knows a judge by."""
    orders = {"both": "both orders", "one": "one order"}.get(plan.orders, plan.orders)
    return plan.judge_model, orders, f"at {plan.endpoint}", f"read by {plan.parser}"
