import pytest

from evalkit.text.width import cut, fill, fold, fold_hanging, shorten, width

WIDE = "模型"
COMBINED = "e\u0301"  # an e and an acute accent


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("gpt-4.1", 7),
        (WIDE, 4),
        ("ｆｕｌｌ", 8),
        (COMBINED, 1),
        ("n\u0303\u0304", 1),
        ("🙂", 2),
        ("❤\ufe0f", 2),
        ("한국", 4),
        ("\u1112\u1161\u11ab", 2),
        ("Größe", 5),
        ("नमूना", 4),
    ],
)
def test_a_text_is_as_wide_as_a_terminal_shows_it(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize("text", ["plain name", WIDE * 5, COMBINED * 9, f"a{WIDE}b{COMBINED}c{WIDE}", "❤\ufe0f🙂" * 4])
@pytest.mark.parametrize("most", range(1, 13))
def test_what_is_cut_fits_and_no_letter_loses_its_accents(text: str, most: int) -> None:
    for shown in (cut(text, most), *shorten([text, text + "x"], most)):
        assert width(shown) <= most
        assert shown.count("\u0301") == shown.count("e\u0301")
        assert not shown.startswith(("\u0301", "\ufe0f"))
    assert cut(text, 99) == text


def test_names_are_cut_where_that_keeps_them_apart() -> None:
    assert shorten(["claude-2", "claude-2_concise", "claude-2_verbose"], 8) == ("claude-2", "clau…ise", "clau…ose")
    assert shorten(["alpha-instruct", "beta-instruct"], 8) == ("alpha-i…", "beta-in…")


def test_a_cell_is_filled_to_the_width_that_is_seen() -> None:
    assert fill(WIDE, 6, left=True) == f"{WIDE}  "
    assert fill(COMBINED, 3, left=False) == f"  {COMBINED}"


@pytest.mark.parametrize("most", [4, 9, 20, 60])
def test_a_folded_text_keeps_every_letter_and_fits(most: int) -> None:
    text = f"the judge {WIDE * 9} said: {'x' * 70} and then nothing"
    lines = fold(text, most)
    assert all(width(line) <= most for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_text_is_broken_between_words_and_later_lines_are_indented() -> None:
    assert fold("a judge and a baseline", 11) == ["a judge and", "  a", "  baseline"]
    assert fold("short", 60) == ["short"]


def test_a_percentage_an_interval_and_a_p_are_not_broken() -> None:
    assert fold("it passes with 46 % or more", 17) == ["it passes with", "  46 % or more"]
    assert fold("an interval of [28.40, 76.27] is wide", 24) == ["an interval of", "  [28.40, 76.27] is wide"]
    assert fold("not alike at all, p 0.41", 20) == ["not alike at all,", "  p 0.41"]


def test_the_last_cell_of_a_line_is_folded_beside_the_others_or_below_them() -> None:
    assert fold_hanging("  note  a judge and a baseline", 22) == ["  note  a judge and a", "        baseline"]
    assert fold_hanging("a long name  4  a judge and a baseline", 24) == [
        "a long name  4",
        "  a judge and a baseline",
    ]
    assert fold_hanging("a judge and a baseline", 11) == fold("a judge and a baseline", 11)
    assert fold_hanging("fits  as it is", 60) == ["fits  as it is"]
