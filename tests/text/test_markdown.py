"""Markup counted in answers, and read from their metadata."""

import json
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.text.markdown import count_markdown, read_markdown_counts

ARENA_HARD = Path(__file__).parents[2].parent / "shared" / "data" / "arena_hard"


def counts(text: str) -> tuple[float, ...]:
    """Headers, lists, bold, code."""
    return tuple(count_markdown(text).values())


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("# a", 1),
        ("###### a", 1),
        ("####### a", 0),
        ("#a", 0),
        (" # a", 0),
        ("a # b", 0),
        ("#", 0),
        ("#\n", 1),
        ("# a\n## b\n\n### c", 3),
        ("# a\r\n## b\r\n", 2),
    ],
)
def test_a_header_is_one_to_six_hashes_at_the_start_of_a_line_and_a_space(text: str, headers: int) -> None:
    assert counts(text) == (headers, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("- a\n* b\n+ c", 3),
        ("1. a\n22. b", 2),
        ("  - a\n\t1. b", 2),
        ("-a", 0),
        ("1.a", 0),
        ("1) a", 0),
        ("a - b", 0),
        ("-", 0),
        ("\n\n\n- a\n\n\n- b\n", 2),
        ("-\n-\n- a", 3),
        ("- - a", 1),
        ("---", 0),
    ],
)
def test_a_list_item_is_a_mark_or_a_number_with_a_dot_at_the_start_of_a_line_however_indented(
    text: str, items: int
) -> None:
    assert counts(text) == (0, items, 0, 0)


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("**a**", 1),
        ("__a__", 1),
        ("**a** b **c** __d__", 3),
        ("**a\nb**", 0),
        ("****", 0),
        ("*a*", 0),
        ("**a", 0),
        ("x **a __b__ c** y", 2),
        ("**a*b**", 0),
    ],
)
def test_bold_is_what_stands_between_two_pairs_of_stars_or_low_lines_on_one_line(text: str, bold: int) -> None:
    assert counts(text) == (0, 0, bold, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```\n# a\n- b\n**c**\n```", (0, 0, 0, 1)),
        ("```python\n# a\n```\n# b\n```\n- c\n```\n- d", (1, 1, 0, 2)),
        ("```\n# a\n", (1, 0, 0, 0)),
        ("```a``` - b\n```c```- d", (0, 0, 0, 2)),
        ("**a ```# x``` b**", (0, 0, 1, 1)),
        # a block of one line break takes no other line break with it
        ("```\n```\n# a\n- b\n- c", (1, 2, 0, 1)),
        # and one of a single letter no other letter
        ("```-```\n- b", (0, 1, 0, 1)),
    ],
)
def test_code_blocks_are_counted_and_what_they_hold_is_not(text: str, expected: tuple[float, ...]) -> None:
    assert counts(text) == expected


def test_an_answer_without_markup_has_zero_of_everything() -> None:
    assert count_markdown("") == {"headers": 0, "lists": 0, "bold": 0, "code": 0}
    assert counts("Plain prose, 3.5 of it; a_b__c and 2 ** 3.") == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "unit",
    ["\n", " ", "\t\n", "`", "```", "```a", "``` `", "*", "**a", "** ", "_", "__a", "#", "# ", "-\n", "- ", "1", "1.\n",
     " \n-", "\r\n", "\u2028", "**a__", "\x00", "\U0001f600"],
)  # fmt: skip
def test_a_hostile_megabyte_is_counted_in_one_pass(unit: str) -> None:
    # were any pattern to start again at each place, this would take minutes
    for text in (unit * (10**6 // len(unit)), "**" + unit * (10**6 // len(unit)), "```" + unit * (10**6 // len(unit))):
        assert all(0 <= value <= 10**6 for value in count_markdown(text).values())


def test_counts_are_read_from_metadata_with_the_tokens() -> None:
    metadata = {
        "token_len": 426,
        "header_count": {"h1": 1, "h2": 0, "h3": 4, "h4": 0, "h5": 0, "h6": 0},
        "list_count": {"ordered": 6, "unordered": 2},
        "bold_count": {"**": 3, "__": 1},
    }
    assert read_markdown_counts(metadata) == {"tokens": 426, "headers": 5, "lists": 8, "bold": 4}


def test_fields_that_are_plain_numbers_absent_or_strange_are_read_ignored_and_left_out() -> None:
    assert read_markdown_counts({"header_count": 2, "bold_count": None, "colour": "red"}) == {"headers": 2}
    assert read_markdown_counts({}) == {}


@pytest.mark.parametrize("wrong", ["7", -1, True, float("nan"), float("inf"), 10**400, [1], {"h1": "x"}, {"h1": {}}])
def test_what_is_not_a_count_is_refused_with_its_field(wrong: object) -> None:
    with pytest.raises(InputError, match=r"^header_count: .* is not a count"):
        read_markdown_counts({"header_count": wrong})


def test_real_answers_have_the_markup_that_can_be_seen_in_them() -> None:
    if not ARENA_HARD.exists():
        pytest.skip(f"no real answers at {ARENA_HARD}")
    lines = (ARENA_HARD / "gpt-4-0613.v0.1.jsonl").read_text(encoding="utf-8").splitlines()
    answers = [json.loads(line)["messages"][-1]["content"]["answer"] for line in lines]
    counted = [count_markdown(answer) for answer in answers]
    assert sum(one["code"] for one in counted) == pytest.approx(
        sum(text.count("```") for text in answers) / 2, rel=0.02
    )
    # in answers without code every line that opens with a mark or a number is an item: counted again, word by word
    plain = [index for index, text in enumerate(answers) if "```" not in text]
    assert [counted[index]["lists"] for index in plain] == [items(answers[index]) for index in plain]


def items(text: str) -> int:
    openings = [line.split(" ")[0] for line in map(str.lstrip, text.split("\n")) if " " in line]
    return sum(word in {"-", "*", "+"} or (word[-1:] == "." and word[:-1].isdecimal()) for word in openings)
