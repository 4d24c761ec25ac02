"""Pack the data that a page shows on demand into chunks of JSON, gzip and base64, which the page unpacks when asked."""

import base64
import functools
import gzip
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.boards import Board, BoardRow, Transcripts
from evalkit.errors import ConfigError
from evalkit.redaction import Redactor
from evalkit.text import printable
from evalkit.types import Annotation, ChatReply, Order, Slot

ORDERS = {Order.BASELINE_FIRST: 0, Order.CANDIDATE_FIRST: 1, Order.ALONE: 2, None: -1}
ONE_ORDER, ORDERS_AGREE, ORDERS_DISAGREE = range(3)

_DECIMALS = 6
# a judge whose verdict is read from token probabilities begins its reply with one of few tokens
_MOST_TOKENS = 10
_LEAST_PROBABILITY = 1e-6
# rounding must not turn a preference into one of these: a tie, or certainty
_EXACT = (0.0, 0.5, 1.0)
# the level of gzip: a higher level would save two hundred letters in a thousand, which is not worth the time
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class SampleSize:
    """The number `n` of instructions that a page shows, drawn by a seed, the same for all models.

    Raises:
        ConfigError: `n` is less than 1.
    """

    n: int
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ConfigError(f"a sample of {self.n} instructions shows none; at least 1 is needed")


def encode_chunks(
    boards: Sequence[Board], judged: Transcripts, *, sample: SampleSize | None = None, text: bool = True
) -> dict[str, str]:
    """Return the chunks by name; without `text`, they contain neither instructions nor answers nor replies."""
    return {name: packed(value) for name, value in chunk_values(boards, judged, sample=sample, text=text).items()}


def chunk_values(
    boards: Sequence[Board], judged: Transcripts, *, sample: SampleSize | None = None, text: bool = True
) -> dict[str, Any]:
    """Return what the chunks contain, by their names; models are numbered in the order of `compared_models`."""
    keys = sorted({key for board in boards for row in board.rows for key in _keys(row)})
    shown = keys if sample is None else _drawn(keys, sample)
    models = compared_models(boards)
    numbers = {key: number for number, key in enumerate(shown)}
    found: dict[str, Any] = {"index": _index(boards, judged, models, numbers, text=text)}
    if sample is not None:
        found["index"]["sampled"] = {"n": len(shown), "of": len(keys), "seed": sample.seed}
    if text and judged.instructions:
        found["instructions"] = [judged.instructions.get(key) for key in shown]
    for number, model in enumerate(models):
        answers = [judged.answers.get((model, key)) for key in shown] if text else []
        if any(answer is not None for answer in answers):
            found[f"answers-{number}"] = answers
    for number, board in enumerate(boards):
        for row in board.rows:
            places = judged.given(board, row.entry.model)
            listed = {
                numbers[key]: [_listed(annotation, text=text) for annotation in places[key]]
                for key in places
                if key in numbers
            }
            if listed:
                found[f"places-{number}-{models.index(row.entry.model)}"] = listed
    return found


def compared_models(boards: Sequence[Board]) -> list[str]:
    """Return the models of the boards and their baselines, sorted."""
    return sorted({name for board in boards for row in board.rows for name in _models(row)})


def packed(value: Any) -> str:
    """Return a value as JSON without secrets, gzip and base64; equal values give equal letters."""
    try:
        plain = _written(value, ascii_only=False).encode()
    except UnicodeEncodeError:
        # half of a surrogate pair cannot be encoded as UTF-8, but JSON can escape it
        plain = _written(value, ascii_only=True).encode()
    return base64.b64encode(gzip.compress(plain, _LEVEL, mtime=0)).decode()


def _written(value: Any, *, ascii_only: bool) -> str:
    """Return a value as JSON without secrets.

    They are looked for part by part, because few parts hold anything that could be one and is worth a longer search.
    """
    write = functools.partial(json.dumps, ensure_ascii=ascii_only, separators=(",", ":"), allow_nan=False)
    redacted = Redactor().content
    if isinstance(value, list):
        return f"[{','.join(redacted(write(part)) for part in value)}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{write(str(key))}:{redacted(write(part))}' for key, part in value.items())}}}"
    return redacted(write(value))


def _index(
    boards: Sequence[Board], judged: Transcripts, models: Sequence[str], numbers: Mapping[str, int], *, text: bool
) -> dict[str, Any]:
    categories = sorted({judged.categories[key] for key in numbers if key in judged.categories})
    by_name = {name: number for number, name in enumerate(categories)}
    names = shown_names(models)
    return {
        "models": list(names.values()),
        "boards": [_board(board, names) for board in boards],
        "keys": list(numbers),
        "category": [by_name.get(judged.categories.get(key, ""), -1) for key in numbers],
        "categories": list(map(printable, categories)),
        "turn": _turns(boards, judged, numbers),
        "text": text and bool(judged.instructions or judged.answers),
        "sampled": None,
        "rows": _rows(boards, judged, models, numbers),
    }


def _turns(boards: Sequence[Board], judged: Transcripts, numbers: Mapping[str, int]) -> list[int]:
    """Return the turn at which each instruction is judged, 0 if no verdict tells the turn.

    The list is empty if no instruction is judged at a second turn or a later one.
    """
    turns = dict.fromkeys(numbers, 0)
    for board in boards:
        for row in board.rows:
            for key, places in judged.given(board, row.entry.model).items():
                if key in turns:
                    turns[key] = max((turns[key], *(place.slot.turn for place in places)))
    return list(turns.values()) if any(turn > 1 for turn in turns.values()) else []


