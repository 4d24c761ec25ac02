import pytest

from evalkit.audit.form import broken_off, oversized, refuses


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't assist with that.",
        "I’m sorry, I cannot do this.",
        "I am very sorry for the trouble, but I am unable to help.",
        "Unfortunately, as a language model, I cannot see pictures.",
        "I apologize, but I don't have access to that.",
        " I cannot provide medical advice.",
        "As an AI language model, I do not have feelings.",
        "I must decline to answer.",
    ],
)
def test_the_ways_in_which_models_refuse_are_known(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sorry to hear that! Here is what you can do.",
        "I can help with that.",
        "You cannot divide by zero.",
        "As an AI language model, I suggest three steps.",
        "The court said: I'm sorry, but I can't.",
        "",
    ],
)
def test_answers_that_only_sound_alike_are_none(text: str) -> None:
    assert not refuses(text)


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
