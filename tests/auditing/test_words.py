import pytest

from evalkit.auditing.words import folded, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't snake_case, STRASSE-42!", ["don", "t", "snake", "case", "strasse", "42"]),
        ("straße", ["strasse"]),
        ("Élan vital", ["élan", "vital"]),
        ("我喜欢iPhone手机", ["我喜", "喜欢", "iphone", "手机"]),
        ("猫", ["猫"]),
        ("한국어 시험", ["한국", "국어", "시험"]),
        ("ภาษา", ["ภา", "าษ", "ษา"]),
        (" \n…", []),
    ],
)
def test_words_are_folded_and_scripts_without_spaces_are_cut_into_pairs(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_neither_case_nor_blanks_tell_texts_apart() -> None:
    assert folded(" One\n\nTWO\tthree ") == folded("one two three") != folded("one twothree")
