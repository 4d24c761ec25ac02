"""Reads the texts and single verdicts behind boards."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.boards import Group, Transcripts
from evalkit.errors import InputError
from evalkit.formats import Record, Texts, first_fields, layout_of, row_verdict, texts_in
from evalkit.judge_spec import MOST_POSITIONS
from evalkit.sources.entries import judges_of
from evalkit.sources.files import JudgedFile, NumberTable, RowDetails, SourceFile, row_details
from evalkit.sources.read_verdicts import ReadVerdicts, read_verdicts
from evalkit.sources.recorded import annotations_of
from evalkit.sources.replies import in_order, reread, said
from evalkit.sources.selection import Sources
from evalkit.sources.stored import ANNOTATION_ROWS, ImportedTexts, imported_rows, imported_texts, what_was_judged
from evalkit.sources.texts import written_annotations
from evalkit.store import Store, chunks, open_existing, sent, store_url
from evalkit.types import Annotation, ChatReply, JudgeConfig, Order, Reading, Slot

MEAN_ONLY = "the file holds only the mean over its replies"


def read_judged(sources: Sources, files: Sequence[SourceFile]) -> Transcripts:
    """The texts and verdicts behind the boards of these sources.

    Args:
        files: content of the sources that are files, with their texts.

    Raises:
        EvalkitError: the store is missing or wrong.
    """
    if sources.files:
        return transcripts_of(files, judge=sources.judge)
    with open_existing(store_url(sources.store, sources.results)) as opened:
        return judged_of_store(
            opened,
            benchmark=sources.benchmark.name,
            judge=sources.judge,
            results=sources.results,
            own=sources.own,
            read=sources.verdicts if sources.keeps else None,
        )


def transcripts_of(files: Sequence[SourceFile], *, judge: str | None = None) -> Transcripts:
    """The verdicts and the texts of files or, for a table of numbers, the categories."""
    gathered = _Gathered()
    for file in files:
        if isinstance(file, NumberTable):
            gathered.add_categories(file)
        else:
            gathered.read(file, judge)
    return gathered.judged()


def table_verdicts(files: Sequence[SourceFile]) -> Iterator[Annotation]:
    """The verdicts of tables of numbers, which have no orders and no replies."""
    return (one for file in files if isinstance(file, NumberTable) for one in annotations_of(file.judgments))


def judged_of_store(
    store: Store,
    *,
    benchmark: str,
    judge: str | None = None,
    results: Path,
    own: Sequence[JudgeConfig] = (),
    read: ReadVerdicts | None = None,
) -> Transcripts:
    """The verdicts of a benchmark in a store, with the texts from the judges' prompts, from imported files and, because
    offline judges get no prompt, from the annotations among the results.

    Args:
        read: the verdicts, where they were read before.

    Raises:
        StoreError: the store cannot be read.
        InputError: an annotations file among the results is not one.
    """
    gathered, imported = _Gathered(), imported_texts(store)
    for config in (config for config in judges_of(store, own) if judge in (None, config.name)):
        for chunk in chunks(read_verdicts(store, config, benchmark=benchmark, read=read)):
            for slot, reply, annotation in chunk:
                gathered.add(slot, [_with_reply_text(annotation, reply, slot.order)])
            gathered.look_up(store, [slot for slot, _, _ in chunk], imported)
    for record in imported_rows(store, ANNOTATION_ROWS):
        gathered.read_imported(record)
    gathered.look_among(written_annotations(results))
    return gathered.judged()


@dataclass(slots=True)
class _Gathered:
    """The texts and verdicts read so far; `disputed` are the keys of answers with several texts."""

    instructions: dict[str, str] = field(default_factory=dict)
    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    places: dict[Group, dict[str, list[Annotation]]] = field(default_factory=dict)
    lengths: dict[tuple[str, str], int] = field(default_factory=dict)
    disputed: set[tuple[str, str]] = field(default_factory=set)

    def judged(self) -> Transcripts:
        places = {group: {key: tuple(given) for key, given in by_key.items()} for group, by_key in self.places.items()}
        answers = {key: answer for key, answer in self.answers.items() if key not in self.disputed}
        return Transcripts(self.instructions, answers, self.categories, places)

    def add(self, slot: Slot, places: Iterable[Annotation]) -> None:
        group = slot.judge, slot.digest, slot.baseline, slot.model
        self.places.setdefault(group, {}).setdefault(slot.key, []).extend(places)
        if slot.category is not None:
            self.categories.setdefault(slot.key, slot.category)
        for model, chars in ((slot.baseline, slot.baseline_chars), (slot.model, slot.candidate_chars)):
            # none where the texts are unknown
            if chars and self.lengths.setdefault((model, slot.key), chars) != chars:
                self.disputed.add((model, slot.key))

    def add_categories(self, table: NumberTable) -> None:
        for group in table.groups:
            for key, category in zip(group.keys, group.categories, strict=False):
                if category is not None:
                    self.categories.setdefault(key, category)

    def read(self, file: JudgedFile, judge: str | None) -> None:
        """Read all verdicts and texts of one file."""
        verdicts = file.judgments.verdicts
        details = file.details or itertools.repeat(None, len(verdicts))
        keys = set()
        for verdict, row, annotation in zip(verdicts, details, annotations_of(file.judgments), strict=True):
            if judge in (None, annotation.slot.judge):
                keys.add(annotation.slot.key)
                # a reply that stands for a strong verdict is not the judge's own text
                shown = replace(annotation, reply=verdict.reply)
                given = in_order(shown, verdict.slot.order if verdict.slot.baseline else Order.ALONE)
                self.add(annotation.slot, [given] if row is None else _of_replies(row, given))
        for key, texts in self._texts_of_verdicts(file.texts, keys):
            for model, answer in texts.answers.items():
                if self.answers.setdefault((model, key), answer) != answer:
                    self.disputed.add((model, key))

    def read_imported(self, record: Record) -> None:
        """Take the order and the probabilities of a reply from an imported row; its text is read elsewhere."""
        try:
            row = row_verdict(record)
        except InputError:
            return
        mine = row.slot
        if not mine.baseline:
            # a grade has its place already
            return
        for (judge, _, *models), by_key in self.places.items():
            places = by_key.get(mine.key, ()) if (judge, models) == (mine.judge, [mine.baseline, mine.model]) else ()
            if len(places) == 1 and places[0].reading == Reading.RECORDED and places[0].preference == row.preference:
                # the store has an order for each verdict, whether the row gave one or not
                by_key[mine.key] = _of_replies(row_details(record), in_order(places[0], None))

    def look_up(self, store: Store, places: Sequence[Slot], imported: ImportedTexts) -> None:
        """Look up the unknown texts in the judges' prompts."""
        lacking = [slot for slot in places if self._lacks(slot)]
        requests = sent(store, (slot.reply_key for slot in lacking if slot.reply_key is not None))
        for slot in (slot for slot in lacking if self._lacks(slot)):
            request = requests.get(slot.reply_key or "")
            example, *outputs = what_was_judged(slot, () if request is None else request.messages, imported) or (None,)
            if example is not None:
                self.instructions.setdefault(slot.key, example.instruction)
            for output in outputs:
                if output is not None:
                    self.answers.setdefault((output.model, output.key), output.text)

    def look_among(self, paths: Iterator[Path]) -> None:
        """Read the unknown texts from files, and read no more files than needed."""
        wanted = {
            (model, key)
            for (_, _, baseline, candidate), by_key in self.places.items()
            for model in (baseline, candidate)
            for key in by_key
            if model and (model, key) not in self.answers
        }
        while wanted and (path := next(paths, None)) is not None:
            names = first_fields(path, layout_of(path))
            if any(names.get(f"generator_{side}") == model for side in (1, 2) for model, _ in wanted):
                for key, texts in self._texts_of_verdicts(texts_in(path), {key for _, key in wanted}):
                    for model, answer in texts.answers.items():
                        # the file may be from an earlier run
                        if self.lengths.get((model, key), len(answer)) == len(answer):
                            self.answers.setdefault((model, key), answer)
                wanted -= self.answers.keys()

    def _texts_of_verdicts(self, found: Iterable[Texts], keys: set[str]) -> Iterator[tuple[str, Texts]]:
        """The texts under those of their keys that verdicts have, for which instructions are kept."""
        for texts in found:
            key = next((key for key in texts.keys if key in keys), None)
            if key is not None:
                if texts.instruction is not None:
                    self.instructions.setdefault(key, texts.instruction)
                yield key, texts

    def _lacks(self, slot: Slot) -> bool:
        models = (slot.baseline, slot.model) if slot.baseline else (slot.model,)
        return slot.key not in self.instructions or any((model, slot.key) not in self.answers for model in models)


