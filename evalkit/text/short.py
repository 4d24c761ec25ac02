"""Cuts texts to a number of characters; `evalkit.text.width` cuts by the columns of a terminal."""


def shortened(text: str, longest: int, *, end: int = 0) -> str:
    """The text, or as much of its start as leaves room for an ellipsis and its last `end` characters.

    >>> shortened("claude-2_concise", 8), shortened("claude-2_concise", 8, end=3)
    ('claude-…', 'clau…ise')
    """
    if len(text) <= longest:
        return text
    return f"{text[: longest - end - 1]}…{text[len(text) - end :]}"
