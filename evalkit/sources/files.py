"""Files of verdicts, each read once: its verdicts, the texts that they are on, and the other facts in its rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evalkit.auditing import AuditLimits, Clusters, declared_clusters
from evalkit.errors import InputError
from evalkit.formats import (
    CLUSTER,
    CLUSTER_FIELD,
    MARKS,
    Judgments,
    Kind,
    PreferenceGroup,
    Record,
    RecordedReply,
    Rows,
    Source,
    Texts,
    detect,
    field_value,
    first_fields,
    judgments_of,
    layout_of,
    longest_instructions,
    preference_verdicts,
    question_of,
    read_judgments,
    read_preferences,
    recorded_replies,
    source_records,
    texts_in,
    texts_of,
)
from evalkit.sources.audits import audits_of
from evalkit.types import Audit

TABLES = (".parquet", ".csv")
PREFERENCE = "preference"
ROWS = ("alpaca_eval", "annotations")
_LOG = "inspect"


@dataclass(frozen=True, slots=True)
class RowDetails:
    """The facts in a row of annotations besides its verdict: the rule that decided it, the reason why it has no
    verdict, and the replies that it is the mean of.
    """

    rule: str | None
    failure: str | None
    replies: tuple[RecordedReply, ...]


@dataclass(frozen=True, slots=True, eq=False)
class JudgedFile:
    """A file of single verdicts.

    `instructions` are by question, `texts` by record where they were asked for. A file of annotations has `details` of
    each verdict, and audits of its answers by model and baseline. `clusters` were declared by a field or written into
    the file; None where near-duplicates are still to be found.
    """

    path: Source
    judgments: Judgments
    instructions: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[Texts, ...] = ()
    details: tuple[RowDetails, ...] = ()
    clusters: Clusters | None = None
    audits: Mapping[tuple[str, str], Audit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class NumberTable:
    """A table of perhaps many thousand rows, each the only one of its comparison, which is read by columns."""

    path: Source
    groups: tuple[PreferenceGroup, ...]
    instructions: Mapping[str, str] = field(default_factory=dict)
    clusters: Clusters | None = None

    @property
    def judgments(self) -> Judgments:
        """The same numbers as single verdicts."""
        return Judgments(tuple(preference_verdicts(self.groups)))


SourceFile = JudgedFile | NumberTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The parts of files that are needed: the field that declares `clusters`, the column of `categories` in tables of
    numbers, the `texts`, which only a report shows, and `audits` of the answers by these limits. `baseline` is the
    baseline's name where a file does not give it.
    """

    clusters: str | None = None
    categories: str | None = None
    texts: bool = False
    audits: AuditLimits | None = None
    baseline: str | None = None


def read_file(path: Source, needs: Needs, *, kind: Kind | None = None) -> SourceFile:
    """Read the needed parts of a file of verdicts, or of rows that were given as a value.

    Args:
        kind: detected from the first record by default.

    Raises:
        InputError: the file is missing, of an unknown kind, or lacks the field that declares clusters.
    """
    kind = kind or detect(path)
    if holds_numbers(path, kind):
        return _table(path, needs)
    if kind[0] == _LOG:
        if needs.clusters is not None:
            raise InputError(f"{path}: a log of inspect_ai has no fields to cluster by. Leave out the log or --cluster")
        return JudgedFile(path, read_judgments(path))
    records = tuple(source_records(path))
    texts, rows = tuple(texts_of(records, kind)), kind == ROWS
    return JudgedFile(
        path,
        judgments_of(records, kind, path, baseline=needs.baseline),
        longest_instructions(texts),
        texts if needs.texts else (),
        details=tuple(map(row_details, records)) if rows and needs.texts else (),
        clusters=_clusters(records, kind, needs.clusters),
        audits=audits_of(records, needs.audits) if rows and needs.audits is not None else {},
    )


def holds_numbers(path: Source, kind: Kind) -> bool:
    """True if a file or a frame is a table of numbers, which have no orders and no replies."""
    by_columns = path.frame is not None if isinstance(path, Rows) else path.suffix in TABLES
    if kind != ("table", "rows") or not by_columns:
        return False
    names = first_fields(path, layout_of(path)).keys()
    return PREFERENCE in names and not names >= MARKS


def _table(path: Source, needs: Needs) -> NumberTable:
    groups = tuple(read_preferences(path, category=needs.categories))
    if needs.clusters is not None:
        return NumberTable(path, groups, clusters=_declared(source_records(path), needs.clusters))
    if (written := _stored_clusters(first_fields(path, layout_of(path)), ours=False)) is not None:
        return NumberTable(path, groups, clusters=written)
    return NumberTable(path, groups, longest_instructions(texts_in(path)))


def row_details(record: Record) -> RowDetails:
    """Read the facts in a row of annotations besides its verdict."""
    rule, failure = (record.fields.get(name) for name in ("rule", "failure"))
    try:
        replies = tuple(recorded_replies(record))
    except InputError:
        # no number on a board depends on these replies
        replies = ()
    return RowDetails(rule if isinstance(rule, str) else None, failure if isinstance(failure, str) else None, replies)


def _clusters(records: Sequence[Record], kind: Kind, named: str | None) -> Clusters | None:
    return _stored_clusters(records[0].fields, ours=kind == ROWS) if named is None else _declared(records, named)


def _declared(records: Iterable[Record], name: str) -> Clusters:
    found: dict[str, str | None] = {}
    for record in records:
        found.setdefault(question_of(record), field_value(record, name))
    return declared_clusters(found, name)


def _stored_clusters(first: Mapping[str, object], *, ours: bool) -> Clusters | None:
    """The clusters that a file was written with, from its first record; None where it has none."""
    if CLUSTER not in first:
        return None
    declared = first.get(CLUSTER_FIELD)
    # only rows of ours are known to have been searched for near-duplicates
    looked = True if ours else None
    return Clusters(field=declared, looked=looked) if isinstance(declared, str) else Clusters(looked=looked)