def _with_reply_text(annotation: Annotation, reply: ChatReply | None, order: Order | None) -> Annotation:
    """The verdict as it was given, with the text of its reply; `order` is None where the source does not give it."""
    words = annotation.reply or (None if reply is None else ChatReply(reply.text))
    brief = words and _brief(words)
    return in_order(annotation if brief is annotation.reply else replace(annotation, reply=brief), order)


def _brief(reply: ChatReply) -> ChatReply:
    """The reply without the parts that nobody reads: only the first tokens may hold a verdict."""
    if len(reply.top_logprobs) <= MOST_POSITIONS and reply.body is None:
        return reply
    return replace(reply, top_logprobs=reply.top_logprobs[:MOST_POSITIONS], body=None)


def _of_replies(row: RowDetails, whole: Annotation) -> list[Annotation]:
    """The single verdicts behind a row of annotations, instead of its combined one."""
    if row.rule is not None:
        whole = replace(whole, slot=replace(whole.slot, rule=row.rule))
    if row.failure is not None and whole.failure is not None:
        whole = replace(whole, failure=row.failure)
    replies = [replace(annotation, reply=_brief(annotation.reply)) for annotation in row.replies]
    if (read := reread(whole, replies)) is not None:
        return read
    places = said(whole, replies)
    if len(places) < 2:
        return places or [whole]
    unknown = [
        replace(annotation, preference=None, rating=None, reading=None, failure=MEAN_ONLY) for annotation in places
    ]
    return [in_order(replace(whole, reply=None), None), *unknown]
