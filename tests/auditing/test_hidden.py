import pytest

from evalkit.auditing.hidden import hidden

# no region has so long a name
_TOO_LONG = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all") + "\U000e007f"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, with tabs\tand\nlines\r\n", []),
        ("\ufeffone mark at the beginning", []),
        ("a mark \ufeffelsewhere", ["\ufeff"]),
        ("tags \U000e0049\U000e0067", ["\U000e0049", "\U000e0067"]),
        ("a flag 🏴󠁧󠁢󠁷󠁬󠁳󠁿 of a region", []),
        ("🏴" + _TOO_LONG, list(_TOO_LONG)),
        ("tags after \U0001f3f4 \U000e0067", ["\U000e0067"]),
        ("families 👨‍👩‍👧‍👦, hearts ❤️ and ❤️‍🔥, keys 1️⃣", []),
        ("joiners be\u200dtween Latin le\u200ctters", ["\u200d", "\u200c"]),
        ("Persian می‌شود and Hindi क्‍ष and Sinhala ක්‍ර", []),
        ("blanks wi\u200bthout width", ["\u200b"]),
        ("ไทย\u200bไทย ភាសា\u200bខ្មែរ", []),
        ("שלום \u200e(abc)\u200f \u2067ab\u2069", []),
        ("a text \u200ethat runs one way", ["\u200e"]),
        ("عربي \u202eturned by force\u202c", ["\u202e"]),
        ("a soft\u00adhyphen in a word", []),
        ("and \u00ad outside of one", ["\u00ad"]),
        ("word\u2060joiner, invisible\u2062times", ["\u2060", "\u2062"]),
        ("smuggled 😀\U000e0120\U000e0121", ["\U000e0120", "\U000e0121"]),
        ("smuggled 😀\ufe00\ufe01\ufe02", ["\ufe01", "\ufe02"]),
        ("ideographic 葛\U000e0100 variants", []),
        ("bell\x07, escape\x1b[31m, delete\x7f", ["\x07", "\x1b", "\x7f"]),
        ("Hangul filler\u3164s", ["\u3164"]),
    ],
)
def test_what_nobody_sees_is_found_where_it_has_no_work_to_do(text: str, expected: list[str]) -> None:
    assert hidden(text) == expected
