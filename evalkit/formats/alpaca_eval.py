"""AlpacaEval's annotations.json: its preference code, its files, and the raw replies recorded in them."""

import contextlib
import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import ClientError, InputError, RejectedRequest
from evalkit.files import replacing
from evalkit.formats.chat import read_choice
from evalkit.formats.conversation import read_instruction
from evalkit.formats.instructions import instruction_key
from evalkit.formats.records import Record, read_records
from evalkit.formats.repeats import JudgedOnce, each_once
from evalkit.formats.rows import Rows, Source
from evalkit.text import blanks_around
from evalkit.types import BOTH_ORDERS, Annotation, ChatReply, Example, Labels, Order, Output, Slot

RECORDED_LABELS = Labels("m", "M")
TOLERANCE = 1e-6
# fields of our rows: how many characters of an answer are blanks, where its turns are joined
BLANKS = ("blanks_1", "blanks_2")
# fields of our rows: the lengths of answers whose texts are unknown
LENGTHS = ("len_1", "len_2")
# fields of our rows: the name of the row's cluster, and the field that declared the cluster, if any did
CLUSTER = "cluster"
CLUSTER_FIELD = "cluster_field"


def preference_from_alpaca(code: float) -> float | None:
    """AlpacaEval's code (1 baseline, 2 candidate, 0 or 1.5 tie) as P(candidate beats baseline).

    >>> [preference_from_alpaca(c) for c in (1.0, 1.5, 2.0, 0.0, float("nan"))]
    [0.0, 0.5, 1.0, 0.5, None]
    """
    if math.isnan(code):
        return None
    return 0.5 if code == 0 else code - 1.0


