"""The records of what decided a model's places under a judge, kept beside them for provenance."""

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from evalkit.redaction import Redactor
from evalkit.store.seal import sealed
from evalkit.store.tables import insert_into, plan_table
from evalkit.types import Audit, DataDigests, Discount, Finding, PlanRecord, Prices, PromptMode, Severity

_KEY = tuple(column.name for column in plan_table.primary_key)
_COVERED = (*_KEY, "plan", "document")


def put_plan(connection: sa.Connection, plan: str, names: Mapping[str, str], record: PlanRecord | None) -> None:
    """Keep the record of what decided some places, in place of earlier ones.

    A record without an audit keeps the one that an earlier run of the same plan made of the same outputs.

    Args:
        plan: the digest under which the places lie.
        names: the primary key.
        record: None for places without a plan, such as imported ones.
    """
    mine = [plan_table.c[name] == names[name] for name in _KEY]
    there = connection.execute(sa.select(plan_table).where(*mine)).mappings().first()
    if record is None:
        if there is not None and there["plan"] != plan:
            connection.execute(sa.delete(plan_table).where(*mine))
        return
    known = None if there is None or not sound(there) or there["plan"] != plan else decode_plan(there["document"])
    if record.audit is None and known is not None:
        record = dataclasses.replace(record, audit=known.audit)
    if record == known:
        return
    row = {**names, "plan": plan, "document": encode_plan(record)}
    row["created"] = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    row["checksum"] = plan_checksum(row)
    insert = insert_into(connection, plan_table).values(*sealed(connection, plan_table, [row]))
    changed = {name: insert.excluded[name] for name in ("plan", "document", "checksum", "created")}
    connection.execute(insert.on_conflict_do_update(index_elements=list(_KEY), set_=changed))


def encode_plan(record: PlanRecord) -> str:
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    fields["prompt_mode"] = record.prompt_mode.value
    fields["data"] = dataclasses.asdict(record.data)
    fields["prices"] = None if record.prices is None else dataclasses.asdict(record.prices)
    fields["audit"] = None if record.audit is None else audit_document(record.audit)
    return Redactor().message(json.dumps(fields, sort_keys=True))


def decode_plan(text: str) -> PlanRecord:
    fields = json.loads(text)
    fields["prompt_mode"] = PromptMode(fields["prompt_mode"])
    fields["data"] = DataDigests(**fields["data"])
    fields["prices"] = None if fields["prices"] is None else Prices(**fields["prices"])
    fields["audit"] = None if fields["audit"] is None else read_audit(fields["audit"])
    return PlanRecord(**fields)


def plan_checksum(row: Mapping[Any, Any]) -> str:
    """A checksum that covers the places' names as well: beside other places the plan would mislead."""
    covered = json.dumps([row[name] for name in _COVERED], default=repr)
    return hashlib.sha256(covered.encode()).hexdigest()[:16]


def sound(row: Mapping[Any, Any]) -> bool:
    return bool(row["checksum"] == plan_checksum(row))


def audit_document(audit: Audit) -> dict[str, Any]:
    """An audit as JSON."""
    findings = [{**dataclasses.asdict(finding), "severity": finding.severity.value} for finding in audit.findings]
    document = {"n": audit.n, "checks": list(audit.checks), "findings": findings}
    # left out where there are none, so that most audits look as those of earlier versions
    discounts = [dataclasses.asdict(discount) for discount in audit.discounts]
    return document | ({"discounts": discounts} if discounts else {})


def read_audit(document: Mapping[str, Any]) -> Audit:
    """The audit that `audit_document` wrote."""
    findings = tuple(
        Finding(**{**finding, "severity": Severity(finding["severity"]), "keys": tuple(finding["keys"])})
        for finding in document["findings"]
    )
    discounts = tuple(
        Discount(**{**discount, "keys": tuple(discount["keys"])}) for discount in document.get("discounts", ())
    )
    return Audit(document["n"], tuple(document["checks"]), findings, discounts)
