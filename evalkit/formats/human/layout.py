"""The layouts that files of labels have, told apart by the fields of the first row."""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass

from evalkit.errors import InputError, UnknownName
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.human.conversations import mt_bench
from evalkit.formats.human.pairs import alpaca_farm, judge_bench, llmbar, panda_lm, plain
from evalkit.formats.human.physicians import health_bench
from evalkit.formats.human.reward_bench import reward_bench
from evalkit.formats.human.row import LabelledRow
from evalkit.formats.records import Record, names_of
from evalkit.formats.rows import Source

# what a column of a plain table may be named as
ROLES = ("instruction", "input", "output_1", "output_2", "label", "annotator", "category", "model_1", "model_2", "turn")
_DRAWN = "which answer stands first is drawn from a digest of the texts"
_STATEMENTS = (
    "a label of a criterion is read as a comparison of two statements, that the answer meets it and that it does not, "
    "in an order that is drawn from a digest of the texts"
)
_EVERY = "every chosen answer is compared with every rejected one of its prompt"


@dataclass(frozen=True, slots=True)
class HumanLayout:
    """A layout of labels: its name, the fields by which it is told, and the reader of a row.

    With `own_rows`, a row that repeats the texts of another is a comparison of its own, unless a column names people;
    with `listed`, always, because a row lists its people. `notes` belong to every file of the layout.
    """

    name: str
    fields: tuple[str, ...]
    read: Callable[[Record, AnswerNotes], Iterator[LabelledRow]]
    own_rows: bool = False
    listed: bool = False
    notes: tuple[str, ...] = ()

    def fits(self, names: Set[str]) -> bool:
        """True if a row has the fields; of two that stand with `|` between them it needs one."""
        return all(not names.isdisjoint(field.split("|")) for field in self.fields)


_ANSWERS = ("instruction", "output_1", "output_2")
PLAIN = HumanLayout("plain", (*_ANSWERS, "label|winner"), plain)
# in the order of their claims: the first that fits is the layout
LAYOUTS = (
    HumanLayout("mt_bench", ("model_a", "model_b", "conversation_a", "conversation_b", "winner|label"), mt_bench),
    HumanLayout("judge_bench", ("question", "response_A", "response_B", "label"), judge_bench, own_rows=True),
    HumanLayout("health_bench", ("prompt", "completion", "rubric", "binary_labels"), health_bench, own_rows=True,
                listed=True, notes=(_STATEMENTS,)),
    HumanLayout("reward_bench", ("prompt", "chosen", "rejected"), reward_bench, own_rows=True, notes=(_DRAWN,)),
    HumanLayout("panda_lm", (*_ANSWERS, "annotators"), panda_lm, own_rows=True, listed=True),
    HumanLayout("panda_lm", ("instruction", "response1", "response2", "annotator1"), panda_lm, own_rows=True,
                listed=True),
    HumanLayout("auto_j", ("scenario", *_ANSWERS, "label"), plain, own_rows=True),
    HumanLayout("llmbar", ("subset", *_ANSWERS, "label"), llmbar, own_rows=True),
    HumanLayout("alpaca_farm", (*_ANSWERS, "preference"), alpaca_farm),
    PLAIN,
    HumanLayout("llmbar", ("input", "output_1", "output_2", "label"), llmbar, own_rows=True),
)  # fmt: skip
ALT_TEST = "alt_test"
_ITEMS = "alt_test (a JSON object of people, each an object of items with model_a, model_b or tie)"


def layout_of_labels(fields: Mapping[str, object], source: str | Source, columns: Mapping[str, str]) -> HumanLayout:
    """The layout of a file by the fields of its first row, in which columns are named already.

    Raises:
        InputError: no layout fits; the message lists them all and says how to name columns.
    """
    if columns.get("label", "label") != "label" and PLAIN.fits(fields.keys()):
        return PLAIN
    found = next((layout for layout in LAYOUTS if layout.fits(fields.keys())), None)
    if found is None:
        known = "; ".join(f"{layout.name} ({', '.join(layout.fields)})" for layout in LAYOUTS)
        raise InputError(
            f"{source}: holds no labels in a known layout. Found: {names_of(dict(fields))}. Known: {known}; {_ITEMS}. "
            "Of another table name the columns, as in instruction=prompt,output_1=left,output_2=right,label=winner"
        )
    return found


def notes_of(layout: HumanLayout, first: Mapping[str, object]) -> tuple[str, ...]:
    """The notes that every file of the layout needs, and those of one whose rows hold lists of answers."""
    several = layout.read is reward_bench and isinstance(first.get("chosen"), list)
    return (*layout.notes, _EVERY) if several else layout.notes


def with_columns(record: Record, columns: Mapping[str, str]) -> Record:
    """The record with its columns by the names that they have here; a category keeps its own name too.

    Raises:
        InputError: it has no such column.
        UnknownName: nothing is called so here.
    """
    if not columns:
        return record
    found = dict(record.fields)
    for role, column in columns.items():
        if role not in ROLES:
            raise UnknownName("column", role, ROLES)
        if column not in record.fields:
            names = names_of(record.fields)
            raise InputError(f"{record.where}: no column {column[:40]!r} to read as {role}. Found: {names}")
        if role != "category":
            found.pop(column, None)
    return Record(record.where, {**found, **{role: record.fields[column] for role, column in columns.items()}})