def preference_code(preference: float) -> float:
    """The inverse of `preference_from_alpaca`."""
    return 1.0 + preference


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """A reply in a row; `order` is None where the row gives none, `labels` are the answers' names in the prompt."""

    reply: ChatReply
    order: Order | None
    repeat: int
    labels: Labels


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """A row's two answers, the preference between them, and the replies that gave it."""

    baseline_text: str
    candidate_text: str
    preference: float | None
    replies: tuple[RecordedReply, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """The rows of a recorded file by the instruction's digest; `annotator` is the judge's recorded name."""

    source: str
    annotator: str
    rows: Mapping[str, tuple[RecordedRow, ...]]


def read_recording(path: Source) -> Recording:
    """Read the raw replies of an annotations file.

    Raises:
        InputError: wrong content, named by file, row and field; several judges in one file; a row that judges what
            another one judges.
    """
    rows: dict[str, tuple[RecordedRow, ...]] = {}
    judged = JudgedOnce()
    annotators: set[str] = set()
    for record in each_once(path.records() if isinstance(path, Rows) else read_records(path)):
        key = instruction_key("\n\n".join(read_instruction(record)))
        rows[key] = (*rows.get(key, ()), *_recorded_rows(record))
        judge = record.text("annotator")
        judged.add(
            record, _judged_by(record, key), judge=judge, model=str(record.fields.get("generator_2", "the model"))
        )
        annotators.add(judge)
    if len(annotators) != 1:
        names = ", ".join(sorted(annotators)[:5])
        raise InputError(f"{path}: expected the replies of one judge, found {len(annotators)}: {names}")
    return Recording(str(path), annotators.pop(), rows)


def _judged_by(record: Record, key: str) -> tuple[str, ...]:
    """The identity of what a recorded row judges, by the names of its models or else by their answers."""
    fields = record.fields
    sides = (fields.get(f"generator_{side}") or fields.get(f"output_{side}") for side in (1, 2))
    order = _recorded_order(record, {}, own=False)
    return (key, *map(str, (fields.get("key"), fields.get("turn"), *sides, fields.get("annotator"), order)))


JudgedTexts = tuple[Example | None, Output | None, Output | None]

_UNKNOWN: JudgedTexts = (None, None, None)
# one of these fields tells a choice or a completion from a judge's own object
_CHOICE = frozenset({"message", "text", "choices"})


def write_annotations(
    path: Path,
    annotations: Iterable[Annotation],
    answered: Mapping[str, JudgedTexts],
    *,
    clusters: Mapping[str, str] | None = None,
    cluster_field: str | None = None,
) -> None:
    """Write one object per instruction, in the order of the annotations, with the mean preference over orders and
    repeats.

    The raw replies are in `raw_completion` with order, repeat and labels, so that the file can be replayed. An answer
    that was graded alone has a `rating` instead of a preference, and no baseline. Unknown texts are null.

    Args:
        annotations: the verdicts; those of one instruction and baseline follow each other.
        answered: each instruction with the baseline's and the candidate's output, by key.
        clusters: the names of the clusters of several instructions, by key; None if they were never looked for.
        cluster_field: the field that declared the clusters.
    """
    with replacing(path) as file:
        # a line each: readable, and written in a tenth of the time that indentation takes
        before = "[\n"
        for (_, key), group in itertools.groupby(
            annotations, key=lambda annotation: (annotation.slot.baseline, annotation.slot.key)
        ):
            example, baseline, candidate = answered.get(key, _UNKNOWN)
            given = list(group)
            slot = given[0].slot
            row = {
                "instruction": None if example is None else example.instruction,
                **({"output_1": _text(baseline), "generator_1": slot.baseline} if slot.baseline else {}),
                "dataset": slot.category,
                "output_2": _text(candidate),
                "generator_2": slot.model,
                "annotator": slot.judge,
                **({"key": key} if example is None or example.cluster else {}),
                **({"turn": slot.turn} if _of_conversation(example, slot) else {}),
                **_blanks_of_turns(slot, baseline, candidate),
                **_lengths_without_texts(slot, baseline, candidate),
                **({} if clusters is None else {CLUSTER: clusters.get(key)}),
                **({} if cluster_field is None else {CLUSTER_FIELD: cluster_field}),
                **(_graded(given) if slot.order == Order.ALONE else _judged(given)),
            }
            file.write(before + json.dumps(row, ensure_ascii=True))
            before = ",\n"
        file.write("\n]\n")


def _of_conversation(example: Example | None, slot: Slot) -> bool:
    """True if the row is on a turn; a question without a known text shows it in its key only."""
    return slot.key != slot.question if example is None else example.cluster is not None


def _lengths_without_texts(slot: Slot, *sides: Output | None) -> dict[str, int]:
    """The lengths of answers whose texts are unknown, and how many of their characters are blanks."""
    chars = (slot.baseline_chars if slot.baseline else None, slot.candidate_chars)
    blanks = (slot.baseline_blanks, slot.candidate_blanks)
    found = {
        name: value
        for names, values in ((LENGTHS, chars), (BLANKS, blanks))
        for name, output, value in zip(names, sides, values, strict=True)
        if output is None and value is not None
    }
    return found if any(name in found for name in LENGTHS) else {}


def _blanks_of_turns(slot: Slot, *sides: Output | None) -> dict[str, int]:
    """The blanks around the turns of an answer, which do not show once the turns are joined to one text."""
    known = (slot.baseline_blanks, slot.candidate_blanks)
    return {
        name: blanks
        for name, output, blanks in zip(BLANKS, sides, known, strict=True)
        if output is not None and blanks is not None and blanks != blanks_around([output.text])
    }


def _text(output: Output | None) -> str | None:
    return None if output is None else output.text


def _judged(given: Sequence[Annotation]) -> dict[str, Any]:
    # as on the board: repeats are averaged first, and every order asked must have answered
    orders = {annotation.slot.order for annotation in given}
    means = [
        _mean([annotation.preference for annotation in given if annotation.slot.order == order])
        for order in BOTH_ORDERS
        if order in orders
    ]
    answered = [mean for mean in means if mean is not None]
    failures = [annotation.failure for annotation in given if annotation.failure is not None]
    return {
        "preference": 1.0 + sum(answered) / len(answered) if len(answered) == len(means) else None,
        "rule": given[0].slot.rule,
        "failure": failures[0] if failures else None,
        "raw_completion": [_raw(annotation) for annotation in given if annotation.reply is not None],
    }


def _graded(given: Sequence[Annotation]) -> dict[str, Any]:
    failures = [annotation.failure for annotation in given if annotation.failure is not None]
    scales = [[annotation.rating.low, annotation.rating.high] for annotation in given if annotation.rating is not None]
    return {
        "rating": _mean([None if annotation.rating is None else annotation.rating.value for annotation in given]),
        "scale": scales[0] if scales else None,
        "rule": given[0].slot.rule,
        "failure": failures[0] if failures else None,
        "raw_completion": [_raw(annotation) for annotation in given if annotation.reply is not None],
    }


def _mean(preferences: Sequence[float | None]) -> float | None:
    known = [preference for preference in preferences if preference is not None]
    return sum(known) / len(known) if known else None


def _raw(annotation: Annotation) -> dict[str, Any]:
    slot, reply = annotation.slot, annotation.reply
    assert reply is not None and slot.labels is not None and slot.order is not None
    content = [
        {
            "token": max(position, key=lambda entry: entry[1])[0],
            "top_logprobs": [{"token": token, "logprob": value} for token, value in position],
        }
        for position in reply.top_logprobs
        if position
    ]
    return {
        "order": slot.order.value,
        "repeat": slot.repeat,
        "labels": [slot.labels.first, slot.labels.second, slot.labels.tie],
        "message": {"role": "assistant", "content": reply.text},
        "logprobs": {"content": content} if content else None,
        "finish_reason": reply.finish_reason,
    }


def read_preference(record: Record) -> float | None:
    """P(candidate beats baseline) from the field `preference`, None where it holds no preference.

    Raises:
        InputError: the field is missing, or its value is not such a code.
    """
    if "preference" not in record.fields:
        raise InputError(f'{record.where}: field "preference": missing')
    code = record.fields["preference"]
    # -1 is how AlpacaEval stores a failed call
    if code is None or code != code or code == -1 or (isinstance(code, str) and not code.strip()):
        return None
    if isinstance(code, bool) or not isinstance(code, int | float) or not (code == 0 or 1 <= code <= 2):
        found = kind_of(code) if not isinstance(code, int | float) or isinstance(code, bool) else repr(code)
        raise InputError(
            f'{record.where}: field "preference": expected 0, a number from 1 to 2, or null, found {found}'
        )
    return preference_from_alpaca(float(code))


def recorded_replies(record: Record) -> Iterator[RecordedReply]:
    """The replies of a row: one in AlpacaEval's rows, or one for each order and repeat in ours.

    Raises:
        InputError: the replies have no known form; the message names the row.
    """
    for place, entry in enumerate(raw_choices(record.fields)):
        own = "order" in entry
        if _silent(entry):
            continue
        try:
            reply = read_choice(entry) if "message" in entry or "text" in entry else _tool_reply(entry)
        except RejectedRequest:
            # broken off, filtered or refused: no reply, as in a run
            continue
        except ClientError as error:
            raise InputError(f'{record.where}: field "raw_completion": {error}') from None
        yield RecordedReply(
            reply,
            order=_recorded_order(record, entry, own=own),
            repeat=entry.get("repeat", 0) if own else place,
            labels=_recorded_labels(record, entry) if own else RECORDED_LABELS,
        )


def raw_choices(fields: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The choices behind a row: a choice, a list of them, a whole completion, or plain text, which may spell these."""
    raw = fields.get("raw_completion", fields.get("preference_raw_completion"))
    if isinstance(raw, str):
        raw = _spelled(raw)
    if isinstance(raw, dict) and isinstance(raw.get("choices"), list):
        raw = raw["choices"]
    entries = raw if isinstance(raw, list) else [raw]
    texts = ({"text": entry} if isinstance(entry, str) else entry for entry in entries)
    return [entry for entry in texts if isinstance(entry, dict)]


def _silent(entry: Mapping[str, Any]) -> bool:
    """True for the choice of a call that failed: it has neither a text nor a call of a tool."""
    message = entry.get("message")
    if isinstance(message, dict):
        return message.get("content") is None and not message.get("tool_calls") and not message.get("refusal")
    return "message" in entry or ("text" in entry and entry["text"] is None)


def _spelled(text: str) -> Any:
    """The choices that a table holds as JSON; any other text as it is."""
    begun = text.lstrip()[:1]
    if begun and begun in "{[":
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(text)
            marked = found if isinstance(found, list) else [found]
            if marked and all(isinstance(part, dict) and not _CHOICE.isdisjoint(part) for part in marked):
                return found
    return text


def _recorded_rows(record: Record) -> Iterator[RecordedRow]:
    """The row, if it has a reply."""
    replies = tuple(recorded_replies(record))
    if replies:
        texts = record.text("output_1"), record.optional_text("output_2") or ""
        yield RecordedRow(*texts, read_preference(record), replies)


def _tool_reply(arguments: Mapping[str, Any]) -> ChatReply:
    """The arguments of a tool call, as the JSON text that they were."""
    return ChatReply(json.dumps(arguments))


def _recorded_order(record: Record, entry: Mapping[str, Any], *, own: bool) -> Order | None:
    if own:
        try:
            return Order(entry.get("order"))
        except ValueError:
            raise InputError(f'{record.where}: field "raw_completion": unknown order {entry.get("order")!r}') from None
    named = record.fields.get("referenced_models")
    if isinstance(named, dict) and named.get(RECORDED_LABELS.first) in ("output_1", "output_2"):
        first_is_baseline = named[RECORDED_LABELS.first] == "output_1"
        return Order.BASELINE_FIRST if first_is_baseline else Order.CANDIDATE_FIRST
    return None


def _recorded_labels(record: Record, entry: Mapping[str, Any]) -> Labels:
    names = entry.get("labels")
    if not isinstance(names, list) or len(names) != 3 or not all(isinstance(name, str) for name in names[:2]):
        raise InputError(f'{record.where}: field "raw_completion": labels: expected three names')
    return Labels(names[0], names[1], names[2])


def infer_order(
    recorded: RecordedReply, preference: float | None, preference_in: Callable[[Order], float | None]
) -> Order | None:
    """The order of the answers that turns the row's replies into its preference; None if neither order does, and where
    there is no preference to tell the order by.

    Args:
        preference_in: P(candidate beats baseline) that the row's replies give under an order.
    """
    if recorded.order is not None or preference is None:
        return recorded.order
    for order in BOTH_ORDERS:
        found = preference_in(order)
        if found is not None and abs(found - preference) <= TOLERANCE:
            return order
    return None
