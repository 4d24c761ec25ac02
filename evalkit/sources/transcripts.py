"""What can be read behind boards: the verdicts one by one, and the texts that they are on."""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.boards.judged import GivenVerdict, Group, Transcripts
from evalkit.errors import InputError
from evalkit.formats.alpaca_eval import raw_replies, recorded_verdict
from evalkit.formats.foreign import detect
from evalkit.formats.judgments import read_judgments
from evalkit.formats.layouts import first_fields, layout_of
from evalkit.formats.outputs import source_records
from evalkit.formats.records import Record
from evalkit.formats.table import read_categories
from evalkit.formats.texts import Texts, texts_in
from evalkit.formats.verdicts import ForeignVerdict
from evalkit.judging.requests import annotate_all
from evalkit.sources.entries import files_of, holds_numbers
from evalkit.sources.recorded import annotations_of
from evalkit.sources.replies import Reread, reread
from evalkit.sources.selection import Sources
from evalkit.sources.stored import ANNOTATION_ROWS, ImportedTexts, imported_rows, imported_texts, what_was_judged
from evalkit.sources.texts import written_annotations
from evalkit.store import Store, open_existing, store_url
from evalkit.store.requests import sent
from evalkit.store.tables import chunks
from evalkit.types import Annotation, ChatReply, Order, Reading, Slot

MEAN_ONLY = "the file tells only the mean over its replies"
# a judge's reply begins with one of few tokens, if it is to be read by them
_MOST_TOKENS = 10
_LEAST_PROBABILITY = 1e-6


def read_judged(sources: Sources) -> Transcripts:
    """Read the texts and verdicts behind the boards of these sources.

    Raises:
        EvalkitError: a source is missing or wrong.
    """
    if sources.files:
        return judged_of_files(sources.files, judge=sources.judge)
    with open_existing(store_url(sources.store, sources.results)) as opened:
        return judged_of_store(opened, benchmark=sources.benchmark.name, judge=sources.judge, results=sources.results)


def judged_of_files(sources: Sequence[Path], *, judge: str | None = None) -> Transcripts:
    """The verdicts and the texts of files; of a table of numbers, the categories.

    Raises:
        InputError: naming file, row and field.
    """
    gathered = _Gathered()
    for path in (path for source in sources for path in files_of(source)):
        if holds_numbers(path):
            gathered.categories.update(read_categories(path))
        else:
            gathered.read(path, judge)
    return gathered.judged()


def judged_of_store(store: Store, *, benchmark: str, judge: str | None = None, results: Path) -> Transcripts:
    """The verdicts of a benchmark in a store, with the texts from what was sent, from imported files and, as offline
    judges are sent nothing, from the annotations among the results.

    Raises:
        StoreError: the store cannot be read.
        InputError: an annotations file among the results is none.
    """
    gathered, imported = _Gathered(), imported_texts(store)
    for config in (config for config in store.judges() if judge in (None, config.name)):
        for chunk in chunks(store.answered(config.digest, benchmark=benchmark)):
            for (slot, reply, _), annotation in zip(chunk, annotate_all(chunk, config), strict=True):
                gathered.add(slot, [_place(annotation, None if reply is None else reply.text, slot.order)])
            gathered.look_up(store, [slot for slot, _, _ in chunk], imported)
    for record in imported_rows(store, ANNOTATION_ROWS):
        gathered.read_imported(record)
    gathered.look_among(written_annotations(results))
    return gathered.judged()


