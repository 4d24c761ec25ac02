"""Text from outside made harmless for a terminal, a spreadsheet and markdown."""

import re
import unicodedata

_FORMULA_STARTS = "=+-@\t\r\0＝＋－＠"
_MARKDOWN_SPECIAL = "\\`*_[]<>|"
# what several runners of CI take for a command wherever in a line it stands, as in ##[group], ##vso[ or ##teamcity[
_COMMAND = re.compile(r"##(?=\w*\[)")


def printable(text: str) -> str:
    """One line without control, bidirectional or unpaired characters, which could move a cursor or turn a text, and
    without what a runner of CI would take for a command.
    """
    return _COMMAND.sub(r"#\\u0023", "".join(_shown(letter) for letter in text))


def spreadsheet_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: a quote goes before a first character that would start one."""
    return f"'{text}" if text[:1] and text[0] in _FORMULA_STARTS else text


def markdown_cell(text: str) -> str:
    return "".join(f"\\{letter}" if letter in _MARKDOWN_SPECIAL else letter for letter in printable(text))


def _shown(letter: str) -> str:
    if letter == " " or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return letter
    return f"\\u{ord(letter):04x}"