def shown_names(models: Sequence[str]) -> dict[str, str]:
    """Return the models' names as a page holds them, in harmless letters; a number keeps equal ones apart."""
    found: dict[str, str] = {}
    for model in models:
        name, number = printable(model), 2
        while name in found.values():
            name, number = f"{printable(model)} ({number})", number + 1
        found[model] = name
    return found


def _board(board: Board, names: Mapping[str, str]) -> dict[str, Any]:
    entry = board.rows[0].entry
    return {
        "judge": printable(board.judge),
        "digest": printable(board.digest),
        "part": printable(board.served_as),
        "baseline": names.get(board.baseline, ""),
        "metric": board.metric.name,
        "graded": entry.graded,
        "scale": list(entry.scale),
    }


def _rows(
    boards: Sequence[Board], judged: Transcripts, models: Sequence[str], numbers: Mapping[str, int]
) -> dict[str, list[Any]]:
    """Return columns that hold a row for each comparison of each board."""
    columns: dict[str, list[Any]] = {name: [] for name in ("board", "model", "key", "preference", "length", "orders")}
    by_model = {model: number for number, model in enumerate(models)}
    for number, board in enumerate(boards):
        for row in board.rows:
            places = judged.given(board, row.entry.model)
            kept = [comparison for comparison in _comparisons(row) if comparison[0] in numbers]
            columns["board"] += [number] * len(kept)
            columns["model"] += [by_model[row.entry.model]] * len(kept)
            columns["key"] += [numbers[key] for key, _, _ in kept]
            columns["preference"] += [preference for _, preference, _ in kept]
            columns["length"] += [length for _, _, length in kept]
            columns["orders"] += [_agreement(places.get(key, ())) for key, _, _ in kept]
    return columns


def _comparisons(row: BoardRow) -> list[tuple[str, float | None, int | None]]:
    """Return key, preference or grade, and difference of lengths of comparisons; those with a verdict come first."""
    sample, (low, high) = row.entry.sample, row.entry.scale if row.entry.graded else (0.0, 1.0)
    said = [_rounded(low + (high - low) * share) for share in sample.preference.tolist()]
    lengths, others = (
        [None] * n
        if values is None
        else [None if math.isnan(difference) else round(difference) for difference in values.tolist()]
        for values, n in (
            (sample.length_difference, sample.n),
            (sample.missing_length_difference, sample.n_missing),
        )
    )
    judged = list(zip(sample.keys, said, lengths, strict=True))
    return judged + [(key, None, length) for key, length in zip(sample.missing, others, strict=True)]


def _agreement(places: Sequence[Annotation]) -> int:
    """Return whether the same answer wins in both orders, or that one order was judged; repeats are averaged."""
    given: dict[Order | None, list[float]] = {}
    for annotation in places:
        if annotation.preference is not None and annotation.slot.order is not None:
            given.setdefault(annotation.slot.order, []).append(annotation.preference)
    if len(given) < 2:
        return ONE_ORDER
    means = (sum(values) / len(values) for values in given.values())
    winners = {(mean > 0.5) - (mean < 0.5) for mean in means}
    return ORDERS_AGREE if len(winners) == 1 else ORDERS_DISAGREE


# [[A]], and Arena-Hard's [[A>>B]]
_IN_BRACKETS = re.compile(r"\[\[[AB](?:[<>=]{1,2}[AB])?\]\]")


def _listed(verdict: Annotation, *, text: bool) -> list[Any]:
    slot, reply = verdict.slot, verdict.reply
    return [
        ORDERS[slot.order],
        slot.repeat,
        None if verdict.preference is None else _rounded(verdict.preference),
        None if verdict.rating is None else _rounded(verdict.rating.value),
        None if verdict.reading is None else verdict.reading.value,
        None if reply is None or not text else reply.text,
        [] if reply is None else [[token, round(share, _DECIMALS)] for token, share in likeliest_tokens(reply)],
        slot.rule,
        verdict.failure,
        slot.turn,
        _labels(slot, None if reply is None or not text else reply.text),
    ]


def _labels(slot: Slot, said: str | None) -> list[str] | None:
    """Return the judge's names for the answers shown first and second; None where they are not known.

    Other tools' judges call them A and B, which is known of a reply that says so in their way.
    """
    if slot.order not in (Order.BASELINE_FIRST, Order.CANDIDATE_FIRST):
        return None
    if slot.labels is not None:
        return [slot.labels.first, slot.labels.second]
    return ["A", "B"] if said is not None and _IN_BRACKETS.search(said) else None


def likeliest_tokens(reply: ChatReply) -> list[tuple[str, float]]:
    """Return the most probable first tokens of the reply with their probabilities, the most probable first."""
    tokens = reply.top_logprobs[0] if reply.top_logprobs else ()
    likely = [(token, math.exp(min(logprob, 0.0))) for token, logprob in tokens if not math.isnan(logprob)]
    likely = [(token, share) for token, share in likely if share >= _LEAST_PROBABILITY]
    return sorted(likely, key=lambda pair: -pair[1])[:_MOST_TOKENS]


def _rounded(value: float) -> float:
    rounded = round(value, _DECIMALS)
    return value if rounded in _EXACT and rounded != value else rounded


def _keys(row: BoardRow) -> tuple[str, ...]:
    return row.entry.sample.keys + row.entry.sample.missing


def _models(row: BoardRow) -> tuple[str, ...]:
    return (row.entry.model, row.entry.baseline) if row.entry.baseline else (row.entry.model,)


def _drawn(keys: Sequence[str], sample: SampleSize) -> list[str]:
    """Draw keys by their digests, so that the other keys do not affect whether a key comes before another."""

    def place(key: str) -> bytes:
        return hashlib.sha256(f"{sample.seed}:{key}".encode("utf-8", "surrogatepass")).digest()

    return sorted(sorted(keys, key=place)[: sample.n])
