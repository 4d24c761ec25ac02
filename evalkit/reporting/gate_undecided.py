"""Write for CI that a gate ended without a decision, or has none yet: no earlier decision may stand in its place."""

import json
from dataclasses import dataclass
from enum import Enum
from xml.etree import ElementTree as Xml

from evalkit.judge_spec import Nature
from evalkit.reporting.ci_text import annotation, code_block, code_span, junit_document, xml_text
from evalkit.reporting.gate import line


class Ending(Enum):
    """The endings of a gate that decided nothing; the values are words that people read."""

    REFUSED = "refused"
    STOPPED = "stopped"
    BROKEN = "internal error"
    UNFINISHED = "unfinished"


_COLORS = {Ending.REFUSED: "orange", Ending.BROKEN: "orange"}


@dataclass(frozen=True, slots=True)
class Undecided:
    """A gate without a decision: its ending and the reason, and the candidate and the judge as far as they are known.

    `candidate` is what the command line names, `judge` a judge's name or file, and `nature` what that judge is.
    """

    ending: Ending
    reason: str
    candidate: str | None = None
    judge: str | None = None
    nature: Nature | None = None


def undecided_junit(undecided: Undecided) -> str:
    """Return JUnit XML with one test case, which is an error: nothing was measured."""
    name = f"evalkit gate {line(undecided.candidate or '')}".rstrip()
    suite = Xml.Element("testsuite", name=xml_text(name), tests="1", failures="0", errors="1", skipped="0")
    properties = Xml.SubElement(suite, "properties")
    for key, value in (("outcome", undecided.ending.value), ("judge", _judge(undecided))):
        Xml.SubElement(properties, "property", name=key, value=xml_text(value))
    case = Xml.SubElement(suite, "testcase", classname=xml_text(name), name="decision")
    Xml.SubElement(case, "error", message=xml_text(line(_sentence(undecided))))
    return junit_document(suite)


def undecided_summary(undecided: Undecided) -> str:
    """Return Markdown for a job's page; texts from outside are in code."""
    rows = {"decision": "none: nothing was measured by this run"}
    if undecided.candidate is not None:
        rows["candidate"] = code_span(undecided.candidate)
    rows["judge"] = code_span(undecided.judge) if undecided.judge is not None else "not named"
    if undecided.nature is not None:
        words = undecided.nature.words
        rows["judge is"] = f"**{words}**" if undecided.nature.toy else code_span(words)
    table = ["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows.items())]
    head = f"### evalkit gate: {undecided.ending.value}"
    return "\n".join([head, "", *table, "", *code_block(f"why: {line(undecided.reason)}"), ""])


def undecided_badge(undecided: Undecided) -> str:
    """Return JSON for the endpoint badge of shields.io."""
    toy = "toy " if undecided.nature is not None and undecided.nature.toy else ""
    judge = "" if undecided.judge is None else f", {toy}judge {line(undecided.judge)}"
    document = {
        "schemaVersion": 1,
        "label": f"evalkit gate{judge}",
        "message": undecided.ending.value,
        "color": _COLORS.get(undecided.ending, "lightgrey"),
    }
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def undecided_annotation(undecided: Undecided) -> str:
    """Return a one-line command of GitHub's workflow log, which shows the ending beside the change."""
    return annotation("error", f"evalkit gate {undecided.ending.value}", line(_sentence(undecided)))


def _sentence(undecided: Undecided) -> str:
    stop = "" if undecided.reason.endswith((".", "?", "!")) else "."
    whose = "" if undecided.candidate is None else f"{undecided.candidate}: "
    return f"{whose}no decision: {undecided.reason}{stop} Judge: {_judge(undecided)}"


def _judge(undecided: Undecided) -> str:
    if undecided.judge is None:
        return "not named"
    return undecided.judge if undecided.nature is None else f"{undecided.judge} ({undecided.nature.words})"