@dataclass(slots=True)
class _Gathered:
    """What was read so far; `disputed` are answers of which there are several."""

    instructions: dict[str, str] = field(default_factory=dict)
    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    places: dict[Group, dict[str, list[GivenVerdict]]] = field(default_factory=dict)
    lengths: dict[tuple[str, str], int] = field(default_factory=dict)
    disputed: set[tuple[str, str]] = field(default_factory=set)

    def judged(self) -> Transcripts:
        places = {group: {key: tuple(given) for key, given in by_key.items()} for group, by_key in self.places.items()}
        answers = {one: answer for one, answer in self.answers.items() if one not in self.disputed}
        return Transcripts(self.instructions, answers, self.categories, places)

    def add(self, slot: Slot, places: Iterable[GivenVerdict]) -> None:
        group = slot.judge, slot.digest, slot.baseline, slot.model
        self.places.setdefault(group, {}).setdefault(slot.key, []).extend(places)
        if slot.category is not None:
            self.categories.setdefault(slot.key, slot.category)
        for model, chars in ((slot.baseline, slot.baseline_chars), (slot.model, slot.candidate_chars)):
            # none where nobody knows
            if chars and self.lengths.setdefault((model, slot.key), chars) != chars:
                self.disputed.add((model, slot.key))

    def read(self, path: Path, judge: str | None) -> None:
        """All of one file."""
        verdicts = read_judgments(path)
        rows = detect(path) == ("alpaca_eval", "annotations")
        records: Iterator[Record | None] = source_records(str(path)) if rows else itertools.repeat(None, len(verdicts))
        keys = set()
        for record, verdict, one in zip(records, verdicts, annotations_of(verdicts, benchmark=""), strict=True):
            if judge in (None, one.slot.judge):
                keys.add(one.slot.key)
                foreign = _place(one, verdict.reply, _order(verdict))
                scale = None if one.rating is None else (one.rating.low, one.rating.high)
                self.add(one.slot, [foreign] if record is None else _places_of(record, foreign, scale))
        self._read_texts(path, keys)

    def read_imported(self, record: Record) -> None:
        """Take the order and the probabilities of a reply from an imported row; the words are read elsewhere."""
        try:
            row = recorded_verdict(record)
        except InputError:
            # a grade, which has its place already
            return
        for (judge, _, baseline, model), by_key in self.places.items():
            places = by_key.get(row.key, ()) if (judge, baseline, model) == (row.judge, row.baseline, row.model) else ()
            if len(places) == 1 and places[0].reading == Reading.RECORDED and places[0].preference == row.preference:
                # the store has an order for each verdict, whether the row told one or not
                by_key[row.key] = _places_of(record, replace(places[0], order=None))

    def look_up(self, store: Store, places: Sequence[Slot], imported: ImportedTexts) -> None:
        """Texts from what a judge was sent, for those that are not known yet."""
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
        """Read the texts that are not known yet from files, and read no more files than needed."""
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
                for key, texts in self._known_texts(path, {key for _, key in wanted}):
                    for model, answer in texts.answers.items():
                        # the file may be of an earlier run
                        if self.lengths.get((model, key), len(answer)) == len(answer):
                            self.answers.setdefault((model, key), answer)
                wanted -= self.answers.keys()

    def _read_texts(self, path: Path, keys: set[str]) -> None:
        for key, texts in self._known_texts(path, keys):
            for model, answer in texts.answers.items():
                if self.answers.setdefault((model, key), answer) != answer:
                    self.disputed.add((model, key))

    def _known_texts(self, path: Path, keys: set[str]) -> Iterator[tuple[str, Texts]]:
        """The texts under those of their keys that verdicts have, whose instructions are kept."""
        for texts in texts_in(path):
            key = next((key for key in texts.keys if key in keys), None)
            if key is not None:
                if texts.instruction is not None:
                    self.instructions.setdefault(key, texts.instruction)
                yield key, texts

    def _lacks(self, slot: Slot) -> bool:
        models = (slot.baseline, slot.model) if slot.baseline else (slot.model,)
        return slot.key not in self.instructions or any((model, slot.key) not in self.answers for model in models)


def _place(annotation: Annotation, said: str | None, order: Order | None) -> GivenVerdict:
    slot = annotation.slot
    return GivenVerdict(
        order=order,
        repeat=slot.repeat,
        preference=annotation.preference,
        grade=None if annotation.rating is None else annotation.rating.value,
        reading=annotation.reading,
        reply=said,
        probabilities=() if annotation.reply is None else _likeliest(annotation.reply),
        rule=slot.rule,
        failure=annotation.failure,
        turn=slot.turn,
        served=None if annotation.reply is None else annotation.reply.model,
    )


def _likeliest(reply: ChatReply) -> tuple[tuple[str, float], ...]:
    tokens = reply.top_logprobs[0] if reply.top_logprobs else ()
    likely = [(token, math.exp(min(logprob, 0.0))) for token, logprob in tokens if not math.isnan(logprob)]
    likely = [(token, share) for token, share in likely if share >= _LEAST_PROBABILITY]
    return tuple(sorted(likely, key=lambda one: -one[1])[:_MOST_TOKENS])


def _order(verdict: ForeignVerdict) -> Order | None:
    return verdict.order if verdict.baseline else Order.ALONE


def _places_of(record: Record, whole: GivenVerdict, scale: tuple[float, float] | None = None) -> list[GivenVerdict]:
    """The single verdicts behind a row of annotations, instead of its combined one; `scale` is that of grades."""
    rule, failure = (record.fields.get(name) for name in ("rule", "failure"))
    if isinstance(rule, str):
        whole = replace(whole, rule=rule)
    if isinstance(failure, str) and whole.failure is not None:
        whole = replace(whole, failure=failure)
    try:
        replies = list(raw_replies(record))
    except InputError:
        # no number on a board depends on these replies
        replies = []
    said = [
        replace(
            whole,
            order=one.order or whole.order,
            repeat=whole.repeat + one.repeat,
            reply=one.reply.text,
            probabilities=_likeliest(one.reply),
        )
        for one in replies
    ]
    read = reread(replies, whole.preference if scale is None else whole.grade, scale=scale)
    if read is not None:
        return [_with(place, one) for place, one in zip(said, read, strict=True)]
    if len(said) < 2:
        return said or [whole]
    unknown = [replace(one, preference=None, grade=None, reading=None, failure=MEAN_ONLY) for one in said]
    return [replace(whole, order=None, reply=None, probabilities=()), *unknown]


def _with(place: GivenVerdict, read: Reread) -> GivenVerdict:
    preference, grade = (None, read.value) if read.order == Order.ALONE else (read.value, None)
    return replace(
        place, order=read.order, preference=preference, grade=grade, reading=read.reading, failure=read.failure
    )
