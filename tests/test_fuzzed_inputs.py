"""Whatever bytes a file holds: it is read, or refused in one line; nothing else happens.

10,000 files take some seconds. EVALKIT_FUZZ=100000 makes that many.
"""

import contextlib
import csv
import gzip
import io
import json
import os
import random
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalkit.catalog.benchmarks import read_benchmark
from evalkit.catalog.references import read_reference
from evalkit.cli.main import _complain, read_settings
from evalkit.documents import decode, parse_json
from evalkit.errors import EvalkitError
from evalkit.formats.alpaca_eval import read_recording
from evalkit.formats.boards import read_board
from evalkit.formats.chat import read_reply
from evalkit.formats.difficulty import read_compat_inputs, read_difficulty
from evalkit.formats.evaluators import convert_evaluator
from evalkit.formats.foreign import read_foreign
from evalkit.formats.judgments import read_judgments
from evalkit.formats.outputs import read_outputs
from evalkit.formats.questions import read_questions
from evalkit.formats.table import read_preferences
from evalkit.judge_spec.config import read_judge
from evalkit.judge_spec.parsers import BUILTIN, find_parser
from evalkit.types import ChatReply, Example, Labels, Preference, Rating, Unparsed
from tests.cli.running import Done, evalkit
from tests.cli.test_bad_input import refused_in_one_line

N_FILES = int(os.environ.get("EVALKIT_FUZZ", "10000"))
LONGEST_MESSAGE = 500
MOST_SECONDS = 5

