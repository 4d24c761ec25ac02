"""Reads logs of inspect_ai, as one JSON object (`.json`) or as a zip archive of such objects (`.eval`)."""

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.documents import STRICT, TOO_DEEP, decode, kind_of, open_file, read_text
from evalkit.errors import InputError
from evalkit.formats.conversation import object_at, read_id
from evalkit.formats.records import SURROGATE, Record
from evalkit.formats.verdicts import optional_number, recorded
from evalkit.text import count_markdown
from evalkit.types import Annotation, Order, Rating

EVAL_SUFFIX = ".eval"
# far above any log, and far below the content that a small archive can unfold to
MAX_MEMBER_BYTES = 1 << 30
# the baseline of scorers, which name none
UNIT = (0.0, 1.0)
# the numbers that inspect_ai gives its letters: correct, partial, incorrect, no answer
LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}

_NUMBERS = json.JSONDecoder(object_pairs_hook=STRICT.object_pairs_hook, parse_float=STRICT.parse_float)
_HEADER = "header.json"
# more are no evaluation that anybody ran
_MOST_EPOCHS = 10_000
_MOST_SAMPLES = 10_000_000
_SAMPLES = "samples/"


@dataclass(frozen=True, slots=True)
class InspectLog:
    """A log's evaluation and its samples, each with its place in the log.

    `unrun` are the ids and epochs of the samples that a log which did not end as a success lacks, and `ended` says how
    it ended.
    """

    task: str
    model: str
    samples: tuple[Record, ...]
    unrun: tuple[tuple[str, int], ...] = ()
    ended: str = ""


def read_log(path: Path) -> InspectLog:
    """Read the samples of a log.

    Raises:
        InputError: not a log, or a log without samples.
    """
    log, samples = _archived(path) if path.suffix == EVAL_SUFFIX else _whole(path)
    about = Record(f'{path}: field "eval"', object_at(log, "eval", log.fields.get("eval")))
    found = tuple(Record(f"{path}: {place}", object_at(log, place, sample)) for place, sample in samples)
    if not found:
        raise InputError(f"{path}: the log holds no samples")
    unrun = _unrun(about.fields, found) if log.fields.get("status") not in (None, "success") else ()
    status = log.optional_text("status")
    ended = f"the log ended as {status}, with {len(found)} of {len(found) + len(unrun)} samples" if unrun else ""
    return InspectLog(about.text("task"), about.text("model"), found, unrun, ended)


def _unrun(about: Mapping[str, Any], samples: Sequence[Record]) -> tuple[tuple[str, int], ...]:
    """The ids and epochs that the evaluation was to have and that no sample has."""
    dataset, config = (value if isinstance(value := about.get(name), dict) else {} for name in ("dataset", "config"))
    epochs = config.get("epochs")
    rounds = range(epochs if isinstance(epochs, int) and 1 <= epochs <= _MOST_EPOCHS else 1)
    run = {(read_id(sample, "id"), _epoch(sample)) for sample in samples}
    named, number = dataset.get("sample_ids"), dataset.get("samples")
    if isinstance(named, list) and len(named) <= _MOST_SAMPLES:
        ids = [read_id(Record("", {"id": one}), "id") for one in named]
        return tuple((one, epoch) for one in ids for epoch in rounds if (one, epoch) not in run)
    # without their ids, samples can only be counted
    lacking = number * len(rounds) - len(run) if isinstance(number, int) and number <= _MOST_SAMPLES else 0
    return tuple((f"not run {place}", 0) for place in range(1, lacking + 1))


def score_verdicts(log: InspectLog) -> Iterator[Annotation]:
    """The scores of a log's samples, one verdict per scorer; a score of several numbers gives one verdict for each.

    A sample that failed or was not run has a missing verdict of each scorer, with the reason.

    Raises:
        InputError: a value is missing or of a wrong kind; the message names its place.
    """
    scored = [tuple(_scores(sample, log.model)) for sample in log.samples]
    judges = tuple(dict.fromkeys(verdict.slot.judge for verdicts in scored for verdict in verdicts)) or ("unnamed",)
    for sample, verdicts in zip(log.samples, scored, strict=True):
        yield from verdicts or _without_scores(sample, log.model, judges)
    for key, epoch in log.unrun:
        for judge in judges:
            yield recorded(
                key=key, cluster=key, judge=judge, model=log.model, order=Order.ALONE, repeat=epoch, failure=log.ended
            )


def _without_scores(sample: Record, model: str, judges: Sequence[str]) -> Iterator[Annotation]:
    reason = "the sample has no scores"
    error = sample.fields.get("error")
    if error is not None:
        told = error.get("message") if isinstance(error, dict) else error
        reason = f"the sample failed: {_one_line(told)}" if isinstance(told, str) and told else "the sample failed"
    for judge in judges:
        yield _verdict(sample, read_id(sample, "id"), model, judge, None, SURROGATE.sub("\ufffd", reason))


def read_members(path: Path) -> Iterator[tuple[str, Any]]:
    """The name and the JSON value of each file of an archive, in its order.

    Raises:
        InputError: not an archive, or a file in it cannot be read.
    """
    with open_file(path) as file:
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError) as error:
            raise InputError(f"{path}: not an archive of a log: {_one_line(error)}") from None
        with archive:
            for member in archive.infolist():
                if not member.is_dir():
                    where = f"{path}: {member.filename!r:.100}"
                    yield member.filename, parse_log(decode(_content(archive, member, where), where), where)


