"""Texts from outside in the forms that CI servers read: none breaks out of XML, of markdown or of a command."""

import re
from xml.etree import ElementTree as Xml

from evalkit.reporting.gate import line
from evalkit.text import printable

# these are no control characters, but XML 1.0 cannot hold them
_NO_XML = re.compile("[\ufffe\uffff]")


def junit_document(suite: Xml.Element) -> str:
    """Return a suite of test cases as a JUnit document."""
    suites = Xml.Element("testsuites")
    suites.append(suite)
    Xml.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(suites, encoding="unicode")}\n'


def xml_text(text: str) -> str:
    """Return text that XML 1.0 can hold: other characters are escaped as `printable` does, and line ends are kept."""
    shown = "\n".join(map(printable, text.split("\n")))
    return _NO_XML.sub(lambda found: f"\\u{ord(found.group()):04x}", shown)


def code_span(text: str) -> str:
    """Return a span of code in a markdown table that no character of the text can end."""
    # a bar ends a cell of a table even in code
    shown = line(text).replace("|", "\\u007c")
    fence = "`" * (_longest_run(shown) + 1)
    # markdown drops one blank on either side; a text that begins or ends with a backtick or a blank needs these blanks
    return f"{fence}{shown}{fence}" if shown.strip("` ") == shown else f"{fence} {shown} {fence}"


def code_block(text: str) -> list[str]:
    """Return the lines of a block of code in markdown that no line of the text can end."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return [f"{fence}text", *text.rstrip("\n").split("\n"), fence]


def annotation(kind: str, title: str, message: str) -> str:
    """Return a one-line command of GitHub's workflow log, which shows a message beside the change."""
    shown = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={shown}::{_escaped(message)}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