Rows = list[dict[str, Any]]
OUTPUTS: Rows = [
    {"instruction": f"Do “{n}”,\nplease.", "output": text, "generator": "m", "dataset": "chat", "id": n}
    for n, text in enumerate(["Ja\u2028nein", "", 'say "hi", ok', "None", "🙂 é"])
]
CHOICE = {
    "message": {"role": "assistant", "content": "m"},
    "logprobs": {"content": [{"token": "m", "top_logprobs": [{"token": "m", "logprob": -0.2}]}]},
    "finish_reason": "stop",
}
ANNOTATIONS: Rows = [
    {
        "instruction": f"Task {n}", "output_1": "a", "generator_1": "base", "output_2": "b", "generator_2": "cand",
        "annotator": "judge", "dataset": "chat", "preference": preference, "raw_completion": raw,
    }
    for n, (preference, raw) in enumerate([
        (1.25, CHOICE),
        (2, {"ordered_models": [{"model": "m", "rank": 1}]}),
        (None, [{**CHOICE, "order": "baseline_first", "repeat": 0, "labels": ["A", "B", None]}]),
    ])
]  # fmt: skip
TABLE: Rows = [
    {"judge": "j", "model": model, "baseline": "b", "index": n, "preference": 1.5, "len_1": 3, "len_2": 4}
    for model in ("m", "n")
    for n in range(3)
]
DIFFICULTY: Rows = [
    {"index": n, "instruction_difficulty": n / 3, "preference": 1.5, "std_delta_len": n} for n in range(4)
]
REFERENCE: Rows = [{"model": name, "score": 1000.5, "source": "here", "date": "2024-01-01"} for name in "abc"]
QUESTIONS: Rows = [
    {"question_id": n, "category": "math", "turns": [f"Do {n}.", "Again."], "reference": ["3", ""]} for n in range(3)
]
ANSWERS: Rows = [
    {"question_id": 0, "model_id": "m", "choices": [{"index": 0, "turns": ["# a", "b"]}], "tstamp": 1.5},
    {
        "uid": "x", "model": "m", "metadata": {"token_len": 3, "bold_count": {"**": 1}},
        "messages": [{"role": "user", "content": "i"}, {"role": "assistant", "content": {"answer": "o"}}],
    },
]  # fmt: skip
SINGLE: Rows = [
    {"question_id": n, "model": "m", "judge": ["j", "p"], "judgment": "[[7]]", "score": 7, "turn": 1} for n in range(3)
]
PAIR: Rows = [
    {"question_id": n, "model_1": "m", "model_2": "b", "g1_winner": "tie", "g2_winner": "error", "turn": 2}
    for n in range(3)
]
GAMES: Rows = [
    {
        "uid": "x", "category": "math", "judge": "j", "model": "m", "baseline": "b",
        "games": [{"score": "A>>B", "judgment": {"answer": "[[A>>B]]"}}, {"score": "B=A", "judgment": "x"}],
    },
    {"uid": "y", "judge": "j", "model": "m", "games": [None, {"score": None}]},
]  # fmt: skip
SAMPLE = {"id": 1, "epoch": 1, "output": {"completion": "o"}, "scores": {"s": {"value": "C", "explanation": "e"}}}
LOG = {"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}, "samples": [SAMPLE]}
BOARD: Rows = [{"model": name, "win_rate": 51.5, "standard_error": 1.5, "n_total": 805, "mode": "x"} for name in "abc"]
CONFIGS = """\
mine:
  prompt_template: mine/prompt.txt
  fn_completions: openai_completions
  completions_kwargs: {model_name: gpt, max_tokens: 1, temperature: 0, logprobs: true}
  fn_completion_parser: logprob_parser
  completion_parser_kwargs: {numerator_token: m, denominator_tokens: [m, M]}
"""
PROMPT = "<|im_start|>user\n{instruction} {output_1} {output_2}\n<|im_end|>\n"
REPLY = {"choices": [CHOICE], "usage": {"prompt_tokens": 3, "completion_tokens": 1}, "model": "gpt"}
JUDGE = """\
client: openai
model: 'gpt'
prompt: pairwise_json
parser: json_field
parser_options: {field: winner}
answer_schema:
  winner: label
parameters: {temperature: 0, max_tokens: 4e2}
prices: {input: 2.00, output: 8.00}
headers: {x: y}
base_url: https://localhost:1/v1
tie: TIE
"""
ALIAS_BOMB = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\n"
BENCHMARK = "description: >\n  two\n  lines\nbaseline: m\nbaseline_outputs: outputs.json\nreference: arena\n"
SETTINGS = '[annotate]\njudge = ["surface"]\nlimit = 3\norders = "both"\n'
REPLIES = ['{"winner": "A"}', "I think:\n[[B]]", "[[7]]", "7.5", "A", '{"winner": 7, "x": [1, {"y": null}]}']

# put in place of a name, a value or a mark, or between any two bytes
HOSTILE = [
    *b"null true 17 -1 1.5 [] {} NaN Infinity -Infinity 1e999 1_0 0x1F NO 012 1:20 .nan ~ --- ? | > % @".split(),
    *rb""" "" "None" "\ud83d" "\udc00\ud83d" "\u0000" {"a":1,"a":2} [[[[ ]]]] }}}} " ' \ , : ; [[A]] """.split(),
    *b"2024-01-01 2024-99-99 0001-01-01T00:00:00+99:00 !!python/name:os.system !!int !mine &a *a <<: %YAML".split(),
    *(letter.encode() for letter in "\u2028\x85\ufeff\u202e\0\x1b\t\r\n ١１"),
    b"\xff\xfe", b"\xed\xa0\xbd", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\r\n\r\n", b"9" * 5000, b"-0." + b"1" * 5000,
    b"x" * 600,
]  # fmt: skip
# the same, but slow to read
HUGE = [b"[" * 100_000, b'{"a":' * 100_000, b"x" * 140_000, b'"' + b"y" * 140_000 + b'"']
NAME_OR_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|[-+.\w]+')


def spoil(rng: random.Random, content: bytes, *, hostile: list[bytes]) -> bytes:
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        content = rng.choice(CHANGES)(rng, content, hostile)
    return content


def flip_a_bit(rng: random.Random, content: bytes, _: list[bytes]) -> bytes:
    changed = bytearray(content or b"\0")
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def truncate(rng: random.Random, content: bytes, _: list[bytes]) -> bytes:
    return content[: rng.randint(0, len(content))]


def cut_out(rng: random.Random, content: bytes, _: list[bytes]) -> bytes:
    start = rng.randint(0, len(content))
    return content[:start] + content[start + rng.randint(1, 30) :]


def repeat(rng: random.Random, content: bytes, _: list[bytes]) -> bytes:
    start, end = sorted((rng.randint(0, len(content)), rng.randint(0, len(content))))
    return content[:end] + content[start:]


def swap_a_value(rng: random.Random, content: bytes, hostile: list[bytes]) -> bytes:
    places = [match.span() for match in NAME_OR_VALUE.finditer(content)]
    start, end = rng.choice(places) if places else (0, 0)
    return content[:start] + rng.choice(hostile) + content[end:]


def insert(rng: random.Random, content: bytes, hostile: list[bytes]) -> bytes:
    start = rng.randint(0, len(content))
    return content[:start] + rng.choice(hostile) + content[start:]


def encode_otherwise(rng: random.Random, content: bytes, _: list[bytes]) -> bytes:
    if rng.random() < 0.5:
        return b"\xef\xbb\xbf" + content
    text = content.decode("utf-8", "replace")
    return text.encode(rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7"]))


def end_lines_otherwise(rng: random.Random, content: bytes, _: list[bytes]) -> bytes:
    return content.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\n", b"", "\u2028".encode()]))


CHANGES = [
    flip_a_bit, truncate, cut_out, repeat, swap_a_value, swap_a_value, swap_a_value, insert, insert, encode_otherwise,
    end_lines_otherwise,
]  # fmt: skip


def as_json(rows: Rows) -> bytes:
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def as_lines(rows: Rows) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def as_csv(rows: Rows) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]), quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def as_parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="none")
    return buffer.getvalue()