def parse_log(text: str, where: str) -> Any:
    """Parse a JSON text, in which numbers may be NaN and Infinity.

    Raises:
        InputError: not JSON, a repeated key, or nesting too deep.
    """
    begun = text.strip()
    try:
        value, end = _NUMBERS.raw_decode(begun)
    except RecursionError:
        raise InputError(f"{where}: {TOO_DEEP}") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not valid JSON at line {error.lineno} column {error.colno}: {error.msg}") from None
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
    if end != len(begun):
        raise InputError(f"{where}: not valid JSON: more follows after its end")
    return value


def _whole(path: Path) -> tuple[Record, list[tuple[str, Any]]]:
    log = _object(path, str(path), parse_log(read_text(path), str(path)))
    samples = log.fields.get("samples")
    if not isinstance(samples, list | None):
        raise InputError(f'{path}: field "samples": expected a list, found {kind_of(samples)}')
    return log, [(f"samples[{number}]", sample) for number, sample in enumerate(samples or ())]


def _archived(path: Path) -> tuple[Record, list[tuple[str, Any]]]:
    members = dict(read_members(path))
    if _HEADER not in members:
        raise InputError(f"{path}: not an archive of a log: it holds no {_HEADER}")
    log = _object(path, f"{path}: {_HEADER}", members[_HEADER])
    return log, [(name, sample) for name, sample in members.items() if name.startswith(_SAMPLES)]


def _object(path: Path, where: str, value: Any) -> Record:
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected an object, found {kind_of(value)}")
    return Record(str(path), value)


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> bytes:
    if member.file_size > MAX_MEMBER_BYTES:
        raise InputError(f"{where}: {member.file_size:,} bytes, more than the {MAX_MEMBER_BYTES:,} that are read")
    try:
        return archive.read(member)
    except NotImplementedError:
        raise InputError(
            f"{where}: is compressed in a way that cannot be read here, as with zstd. "
            "Convert the log: inspect log dump LOG.eval > LOG.json"
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, OverflowError) as error:
        raise InputError(f"{where}: cannot be read: {_one_line(error)}") from None


def _scores(sample: Record, model: str) -> Iterator[Annotation]:
    key = read_id(sample, "id")
    scores = sample.fields.get("scores")
    if scores is None or scores == {}:
        return
    for name, score in object_at(sample, "scores", scores).items():
        fields = object_at(sample, f"scores.{name[:40]}", score)
        # half of a surrogate pair in a name would spread far before it is noticed
        judge = Record(sample.where, {"scores": name}).text("scores")
        value = fields.get("value")
        parts = value.items() if isinstance(value, dict) else [(None, value)]
        for part, number in parts:
            named = judge if part is None else Record(sample.where, {"scores": f"{judge}:{part}"}).text("scores")
            rating, failure = _rating(number)
            yield _verdict(sample, key, model, named, rating, failure, _explanation(sample, fields))


def _verdict(
    sample: Record,
    key: str,
    model: str,
    judge: str,
    rating: float | None,
    failure: str | None,
    reply: str | None = None,
) -> Annotation:
    answer = _completion(sample)
    return recorded(
        key=key,
        cluster=key,
        judge=judge,
        model=model,
        order=Order.ALONE,
        repeat=_epoch(sample),
        rating=None if rating is None else Rating(rating, *UNIT),
        failure=failure,
        reply=reply,
        chars=(None, None if answer is None else len(answer)),
        measures=({}, {} if answer is None else count_markdown(answer)),
    )


def _rating(value: object) -> tuple[float | None, str | None]:
    """A score's number, or the reason why it has none."""
    if isinstance(value, bool):
        return float(value), None
    if isinstance(value, int | float):
        if value != value:
            return None, "unscored"
        if abs(value) > 1e300:
            return None, "the score is beyond all bounds"
        return float(value), None
    if isinstance(value, str) and value in LETTERS:
        return LETTERS[value], None
    if value is None:
        return None, "unscored"
    said = f"{value!r:.40}" if isinstance(value, str) else kind_of(value)
    return None, f"the score is {said}, which is no grade"


def _epoch(sample: Record) -> int:
    epoch = optional_number(sample, "epoch")
    if epoch is None:
        return 0
    if epoch != int(epoch) or not 1 <= epoch <= 1e6:
        raise InputError(f'{sample.where}: field "epoch": expected a number that counts from 1, found {epoch:g}')
    return int(epoch) - 1


def _explanation(sample: Record, score: Mapping[str, Any]) -> str | None:
    return Record(sample.where, dict(score)).optional_text("explanation")


def _completion(sample: Record) -> str | None:
    output = sample.fields.get("output")
    if not isinstance(output, dict):
        return None
    if isinstance(output.get("completion"), str):
        return Record(sample.where, output).text("completion")
    choices = output.get("choices")
    message = choices[0].get("message") if isinstance(choices, list) and choices and isinstance(choices[0], dict) else 0
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else None


def _one_line(error: Exception | str) -> str:
    return " ".join(str(error).split())[:200]
