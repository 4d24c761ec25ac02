"""Writes single verdicts as rows of a table, with everything that a board is computed from, and reads them again."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError
from evalkit.formats.alpaca_eval import preference_code, read_preference
from evalkit.formats.records import Record
from evalkit.formats.verdicts import NO_VERDICT, UNNAMED_JUDGE, optional_number, optional_turn, recorded
from evalkit.types import Annotation, Order, Rating

if TYPE_CHECKING:
    import pyarrow as pa

# a table with these has a row for each order and repeat
MARKS = {"key", "order", "preference"}
# columns of the frame that shows single verdicts, which has preferences as probabilities
_SHOWN = {"model_chars", "baseline_chars"}

_TEXTS = ("judge", "model", "baseline", "key", "cluster", "category", "order", "failure")
_COUNTS = ("turn", "repeat", "len_1", "len_2", "blanks_1", "blanks_2")
_NUMBERS = ("preference", "rating", "low", "high")
# columns that both sides have, besides those of measures
_LENGTHS = ("len", "blanks")


def table_rows(verdicts: Iterable[Annotation]) -> list[dict[str, Any]]:
    """A row for each verdict: its preference in AlpacaEval's code or its rating, the lengths of both answers, and the
    number of blanks around the texts that these lengths contain.

    Lengths are code points. Each measure has the columns `NAME_1`, of the baseline's answer, and `NAME_2`, of the
    candidate's.
    """
    return [_row(verdict) for verdict in verdicts]


def table_schema(rows: Sequence[Mapping[str, Any]]) -> "pa.Schema":
    """The schema of such rows: their columns and kinds."""
    import pyarrow as pa

    kinds = {
        **dict.fromkeys(_TEXTS, pa.string()),
        **dict.fromkeys(_COUNTS, pa.int64()),
        **dict.fromkeys(_NUMBERS, pa.float64()),
        "strong": pa.bool_(),
    }
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.schema([(name, kinds.get(name, pa.float64())) for name in names])


def table_verdicts(records: Iterable[Record]) -> Iterator[Annotation]:
    """The inverse of `table_rows`.

    Raises:
        InputError: wrong content, or two rows on one place; the message names the row and the field.
    """
    measures: dict[str, tuple[str, str]] | None = None
    seen = set()
    for record in records:
        if measures is None:
            measures = measure_columns(record.fields)
        if record.fields.keys() >= _SHOWN:
            # read as codes, sure wins would come out as losses
            raise InputError(
                f"{record.where}: is a row of `evalkit.verdicts`, whose preferences are probabilities, and not codes "
                "from 1 to 2. Give the annotation files, the store, or a table of `evalkit export`"
            )
        verdict = _verdict(record, measures)
        slot = verdict.slot
        place = (slot.judge, slot.model, slot.baseline, slot.key, slot.order, slot.repeat)
        if place in seen:
            raise InputError(
                f"{record.where}: a row before has the same judge, model, baseline, key, order and repeat. Keep one"
            )
        seen.add(place)
        yield verdict


def measure_columns(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The columns of the baseline's and the candidate's value by the name of a measure."""
    known = list(dict.fromkeys(names))
    begun = (name.removesuffix("_1") for name in known if name.endswith("_1"))
    return {name: (f"{name}_1", f"{name}_2") for name in begun if name not in _LENGTHS and f"{name}_2" in known}


def _row(annotation: Annotation) -> dict[str, Any]:
    slot, rating = annotation.slot, annotation.rating
    measured = {
        f"{name}_{number}": value
        for number, measures in ((1, slot.baseline_measures), (2, slot.candidate_measures))
        for name, value in measures.items()
        # the names of these measures are those of the columns of lengths
        if name not in _LENGTHS
    }
    return {
        "judge": slot.judge,
        "model": slot.model,
        "baseline": slot.baseline or None,
        "key": slot.key,
        "cluster": slot.cluster,
        "category": slot.category,
        "turn": slot.turn,
        "order": None if slot.order is None else slot.order.value,
        "repeat": slot.repeat,
        "preference": None if annotation.preference is None else preference_code(annotation.preference),
        "rating": None if rating is None else rating.value,
        "low": None if rating is None else rating.low,
        "high": None if rating is None else rating.high,
        "strong": annotation.strong,
        "failure": annotation.failure,
        "len_1": slot.baseline_chars if slot.baseline else None,
        "len_2": slot.candidate_chars,
        "blanks_1": slot.baseline_blanks if slot.baseline else None,
        "blanks_2": slot.candidate_blanks,
        **measured,
    }


def _verdict(record: Record, measures: Mapping[str, tuple[str, str]]) -> Annotation:
    key, turn = record.text("key"), optional_turn(record)
    split = turn is not None and key.endswith(f":{turn}")
    baseline, order = record.optional_name("baseline"), _order(record)
    preference, rating, scale = read_preference(record), optional_number(record, "rating"), table_scale(record)
    alone = order == Order.ALONE
    if alone != (baseline is None) or (preference is not None if alone else rating is not None):
        raise InputError(
            f'{record.where}: field "order": {order.value}: an answer judged alone has a rating and no baseline, one '
            "that is compared has a preference and a baseline"
        )
    if rating is not None and (scale is None or not scale[0] <= rating <= scale[1]):
        raise InputError(f'{record.where}: field "rating": {rating:g} has no scale. Give the ends of one in low, high')
    lengths = _count(record, "len_1"), _count(record, "len_2")
    blanks = _count(record, "blanks_1"), _count(record, "blanks_2")
    for chars, blank in zip(lengths, blanks, strict=True):
        if blank is not None and blank > (chars or 0):
            raise InputError(f"{record.where}: {blank} blanks are more than the {chars or 0} characters of an answer")
    missing = preference is None and rating is None
    return recorded(
        key=key.removesuffix(f":{turn}") if split else key,
        turn=turn if split else None,
        cluster=record.optional_text("cluster"),
        judge=record.optional_name("judge") or UNNAMED_JUDGE,
        model=record.name("model"),
        baseline=baseline,
        category=record.optional_name("category"),
        order=order,
        repeat=_count(record, "repeat") or 0,
        preference=preference,
        rating=None if rating is None or scale is None else Rating(rating, *scale),
        strong=record.fields.get("strong") is True,
        failure=(record.optional_text("failure") or NO_VERDICT) if missing else None,
        chars=lengths,
        blanks=blanks,
        measures=(_measured(record, measures, side=0), _measured(record, measures, side=1)),
    )


def _measured(record: Record, measures: Mapping[str, tuple[str, str]], *, side: int) -> dict[str, float]:
    """Measures of the baseline's answer, side 0, or of the candidate's, side 1."""
    values = {name: optional_number(record, both[side]) for name, both in measures.items()}
    return {name: value for name, value in values.items() if value is not None}


def table_scale(record: Record) -> tuple[float, float] | None:
    """The ends of the scale of a row's rating, which a row without a rating may tell too."""
    low, high = (optional_number(record, name) for name in ("low", "high"))
    return None if low is None or high is None or not low < high else (low, high)


def _order(record: Record) -> Order:
    said = record.text("order")
    with contextlib.suppress(ValueError):
        return Order(said)
    known = ", ".join(order.value for order in Order)
    raise InputError(f'{record.where}: field "order": expected one of {known}, found {said[:40]!r}')


def _count(record: Record, name: str) -> int | None:
    number = optional_number(record, name)
    if number is not None and (number != int(number) or not 0 <= number <= 2**53):
        raise InputError(f'{record.where}: field "{name}": expected a count, found {number:g}')
    return None if number is None else int(number)