def as_archive(log: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, value in {"header.json": {**log, "samples": None}, "samples/1.json": log["samples"][0]}.items():
            archive.writestr(zipfile.ZipInfo(name), json.dumps(value))
    return buffer.getvalue()


def tables(rows: Rows) -> list[bytes]:
    """The rows as Parquet, and with each column in turn of every other kind."""
    table = pa.Table.from_pylist(rows)
    n = len(rows)
    columns = [
        pa.nulls(n), pa.array([float("nan")] * n), pa.array([float("inf")] * n), pa.array([True] * n),
        pa.array([2**64 - 1] * n, pa.uint64()), pa.array([-(2**63)] * n), pa.array([[1]] * n), pa.array([{"a": 1}] * n),
        pa.array([b"\xff"] * n), pa.array(["x"] * n).dictionary_encode(), pa.array(["١"] * n), pa.array(["1_0"] * n),
        pa.array([2**31 - 1] * n, pa.int32()).cast(pa.date32()), pa.array([2**62] * n, pa.timestamp("s", "UTC")),
        pa.array([1] * n, pa.timestamp("ns", "Nowhere/AtAll")), pa.array([1] * n, pa.time64("ns")),
        pa.array([2**62] * n, pa.duration("s")), pa.array([[("k", 1)]] * n, pa.map_(pa.string(), pa.int8())),
        pa.array([1] * n).cast(pa.decimal128(30, 3)), pa.array(["x"] * n, pa.large_string()),
    ]  # fmt: skip
    found = [as_parquet(table)]
    for column in columns:
        for name in table.column_names:
            with contextlib.suppress(pa.ArrowException):
                found.append(as_parquet(table.set_column(table.column_names.index(name), name, column)))
    return found


def read_all(path: Path) -> object:
    return read_outputs([str(path)]), read_outputs([str(path)], key="id")


def read_answers(path: Path) -> object:
    return read_outputs([str(path)], questions=[Example("0", ("Do.", "Again."))])


def read_body(path: Path) -> object:
    return read_reply(parse_json(decode(path.read_bytes(), "the reply"), "the reply"))


def read_verdict(path: Path) -> None:
    # half a surrogate pair stands for each wrong byte: a reply may hold such a thing
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    for name in BUILTIN:
        parse = find_parser(name, {"low": 1, "high": 10} if name == "number" else {})
        assert isinstance(parse(ChatReply(text), Labels("A", "B", "TIE")), Preference | Rating | Unparsed)


@dataclass(frozen=True)
class Kind:
    """A file that users write, and who reads it; `share` is of all files made."""

    name: str
    read: Callable[[Path], object]
    samples: Callable[[], list[bytes]]
    share: float
    zipped: bool = False
    beside: dict[str, bytes] = field(default_factory=dict)


# fmt: off
KINDS = [
    Kind("outputs.json", read_all, lambda: [as_json(OUTPUTS)], 0.11),
    Kind("outputs.jsonl", read_all, lambda: [as_lines(OUTPUTS)], 0.08),
    Kind("outputs.csv", read_all, lambda: [as_csv(OUTPUTS)], 0.04),
    Kind("outputs.parquet", read_all, lambda: tables(OUTPUTS), 0.08),
    Kind("outputs.json.gz", read_all, lambda: [as_json(OUTPUTS)], 0.04, zipped=True),
    Kind("outputs.jsonl.gz", read_all, lambda: [as_lines(OUTPUTS)], 0.04, zipped=True),
    Kind("outputs.parquet.gz", read_all, lambda: tables(OUTPUTS)[:1], 0.02, zipped=True),
    Kind("annotations.json", read_judgments, lambda: [as_json(ANNOTATIONS)], 0.06),
    Kind("recording.json", read_recording, lambda: [as_json(ANNOTATIONS)], 0.05),
    Kind("question.jsonl", lambda path: read_questions(str(path)), lambda: [as_lines(QUESTIONS)], 0.02),
    Kind("answer.jsonl", read_answers, lambda: [as_lines(ANSWERS)], 0.03),
    Kind("single.jsonl", read_judgments, lambda: [as_lines(SINGLE)], 0.02),
    Kind("pair.jsonl", read_judgments, lambda: [as_lines(PAIR)], 0.02),
    Kind("games.jsonl", read_judgments, lambda: [as_lines(GAMES)], 0.03),
    Kind("log.json", read_judgments, lambda: [json.dumps(LOG).encode()], 0.02),
    Kind("log.eval", read_judgments, lambda: [as_archive(LOG)], 0.01),
    Kind("board.csv", read_board, lambda: [as_csv(BOARD)], 0.01),
    Kind("any.json", read_foreign, lambda: [as_json(OUTPUTS), json.dumps(LOG).encode()], 0.01),
    Kind("any.parquet", read_foreign, lambda: tables(OUTPUTS), 0.02),
    Kind(
        "configs.yaml", lambda path: convert_evaluator(path.parent), lambda: [CONFIGS.encode()], 0.01,
        beside={"prompt.txt": PROMPT.encode()},
    ),
    Kind("table.csv", read_preferences, lambda: [as_csv(TABLE)], 0.03),
    Kind("table.parquet", read_preferences, lambda: tables(TABLE), 0.02),
    Kind("instruction_difficulty.csv", read_difficulty, lambda: [as_csv(DIFFICULTY)], 0.02),
    Kind(
        "df_gamed.csv", lambda path: read_compat_inputs(path.parent), lambda: [as_csv(DIFFICULTY)], 0.01,
        beside={"instruction_difficulty.csv": as_csv(DIFFICULTY)},
    ),
    Kind("judge.yaml", lambda path: read_judge(str(path)), lambda: [JUDGE.encode(), ALIAS_BOMB.encode()], 0.04),
    Kind("benchmark.yaml", lambda path: read_benchmark(str(path)), lambda: [BENCHMARK.encode()], 0.03),
    Kind("evalkit.toml", read_settings, lambda: [SETTINGS.encode()], 0.03),
    Kind("reference.csv", lambda path: read_reference(str(path)), lambda: [as_csv(REFERENCE)], 0.04),
    Kind("body.json", read_body, lambda: [json.dumps(REPLY).encode()], 0.03),
    Kind("reply.txt", read_verdict, lambda: [text.encode() for text in REPLIES], 0.03),
]
# fmt: on


def files(kind: Kind) -> Iterator[bytes]:
    rng = random.Random(kind.name)
    samples = kind.samples()
    yield from samples
    for huge in HUGE:
        content = swap_a_value(rng, samples[0], [huge])
        yield gzip.compress(content, 1, mtime=0) if kind.zipped else content
    for _ in range(max(0, round(N_FILES * kind.share) - len(samples) - len(HUGE))):
        content = rng.choice(samples)
        if not kind.zipped:
            yield spoil(rng, content, hostile=HOSTILE)
        elif rng.random() < 0.7:
            yield gzip.compress(spoil(rng, content, hostile=HOSTILE), 1, mtime=0)
        else:
            yield spoil(rng, gzip.compress(content, 1, mtime=0), hostile=HOSTILE)


def test_the_shares_make_a_whole() -> None:
    assert sum(kind.share for kind in KINDS) == pytest.approx(1)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_spoiled_file_is_read_or_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / kind.name
    for name, content in kind.beside.items():
        (tmp_path / name).write_bytes(content)
    n_refused = 0
    wrong: dict[str, str] = {}
    for number, content in enumerate(files(kind)):
        path.write_bytes(content)
        start = time.process_time()
        try:
            kind.read(path)
        except EvalkitError as error:
            n_refused += 1
            said = complaint(error)
            if said.count("\n") != 1 or not 0 < len(said) - 1 <= LONGEST_MESSAGE:
                wrong["not one line"] = f"file {number}: {said!r}"
            if str(tmp_path) not in said and kind.read is not read_body:
                wrong["no file named"] = f"file {number}: {said!r}"
        except BaseException as error:  # noqa: BLE001 (whatever it is, it is a fault of ours)
            wrong[f"{type(error).__name__} at {place(error)}"] = f"file {number}: {str(error)[:100]}"
        seconds = time.process_time() - start
        assert seconds < MOST_SECONDS, f"file {number} took {seconds} s"
    assert not wrong, json.dumps(wrong, indent=1)
    assert n_refused == 0 if kind.read is read_verdict else 0 < n_refused < number
    assert {found.name for found in tmp_path.iterdir()} == {kind.name, *kind.beside}


def complaint(error: EvalkitError) -> str:
    """What the command line says."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        _complain(str(error))
    return said.getvalue().removeprefix("evalkit: error: ")


def place(error: BaseException) -> str:
    trace = error.__traceback__
    found = ""
    while trace is not None:
        if "/evalkit/" in trace.tb_frame.f_code.co_filename:
            found = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


NESTED = b"[" * 100_000
COMMANDS: dict[str, tuple[str, str, bytes]] = {
    "UTF-16": ("annotate FILE --baseline good.json", "a.jsonl", as_lines(OUTPUTS).decode().encode("utf-16")),
    "5,000 digits": ("annotate FILE --baseline good.json --key id", "a.json", b'[{"id": ' + b"9" * 5000 + b"}]"),
    "a long name in a header": ("annotate FILE --baseline good.json", "a.csv", b"a," + b"b" * 140_000 + b"\n1,2\n"),
    "a torn gzip file": (
        "annotate FILE --baseline good.json",
        "a.json.gz",
        gzip.compress(as_json(OUTPUTS), mtime=0)[:-9],
    ),
    "NUL": ("annotate FILE --baseline good.json", "a.jsonl", b"\0" * 5000),
    "no table": ("annotate FILE --baseline good.json", "a.parquet", b"PAR1" * 100),
    "aliases": ("annotate good.json --baseline good.json --judge FILE", "a.yaml", ALIAS_BOMB.encode()),
    "nested lists": ("annotate good.json --baseline good.json --judge FILE", "a.yaml", b"client: " + NESTED),
    "no text": ("annotate good.json --benchmark FILE", "a.yaml", b"description: NO\nbaseline: 012\n"),
    "nested recording": ("annotate good.json --baseline good.json --replay FILE", "a.json", NESTED),
    "infinity": ("leaderboard FILE", "a.csv", as_csv(TABLE).replace(b"1.5", b"1e999")),
    "settings": ("judges", "evalkit.toml", b"[annotate]\nlimit = " + b"9" * 5000),
}


def test_the_command_ends_with_one_line_and_writes_nothing(tmp_path: Path) -> None:
    def run(case: str) -> Done:
        arguments, name, content = COMMANDS[case]
        folder = tmp_path / case
        folder.mkdir()
        (folder / name).write_bytes(content)
        (folder / "good.json").write_bytes(as_json(OUTPUTS))
        return evalkit(*arguments.replace("FILE", f"./{name}").split(), cwd=folder)

    with ThreadPoolExecutor(2) as pool:
        for case, done in zip(COMMANDS, pool.map(run, COMMANDS), strict=True):
            name = COMMANDS[case][1]
            refused_in_one_line(done, name)
            assert {path.name for path in (tmp_path / case).iterdir()} == {name, "good.json"}
