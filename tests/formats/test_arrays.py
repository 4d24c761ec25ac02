"""An array read piece by piece is the array read whole, wherever it is cut and whatever is wrong with it."""

import contextlib
import itertools
import json
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from evalkit.documents import decode_pieces, parse_row
from evalkit.errors import InputError
from evalkit.formats.arrays import breaks_off, parse_array

SLICES = [
    *'{}[],:"\\ \n-1x😀\u2028', ".5", "e9", "e-400", "1e999", "\\u00e4", "\\ud83d\\ude42", "true", "null", "NaN",
    "Infinity", '"a"', '"b": ', '{"a": 1}', f'"{"long " * 9}"',
]  # fmt: skip
VALUES: list[Any] = ["x", 'é\n"', 1, 1.5e-7, True, None, [1, {"b": 2}], "🙂", "\\"]


def cut(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def whole(text: str) -> object:
    return piecewise(text, len(text))


def piecewise(text: str, size: int) -> object:
    try:
        return list(parse_array(cut(text, size), "here"))
    except InputError as error:
        return str(error)


def spoiled(rng: random.Random) -> str:
    """An array, or what is left of one."""
    if rng.random() < 0.5:
        rows = [{"a": rng.choice(VALUES), "b": rng.choice(VALUES)} for _ in range(rng.randint(0, 4))]
        text = json.dumps(rows, indent=rng.choice([None, 1]), ensure_ascii=rng.random() < 0.5)
    else:
        text = "[" + "".join(rng.choices(SLICES, k=rng.randint(1, 12)))
    if rng.random() < 0.5:
        place = rng.randrange(len(text))
        text = text[:place] + rng.choice(SLICES) + text[place + rng.randint(0, 2) :]
    return text[: rng.randint(1, len(text))] if rng.random() < 0.2 else text


@pytest.mark.parametrize("seed", range(4))
def test_the_rows_and_the_complaints_are_those_of_the_whole_text(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(1000):
        text = spoiled(rng)
        for size in (1, 2, 5, 1000):
            # no number that is not a number equals itself
            assert repr(piecewise(text, size)) == repr(whole(text)), (text, size)
        with contextlib.suppress(InputError):
            value = parse_row(text, "here")
            assert not isinstance(value, list) or repr(value) == repr(whole(text))


@pytest.mark.parametrize("number", ["1" * 400 + "e-300", "9" * 5000 + ".5", "-" + "1" * 4300])
def test_a_long_number_is_read_only_when_it_is_all_there(number: str) -> None:
    text = f'[{{"a": {number}}}]'
    for size in (1, 300, 350, 4000):
        assert piecewise(text, size) == whole(text)


def test_a_long_text_that_comes_in_small_pieces_takes_linear_time() -> None:
    text = json.dumps([{"output": "{},;" * 2_000_000}] * 2)
    start = time.process_time()
    assert sum(len(row["output"]) for row in parse_array(cut(text, 1 << 14), "here")) == 16_000_000
    # begun anew at every piece it would take a thousand times as long as once
    assert time.process_time() - start < 10


def test_an_array_is_refused_at_the_first_element_that_is_wrong_without_reading_on() -> None:
    def endless() -> Iterator[str]:
        while True:
            yield '[{"a": 1}, {"a": 1, "a": 2}, '

    rows = parse_array(endless(), "here")
    assert next(rows) == {"a": 1}
    with pytest.raises(InputError, match="stands twice"):
        next(rows)
    for hopeless in ("\0", "[" * 1000, "[1, 2 3"):
        with pytest.raises(InputError):
            list(parse_array(itertools.repeat(hopeless), "here"))


@pytest.mark.parametrize("content", ["ä🙂é\u2028", "\ufeffx", "\ufeff\ufeff", ""])
def test_bytes_may_be_cut_inside_a_character(content: str) -> None:
    raw = content.encode()
    for size in range(1, len(raw) + 1):
        pieces = [raw[start : start + size] for start in range(0, len(raw), size)]
        assert "".join(decode_pieces(pieces, "here")) == content.removeprefix("\ufeff")


@pytest.mark.parametrize(("content", "byte"), [(b"ab\xff", 2), (b"\xef\xbb\xbfa\xc3", 4), (b"\xc3\xa4\xf0\x9f\x99", 2)])
def test_the_first_wrong_byte_is_named_wherever_the_bytes_are_cut(content: bytes, byte: int) -> None:
    for size in (1, 2, 100):
        pieces = [content[start : start + size] for start in range(0, len(content), size)]
        with pytest.raises(InputError, match=rf"not UTF-8 text \(byte {byte}\)"):
            list(decode_pieces(pieces, "here"))


@pytest.mark.parametrize(
    ("text", "torn"),
    [
        ('{"a": "b"}', False),
        ('{"a": "b"', True),
        ('{"a": tru', True),
        ('{"a": "\\ud8', True),
        ("{", True),
        ("n", True),
        ("{'a", False),
        ('{"a" "b"', False),
        ('{"a": "b"} x', False),
        ('{"a": 1, "a": 2}, ', False),
        ("[" * 100_000, False),
    ],
)
def test_a_text_breaks_off_when_more_of_it_could_make_it_whole(text: str, torn: bool) -> None:
    assert breaks_off(text) is torn


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ('[{"a": 1,}]', "Remove the comma before '}'"),
        ('[{"a": 1}, // one\n {"a": 2}]', "JSON has no comments: remove them"),
        ('[{"a": 1}, # one\n {"a": 2}]', "JSON has no comments: remove them"),
        ("[{'a': 1}]", "JSON puts texts in double quotes; json.dumps writes it in Python"),
        ('[{"a": None}]', "JSON has null, true and false; json.dumps writes it in Python"),
    ],
)
def test_a_complaint_says_what_json_has_not(text: str, cure: str) -> None:
    for size in (1, 3, 1000):
        said = piecewise(text, size)
        assert isinstance(said, str)
        assert said.startswith("here: not valid JSON at line 1 column ")
        assert said.endswith(f". {cure}")


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a": 2},]', '{"a": 1}\n{"a": 2}\n', '[{"a": 1}, {"a": 2}\n, \n]'])
def test_a_comma_at_the_end_and_lines_instead_of_an_array_are_read(text: str) -> None:
    for size in (1, 3, 1000):
        assert piecewise(text, size) == [{"a": 1}, {"a": 2}]
