"""The verdicts of any foreign file of judgments."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evalkit.errors import InputError
from evalkit.formats.alpaca_eval import CLUSTER, RECORDED_LABELS, recorded_verdict
from evalkit.formats.arena_hard import game_verdicts
from evalkit.formats.conversation import ID_FIELDS, id_field, read_id, text_at
from evalkit.formats.foreign import detect
from evalkit.formats.inspect_log import read_log, score_verdicts
from evalkit.formats.mt_bench import SCALE, pair_verdicts, single_verdicts
from evalkit.formats.outputs import instruction_key, source_records, stem
from evalkit.formats.records import Record
from evalkit.formats.table import PreferenceGroup, read_preferences
from evalkit.formats.verdict_table import MARKS, table_verdicts
from evalkit.formats.verdicts import (
    UNNAMED_JUDGE,
    ForeignVerdict,
    count_repeats,
    optional_number,
    optional_turn,
    with_categories,
)
from evalkit.text.markdown import count_markdown
from evalkit.types import Example, Order

_KINDS_OF_NAMES = ("_single", "_pair")
_NO_VERDICT = "the file has no verdict for this row"


def read_judgments(
    path: Path, *, judge: str | None = None, baseline: str | None = None, questions: Sequence[Example] = ()
) -> list[ForeignVerdict]:
    """The verdicts of a file of MT-Bench, Arena-Hard, AlpacaEval or inspect_ai, or of a table of preferences.

    Args:
        judge: who judged where the file does not tell; by default what its name says.
        baseline: who was compared to where the file does not tell.
        questions: give the verdicts' categories by key.

    Raises:
        InputError: the file holds no verdicts, or naming the row and the field.
    """
    return list(with_categories(_verdicts(path, judge or _judge_of(path), baseline), questions))


def _verdicts(path: Path, judge: str | None, baseline: str | None) -> Iterator[ForeignVerdict]:
    kind = detect(path)
    if kind == ("mt_bench", "single"):
        return single_verdicts(source_records(str(path)), judge=judge)
    if kind == ("mt_bench", "pair"):
        return pair_verdicts(source_records(str(path)), judge=judge)
    if kind == ("arena_hard", "judgment"):
        return game_verdicts(source_records(str(path)), judge=judge, baseline=baseline)
    if kind == ("alpaca_eval", "annotations"):
        return count_repeats(_annotations(path))
    if kind == ("inspect", "log"):
        return score_verdicts(read_log(path))
    if kind == ("table", "rows"):
        names = next(source_records(str(path))).fields.keys()
        if names >= MARKS:
            return table_verdicts(source_records(str(path)))
        if "preference" in names:
            return _preferences(path)
        if {"model", "score"} <= names and not names.isdisjoint(ID_FIELDS):
            return count_repeats(_score(record, judge) for record in source_records(str(path)))
    raise InputError(f"{path}: holds no verdicts: its records are those of {kind[0]} ({kind[1]})")


def _judge_of(path: Path) -> str | None:
    name = stem(path.name)
    return next((name.removesuffix(kind) for kind in _KINDS_OF_NAMES if name.endswith(kind)), None)


def _annotations(path: Path) -> Iterator[ForeignVerdict]:
    for record in source_records(str(path)):
        if "rating" in record.fields:
            yield _rated(record)
            continue
        verdict = recorded_verdict(record)
        key, turn = _conversation(record) or (verdict.key, None)
        order, reply = _reply(record)
        yield ForeignVerdict(
            key=key,
            turn=turn,
            cluster=record.optional_text(CLUSTER) or key,
            judge=verdict.judge,
            model=verdict.model,
            baseline=verdict.baseline,
            category=verdict.category,
            order=order,
            preference=verdict.preference,
            failure=_NO_VERDICT if verdict.preference is None else None,
            reply=reply,
            baseline_chars=verdict.baseline_chars,
            candidate_chars=verdict.candidate_chars,
            baseline_measures=count_markdown(record.text("output_1")),
            candidate_measures=count_markdown(record.optional_text("output_2") or ""),
            baseline_blanks=verdict.baseline_blanks,
            candidate_blanks=verdict.candidate_blanks,
        )


def _conversation(record: Record) -> tuple[str, int] | None:
    """The question's own name and the turn in a row of ours; None in anybody else's."""
    turn = optional_turn(record) if "key" in record.fields else None
    return None if turn is None else (record.text("key").removesuffix(f":{turn}"), turn)


def _rated(record: Record) -> ForeignVerdict:
    """A row of ours on an answer that was graded alone."""
    key, turn = _conversation(record) or (instruction_key(record.text("instruction")), None)
    rating = optional_number(record, "rating")
    ends = record.fields.get("scale")
    scale = None
    if isinstance(ends, list) and len(ends) == 2:
        low, high = (optional_number(Record(record.where, {"scale": end}), "scale") for end in ends)
        scale = None if low is None or high is None or not low < high else (low, high)
    if rating is not None and (scale is None or not scale[0] <= rating <= scale[1]):
        raise InputError(f'{record.where}: field "rating": {rating:g} is on no scale. Give the ends of one in "scale"')
    answer = record.optional_text("output_2")
    return ForeignVerdict(
        key=key,
        turn=turn,
        cluster=record.optional_text(CLUSTER) or key,
        judge=record.optional_text("annotator") or UNNAMED_JUDGE,
        model=record.text("generator_2"),
        category=record.optional_text("dataset"),
        order=Order.ALONE,
        rating=rating,
        scale=scale,
        failure=(record.optional_text("failure") or _NO_VERDICT) if rating is None else None,
        candidate_chars=None if answer is None else len(answer),
        candidate_measures=count_markdown(answer or ""),
    )


def _reply(record: Record) -> tuple[Order | None, str | None]:
    """The order and the text of the reply behind a row, None where several are or where the row does not tell."""
    raw = record.fields.get("raw_completion", record.fields.get("preference_raw_completion"))
    if isinstance(raw, list) and len(raw) == 1:
        raw = raw[0]
    if isinstance(raw, str):
        return None, text_at(record, "raw_completion", raw)
    if not isinstance(raw, dict):
        return None, None
    named = record.fields.get("referenced_models")
    first = named.get(RECORDED_LABELS.first) if isinstance(named, dict) else None
    orders: dict[object, Order] = {"output_1": Order.BASELINE_FIRST, "output_2": Order.CANDIDATE_FIRST}
    orders |= {order.value: order for order in Order}
    found = first if isinstance(first, str) else raw.get("order")
    return orders.get(found) if isinstance(found, str) else None, _said(record, raw)


def _said(record: Record, raw: dict[str, Any]) -> str | None:
    message = raw.get("message")
    said = message.get("content") if isinstance(message, dict) else raw.get("text")
    if isinstance(said, str):
        return text_at(record, "raw_completion", said)
    # the arguments of a tool call are the object itself
    return None if "message" in raw or "text" in raw else json.dumps(raw)


def _score(record: Record, judge: str | None) -> ForeignVerdict:
    """A row of a table of grades, on MT-Bench's scale; csv holds numbers as text."""
    key = read_id(record, id_field(record) or ID_FIELDS[0])
    said = record.fields["score"]
    try:
        score = float(said or "nan") if isinstance(said, str) else optional_number(record, "score")
    except ValueError:
        found = repr(str(said)[:40])
        raise InputError(f'{record.where}: field "score": expected a number or nothing, found {found}') from None
    missing = score is None or math.isnan(score) or score == -1
    if not missing and score is not None and not SCALE[0] <= score <= SCALE[1]:
        raise InputError(f'{record.where}: field "score": {score:g} is outside the scale from 1 to 10')
    return ForeignVerdict(
        key=key,
        cluster=key,
        judge=record.optional_text("judge") or judge or UNNAMED_JUDGE,
        model=record.text("model"),
        category=record.optional_text("category"),
        order=Order.ALONE,
        rating=None if missing else score,
        scale=SCALE,
        failure=_NO_VERDICT if missing else None,
    )


def _preferences(path: Path) -> Iterator[ForeignVerdict]:
    for group in read_preferences(path):
        rows = zip(group.keys, group.preference, group.baseline_chars, group.candidate_chars, strict=True)
        for row, (key, preference, baseline_chars, candidate_chars) in enumerate(rows):
            missing = math.isnan(preference)
            yield ForeignVerdict(
                key=key,
                cluster=key,
                judge=group.judge,
                model=group.model,
                baseline=group.baseline,
                category=group.categories[row] if group.categories else None,
                preference=None if missing else float(preference),
                failure=_NO_VERDICT if missing else None,
                baseline_chars=int(baseline_chars),
                candidate_chars=int(candidate_chars),
                baseline_measures=_measured(group, row, side=1),
                candidate_measures=_measured(group, row, side=0),
            )


def _measured(group: PreferenceGroup, row: int, *, side: int) -> dict[str, float]:
    values = ((name, float(both[side][row])) for name, both in group.measures.items())
    return {name: value for name, value in values if not math.isnan(value)}
