"""The measurements of how far judges agree with people, kept with the labels and verdicts they were computed from."""

import dataclasses
import datetime
import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from evalkit.errors import KEY_FOUND, ConfigError, StoreError
from evalkit.redaction import holds_key
from evalkit.store.database import Store
from evalkit.store.lasting import decode_estimate, encode_estimate, is_whole, put_record, text_name, texts_of
from evalkit.store.naming import REPAIR
from evalkit.store.tables import evaluation_table
from evalkit.types import EvaluationRecord

_NAMES = ("judge_digest", "labels_digest", "evidence")


def keep_evaluation(store: Store, record: EvaluationRecord, evidence: str) -> EvaluationRecord:
    """Add a measurement to the evaluations; one that repeats an earlier one in all but its date is not added.

    Args:
        evidence: the text of labels and verdicts, which `evidence_name` has named.

    Returns:
        The record that the store holds, with the date of the first measurement.

    Raises:
        ConfigError: the name of the judge or of the labels looks like a key.
        StoreError: the store cannot be written, or is sealed and there is no key, or an evaluation in it is damaged.
    """
    for noun, name in (("judge", record.judge), ("labels", record.labels)):
        if holds_key(name):
            raise ConfigError(f"the name of the {noun} {KEY_FOUND}")
    for earlier in evaluations_of(store, judge_digest=record.judge_digest):
        if dataclasses.replace(record, at=earlier.at) == earlier:
            return earlier
    row = {**{name: getattr(record, name) for name in _NAMES}, "document": _encode(record)}
    with store.transaction() as connection:
        put_record(connection, evaluation_table, row, evidence)
    return record


def evidence_name(text: str) -> str:
    """The name of kept labels and verdicts: a digest of their text."""
    return text_name(text)


def evaluations_of(store: Store, *, judge_digest: str | None = None) -> list[EvaluationRecord]:
    """The kept measurements, the earliest first; those of one form of a judge, or of all.

    Raises:
        StoreError: one is damaged.
    """
    query = sa.select(evaluation_table)
    if judge_digest is not None:
        query = query.where(evaluation_table.c.judge_digest == judge_digest)
    with store.connect() as connection:
        rows = connection.execute(query).mappings().all()
    for row in rows:
        if not is_whole(evaluation_table, row):
            raise StoreError(f"{store.where}: an evaluation of judge {row['judge_digest']!r} is damaged. {REPAIR}")
    # measurements of one instant in the order of their names, so that every reading gives the same order
    return sorted((_read(store, row) for row in rows), key=lambda record: (record.at, record.labels, record.evidence))


def evidence_of(store: Store, names: Iterable[str]) -> dict[str, str]:
    """The texts of labels and verdicts by name.

    Raises:
        StoreError: one is damaged or lost.
    """
    return texts_of(store, evaluation_table, names, fault="the labels and verdicts of an evaluation are damaged")


def _read(store: Store, row: Mapping[Any, Any]) -> EvaluationRecord:
    judge = row["judge_digest"]
    try:
        record = _decode(row["document"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{store.where}: an evaluation of judge {judge!r} is no evaluation: {error!r}") from None
    if any(getattr(record, name) != row[name] for name in _NAMES):
        raise StoreError(f"{store.where}: an evaluation of judge {judge!r} is filed under another's name. {REPAIR}")
    return record


def _encode(record: EvaluationRecord) -> str:
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    fields["at"] = record.at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    fields["agreement"], fields["ceiling"] = encode_estimate(record.agreement), encode_estimate(record.ceiling)
    return json.dumps(fields, sort_keys=True)


def _decode(text: str) -> EvaluationRecord:
    fields = json.loads(text)
    fields["at"] = datetime.datetime.fromisoformat(fields["at"])
    fields["agreement"], fields["ceiling"] = decode_estimate(fields["agreement"]), decode_estimate(fields["ceiling"])
    return EvaluationRecord(**fields)
