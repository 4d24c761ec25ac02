import pytest

from evalkit.text.safe import markdown_cell, printable, spreadsheet_cell

TERMINAL_ATTACKS = [
    "\x1b[2J",
    "\x1b]8;;http://x\x07link\x1b]8;;\x07",
    "\x9b31m",
    "a\rb",
    "\u202eevil",
    "\u2066x",
    "\x00",
    "\u2028",
    "\ud83d",
    "\U000e0041",
    "\u3164",
    "\u2800",
    "\u034f",
    "\ufe01",
    "\U000e0101",
    "\ufffe",
    "\ufdd0",
]


@pytest.mark.parametrize("attack", TERMINAL_ATTACKS)
def test_nothing_that_moves_a_cursor_or_turns_a_text_is_printed(attack: str) -> None:
    shown = printable(f"name{attack}")
    assert shown.startswith("name")
    assert all(letter.isprintable() for letter in shown)
    shown.encode("utf-8")


def test_ordinary_text_of_any_language_is_left_alone() -> None:
    for text in (
        "gpt-4.1 mini",
        "Größe",
        "模型",
        "नमूना",
        "نموذج",
        "emoji 🙂",
        "heart ❤️",
        "Việt Nam",
        "Vie\u0323\u0302t",
        "ไม้ที่",
    ):
        assert printable(text) == text


@pytest.mark.parametrize("blanks", ["", " ", "\u3000"])
def test_no_text_starts_a_command_of_a_runner_of_ci(blanks: str) -> None:
    assert printable(f"{blanks}::error title=passed::owned") == f"{blanks}\\u003a:error title=passed::owned"
    assert printable("std::vector") == "std::vector"


@pytest.mark.parametrize("start", [*"=+-@\t\r\0＝＋－＠"])
def test_no_cell_is_taken_for_a_formula(start: str) -> None:
    assert spreadsheet_cell(f"{start}HYPERLINK(1)").startswith("'")
    assert spreadsheet_cell(f"m{start}").startswith("m")
    assert spreadsheet_cell("") == ""


def test_no_cell_moves_the_cursor_of_a_terminal() -> None:
    assert spreadsheet_cell("m\x1b[2J=1\r") == "m\\u001b[2J=1\\u000d"
    assert spreadsheet_cell("\t=1") == "'\\u0009=1"


def test_no_cell_breaks_out_of_a_markdown_table() -> None:
    assert markdown_cell("a|b<img src=x>\n[x](y)") == r"a\|b\<img src=x\>\u000a\[x\](y)".replace("\\u000a", "\\\\u000a")


def test_a_tower_of_marks_is_shown_by_codes() -> None:
    shown = printable("m" + "\u0301\u0302" * 20)
    assert shown.startswith("m\u0301\u0302\u0301\u0302\\u0301") and shown.count("\u0302") == 2


def test_no_cell_behind_another_divider_is_a_formula() -> None:
    assert spreadsheet_cell("m;=1+1| @x") == "m;'=1+1|' @x"
    assert spreadsheet_cell("a;b|c") == "a;b|c"
