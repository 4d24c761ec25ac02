"""Makes text from outside harmless for a terminal, a spreadsheet and markdown."""

import re
import unicodedata

_FORMULA_STARTS = "=+-@\t\r\0＝＋－＠"
_MARKDOWN_SPECIAL = "\\`*_[]<>|"
# strings that several CI runners take for a command anywhere in a line, as in ##[group], ##vso[ or ##teamcity[
_COMMAND = re.compile(r"##(?=\w*\[)")
# a string that they take for a command at the start of a line only, after any blanks
_COMMAND_AT_START = re.compile(r"^(\s*)::")


def printable(text: str) -> str:
    """One line without control, bidirectional or unpaired characters, which could move a cursor or turn a text, and
    without strings that a CI runner would take for a command.
    """
    shown = _COMMAND.sub(r"#\\u0023", "".join(_escaped(letter) for letter in text))
    return _COMMAND_AT_START.sub(r"\1\\u003a:", shown)


def spreadsheet_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula, because a quote goes before a first character that would start
    one, and that moves no cursor of a terminal on which a csv is printed.
    """
    quoted = f"'{text}" if text[:1] and text[0] in _FORMULA_STARTS else text
    return "".join(_escaped(letter) for letter in quoted)


def markdown_cell(text: str) -> str:
    return "".join(f"\\{letter}" if letter in _MARKDOWN_SPECIAL else letter for letter in printable(text))


def _escaped(letter: str) -> str:
    if letter == " " or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return letter
    return f"\\u{ord(letter):04x}"
