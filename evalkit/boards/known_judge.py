"""Says what is known of how far a judge agrees with people, for whoever reads a number of the judge's."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evalkit.types import Estimate, EvaluationRecord, StatusKind

# the labels of which a line has a sentence each
MOST_LABELS = 3
_THERE = "agreement there is not agreement on this benchmark"
_ORDERS = {"one": "in one order", "both": "in both orders"}


@dataclass(frozen=True, slots=True)
class KnownJudge:
    """The measurements of a judge's agreement with people that a store holds.

    `records` has the latest measurement of this form of the judge for each labels, the latest first, and then those of
    the same form asked in other orders, for labels that it has no other measurement for. `orders` are those of the
    judge; None where they are not known. A judge that `grades` answers alone cannot be measured. `changed` says that a
    judge of this name was measured with another model, prompt or parameter.
    """

    judge: str
    digest: str
    orders: str | None = None
    grades: bool = False
    changed: bool = False
    records: tuple[EvaluationRecord, ...] = ()

    @property
    def latest(self) -> EvaluationRecord | None:
        """The latest measurement of exactly this form of the judge; None where there is none."""
        own = (record for record in self.records if record.judge_digest == self.digest)
        return max(own, key=lambda record: record.at, default=None)


def known_judge(
    records: Iterable[EvaluationRecord],
    *,
    judge: str,
    digest: str,
    alike: Sequence[str] = (),
    orders: str | None = None,
    grades: bool = False,
) -> KnownJudge:
    """Select the measurements that say something of a judge.

    Args:
        alike: the digests of the same judge asked in other orders.
    """
    found = list(records)
    latest: dict[str, EvaluationRecord] = {}
    for record in sorted(found, key=lambda record: (record.judge_digest == digest, record.at)):
        if record.judge_digest == digest or record.judge_digest in alike:
            latest[record.labels] = record
    return KnownJudge(
        judge=judge,
        digest=digest,
        orders=orders,
        grades=grades,
        changed=not latest and any(record.judge == judge for record in found),
        records=tuple(
            sorted(latest.values(), key=lambda record: (record.judge_digest == digest, record.at), reverse=True)
        ),
    )


def known_line(known: KnownJudge) -> str:
    """The line that says what is known of a judge, and names the judge."""
    name = known.judge
    if not known.records:
        return f"nothing is known of how far judge {name} agrees with people{_why_unknown(known)}"
    first, *others = (_sentence(record, known) for record in known.records[:MOST_LABELS])
    more = len(known.records) - MOST_LABELS
    rest = [f"json has {more} more measurements"] if more > 0 else []
    return "; ".join([f"judge {name} {first}", *(f"it {sentence}" for sentence in others), *rest, _THERE])


def _why_unknown(known: KnownJudge) -> str:
    if known.grades:
        return ": it grades answers alone, and only a judge that compares two answers can be measured"
    # several judges together have several digests
    if " + " in known.digest:
        return ": several judges together are not measured"
    changed = " since its model, prompt or parameters changed" if known.changed else ""
    return f"{changed}: {evaluate_command(known.judge)} measures it"


def evaluate_command(judge: str) -> str:
    """The command that measures a judge."""
    return f"evalkit judges evaluate {shlex.quote(judge)} --human FILE"


def _sentence(record: EvaluationRecord, known: KnownJudge) -> str:
    agreement = record.agreement
    if agreement.value is None:
        told = f"was measured on {record.labels}, where its agreement with people cannot be estimated"
        return f"{told}: {agreement.status.reason}; {_basis(record)}"
    doubt = f" ({agreement.status.reason})" if agreement.status.kind == StatusKind.DEGRADED else ""
    told = f"agrees with people on {_share(agreement)} on {record.labels}{doubt}, {_ceiling(record)}; {_basis(record)}"
    if record.judge_digest == known.digest:
        return told
    here = "" if known.orders is None else f", and {_ORDERS.get(known.orders, known.orders)} here"
    return f"{told}, asked {_ORDERS.get(record.orders, record.orders)} there{here}"


def _ceiling(record: EvaluationRecord) -> str:
    if record.ceiling.value is not None:
        return f"where people agree with each other on {_share(record.ceiling)}"
    if record.n_people <= 1:
        return "ceiling unknown: one label each"
    return f"ceiling unknown: {record.ceiling.status.reason}"


def _basis(record: EvaluationRecord) -> str:
    comparisons = "comparison" if record.n == 1 else "comparisons"
    return f"measured on {record.n} {comparisons} on {record.at.date().isoformat()}"


def _share(estimate: Estimate) -> str:
    ends = "" if estimate.lower is None else f" [{estimate.lower:.0f}, {estimate.upper:.0f}]"
    return f"{estimate.value:.0f} of 100{ends}"
