"""Makes text from outside harmless for a terminal, a spreadsheet and markdown."""

import re
import unicodedata

from evalkit.text.blanks import BLANK

_FORMULA_STARTS = "=+-@\t\r\n\0＝＋－＠"
# behind a character that divides cells where commas do not, a spreadsheet may begin another cell
_FORMULA_BEHIND = re.compile(r"([;|])(?=\s*[=+@＝＋＠])")
_MARKDOWN_SPECIAL = "\\`*_[]<>|"
# strings that several CI runners take for a command anywhere in a line, as in ##[group], ##vso[ or ##teamcity[
_COMMAND = re.compile(r"##(?=\w*\[)")
# a string that they take for a command at the start of a line only, after any blanks
_COMMAND_AT_START = re.compile(r"^(\s*)::")
_HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# letters that are drawn as nothing; the selectors of emoji stay, for they change a picture that is there
_UNSEEN = re.compile(rf"(?![\s\ufe0e\ufe0f])[{BLANK}]|[\u180b-\u180d]")
# no characters at all, which XML refuses
_NONE = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(map(chr, (n + end for n in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))))
    + "]"
)
# more marks on one letter than any script needs make a tower over other lines
_MOST_MARKS = 4


def printable(text: str) -> str:
    """One line without control, bidirectional, unseen or unpaired characters, which could move a cursor, turn a text or
    hide in a name, without towers of marks, and without strings that a CI runner would take for a command.
    """
    shown = _COMMAND.sub(r"#\\u0023", _visible(text))
    return _COMMAND_AT_START.sub(r"\1\\u003a:", shown)


def spreadsheet_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula, because a quote goes before a first character that would start
    one, and that moves no cursor of a terminal on which a csv is printed.
    """
    quoted = f"'{text}" if text[:1] and text[0] in _FORMULA_STARTS else text
    return _visible(_FORMULA_BEHIND.sub(r"\1'", quoted))


def markdown_cell(text: str) -> str:
    return "".join(f"\\{letter}" if letter in _MARKDOWN_SPECIAL else letter for letter in printable(text))


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    shown, marks = [], 0
    for letter in text:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        harmful = category in _HARMFUL or marks > _MOST_MARKS or _UNSEEN.match(letter) or _NONE.match(letter)
        shown.append(f"\\u{ord(letter):04x}" if harmful else letter)
    return "".join(shown)
