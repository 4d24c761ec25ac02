"""A long text loses its end, or its middle where its end is worth keeping."""

import pytest

from evalkit.text.short import shortened


@pytest.mark.parametrize(
    ("text", "end", "shown"),
    [
        ("claude-2", 0, "claude-2"),
        ("claude-2", 3, "claude-2"),
        ("claude-21", 0, "claude-…"),
        ("claude-21", 3, "clau…-21"),
        ("", 3, ""),
    ],
)
def test_a_text_of_the_wanted_length_stays_and_a_longer_one_gets_an_ellipsis(text: str, end: int, shown: str) -> None:
    assert shortened(text, 8, end=end) == shown
