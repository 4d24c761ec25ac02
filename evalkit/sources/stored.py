"""The verdicts of a store with the judge's replies, the prompts and, as far as the store has them, the judged texts."""

import dataclasses
import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from evalkit.errors import UnknownName
from evalkit.formats import (
    Exchange,
    JudgedTexts,
    Record,
    Stored,
    from_json,
    instruction_key,
    shown_to_judge,
)
from evalkit.judging import annotate_all
from evalkit.store import DocumentName, Filled, Store, chunks, documents, records, sent
from evalkit.types import Example, JudgeConfig, Message, Order, Output, Slot

# the fields of AlpacaEval's files that hold a model and its answer
ANNOTATION_ROWS = "annotations"
LEADERBOARD = "leaderboard"
# the benchmark of the leaderboards of each format
LEADERBOARDS = {"alpaca_eval": "alpaca_eval", "arena_hard": "arena_hard_v0.1", "mt_bench": "mt_bench"}
_ANSWERS = {
    "outputs": (("generator", "output"),),
    ANNOTATION_ROWS: (("generator_1", "output_1"), ("generator_2", "output_2")),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """A selection of verdicts: all of a benchmark, or those of one judge or on one model."""

    benchmark: str
    judge: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedTexts:
    """Texts of imported files: instructions by their key, answers by model and key."""

    instructions: dict[str, str] = field(default_factory=dict)
    answers: dict[tuple[str, str], str] = field(default_factory=dict)


def stored_verdicts(store: Store, wanted: Scope) -> Iterator[Stored]:
    """The verdicts of a benchmark with their replies, judge by judge, and instruction by instruction.

    Raises:
        UnknownName: no such judge, or no verdicts on such a model.
    """
    known = store.judges()
    if wanted.judge is not None and wanted.judge not in {config.name for config in known}:
        raise UnknownName("judge", wanted.judge, {config.name for config in known})
    chosen = [config for config in known if wanted.judge in (None, config.name)]
    models: set[str] = set()
    for config, name in _named_judges(store, chosen, wanted.benchmark):
        for chunk in chunks(store.answered(config.digest, benchmark=wanted.benchmark)):
            models.update(slot.model for slot, _, _ in chunk)
            yield from _own(
                store, [verdict for verdict in chunk if wanted.model in (None, verdict[0].model)], config, name
            )
    if wanted.model is not None and models and wanted.model not in models:
        raise UnknownName("model", wanted.model, models)


def imported_texts(store: Store) -> ImportedTexts:
    """The texts of the files of AlpacaEval that were imported."""
    found = ImportedTexts()
    for kind, sides in _ANSWERS.items():
        for row in (record.fields for record in imported_rows(store, kind)):
            instruction = row.get("instruction")
            if not isinstance(instruction, str):
                continue
            key = instruction_key(instruction)
            found.instructions[key] = instruction
            for model, answer in sides:
                if isinstance(row.get(model), str) and isinstance(row.get(answer), str):
                    found.answers[row[model], key] = row[answer]
    return found


def imported_rows(store: Store, kind: str, *, format: str = "alpaca_eval") -> Iterator[Record]:  # noqa: A002 (its name)
    """The rows of a format's files of a kind that were imported."""
    for document, _ in documents(store, format=format):
        if document.kind == kind:
            for number, row in enumerate(records(store, document), start=1):
                yield Record(f"{document.name}: row {number}", from_json(row))


def board_documents(store: Store) -> list[DocumentName]:
    """The published leaderboards that were imported."""
    return [name for name, _ in documents(store) if name.kind == LEADERBOARD and name.format in LEADERBOARDS]


def answered_by_key(verdicts: Iterable[Stored], imported: ImportedTexts) -> dict[str, JudgedTexts]:
    """The judged texts by key, for the verdicts of one judge on one model; only those that are known."""
    found: dict[str, JudgedTexts] = {}
    for annotation, exchange in verdicts:
        slot = annotation.slot
        if slot.key not in found and (answered := what_was_judged(slot, exchange.messages, imported)) is not None:
            found[slot.key] = answered
    return found


def what_was_judged(slot: Slot, messages: Sequence[Message], imported: ImportedTexts) -> JudgedTexts | None:
    """The instruction and the answers of one place, from the prompt or from imported files; None where unknown."""
    shown = _texts_of_prompt(slot, messages)
    turns = shown.get("instruction") or _one_text(imported.instructions.get(slot.key))
    if turns is None:
        return None
    sides = (
        Output(slot.key, model, texts) if model and texts is not None else None
        for model, texts in (
            (slot.baseline, shown.get("baseline") or _one_text(imported.answers.get((slot.baseline, slot.key)))),
            (slot.model, shown.get("candidate") or _one_text(imported.answers.get((slot.model, slot.key)))),
        )
    )
    baseline, candidate = sides
    cluster = None if slot.question == slot.key else slot.cluster
    return Example(slot.key, turns, slot.category, cluster), baseline, candidate


def _named_judges(store: Store, configs: Sequence[JudgeConfig], benchmark: str) -> Iterator[tuple[JudgeConfig, str]]:
    """Judges with their names in files: a judge that was changed between runs has a name for each form."""
    used = [judge for judge in configs if next(store.answered(judge.digest, benchmark=benchmark), None) is not None]
    names = [judge.name for judge in used]
    for config in used:
        yield config, config.name if names.count(config.name) == 1 else f"{config.name}-{config.digest}"


def _own(store: Store, answered: Sequence[Filled], config: JudgeConfig, name: str) -> Iterator[Stored]:
    requests = sent(store, (slot.reply_key for slot, _, _ in answered if slot.reply_key is not None))
    for (slot, reply, _), annotation in zip(answered, annotate_all(answered, config), strict=True):
        request = requests.get(slot.reply_key or "")
        exchange = Exchange(
            prompt=config.prompt or "",
            messages=() if request is None else request.messages,
            reply=None if reply is None else reply.text,
            seconds=None if request is None else _seconds(request.created),
        )
        yield dataclasses.replace(annotation, slot=dataclasses.replace(slot, judge=name)), exchange


def _seconds(created: str) -> float | None:
    try:
        return datetime.datetime.fromisoformat(created).timestamp()
    except ValueError:
        return None


def _texts_of_prompt(slot: Slot, messages: Sequence[Message]) -> dict[str, tuple[str, ...]]:
    """The texts in a prompt, one text per turn; none where the length of an answer differs from the judged one's."""
    shown = shown_to_judge(messages)
    if shown is None:
        return {}
    sides = {
        Order.BASELINE_FIRST: ("baseline", "candidate"),
        Order.CANDIDATE_FIRST: ("candidate", "baseline"),
        Order.ALONE: ("candidate",),
        None: (),
    }[slot.order]
    answers = dict(zip(sides, shown.answers, strict=False))
    chars = {"baseline": slot.baseline_chars, "candidate": slot.candidate_chars}
    # in a prompt without fences a judged text can pass for several texts
    if any(chars[side] not in (None, Output(slot.key, side, texts).chars) for side, texts in answers.items()):
        return {}
    return {"instruction": shown.instruction, **answers}


def _one_text(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else (text,)
