import pytest

from evalkit.auditing.form import broken_off, oversized


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("This is a whole sentence.", False),
        ("This one breaks off in the mid", True),
        ("This one ends with a comma,", True),
        ("Many famou", True),
        ("Whole.\n\n```python\nprint(1)\n", True),
        ("Whole.\n\n```python\nprint(1)\n```\n", False),
        ("A list:\n- one\n- two", False),
        ("# A heading\n\nYours,\nSam", False),
        ("First.\nThe last line is a long one and has no end at", True),
        ("终于完成了。", False),
        ("(in parentheses)", False),
        ("   ", False),
    ],
)
def test_an_end_within_a_word_a_sentence_or_code_is_seen(text: str, broken: bool) -> None:
    assert broken_off(text) == broken


def test_lengths_far_beyond_the_others_are_found_and_a_wide_scatter_is_not() -> None:
    assert oversized([100, 120, 90, 110, 5000]) == [4]
    # by hand: ten times the middle is the bound where the others scatter little
    assert oversized([100] * 9 + [999, 1001]) == [10]
    assert oversized([10, 30, 100, 300, 1000, 3000, 10000, 30000]) == []
    assert oversized([]) == [] and oversized([0, 0, 0]) == []
