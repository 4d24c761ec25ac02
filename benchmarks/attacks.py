"""Print which checks find worthless outputs, and how many files pass them, in a table for each section.

Usage: `python -m benchmarks.attacks [SECTION ...]` prints markdown. The section `outputs` audits files that
`tests.attacks.worthless` makes by code, and honest models' files, from AlpacaEval's answers where they lie beside the
project and from the shipped example otherwise. `passed` counts the files that a gate at 50 passes under a judge that
prefers every answer of theirs. It takes about a minute. The section `store` rewrites replies in a store and looks at
what finds it; `secrets`, `places` and `names` type keys, paths and names where they could do harm.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.attacked_places import PLACES
from benchmarks.attacked_store import store
from evalkit.auditing.outputs import audit_outputs
from evalkit.gating.rule import Outcome
from evalkit.types import Audit
from tests.attacks.aside import ASIDE
from tests.attacks.sheets import baseline_of, gullible_gate, honest_file, outputs_from, real_sheet, shipped_sheet
from tests.attacks.worthless import Sheet, Worthless, of_share, worthless_files

N = 100
HONEST_MODELS = ("alpaca-7b", "claude-2.1", "vicuna-13b", "gpt4_1106_preview")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: a kind of attack, how many were tried, what found them, how many got through without a
    finding, and how many a gate passed.
    """

    kind: str
    tried: int
    found_by: str
    through: int
    passed: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A table of attacks of one sort under a heading."""

    title: str
    lines: Callable[[], Iterator[Line]]


def outputs() -> Iterator[Line]:
    """Worthless files by kind, those kept aside while the limits were chosen, and honest files."""
    sheet = real_sheet(N) or shipped_sheet()
    files: dict[str, list[Worthless]] = {}
    for file in worthless_files(sheet):
        part = "" if file.share == 1 else f", {file.share:.0%} of the answers"
        files.setdefault(f"{file.kind}{part}", []).append(file)
    files["kept aside"] = [of_share(sheet, "kept aside", name, make, 1.0) for name, make in ASIDE.items()]
    for kind, some in files.items():
        yield _line(sheet, kind, [_audited(sheet, file) for file in some])
    yield _line(sheet, "honest models", list(_honest(sheet)))


def _honest(sheet: Sheet) -> Iterator[Audit]:
    sheets = [found for model in HONEST_MODELS if (found := real_sheet(N, model)) is not None]
    for one in sheets or [sheet]:
        yield _audited(one, honest_file(one))


def _audited(sheet: Sheet, file: Worthless) -> Audit:
    return audit_outputs(outputs_from(sheet, file.texts), baseline_of(sheet))


def _line(sheet: Sheet, kind: str, audits: Sequence[Audit]) -> Line:
    checks = Counter(_finder(audit) for audit in audits if audit.findings)
    said = ", ".join(f"{check} {count}" for check, count in checks.most_common())
    passed = sum(gullible_gate(sheet, audit) == Outcome.PASSED for audit in audits)
    return Line(kind, len(audits), said, sum(not audit.findings for audit in audits), passed)


def _finder(audit: Audit) -> str:
    """The check that found a file: the first that refuses it, or else the first that warns."""
    finding = next(iter(audit.failures or audit.findings))
    return f"{finding.check.replace('_', ' ')}{'' if audit.failures else ' (warns)'}"


def _lines_of(
    tried: Callable[[], Iterator[tuple[str, int, str, int] | tuple[str, int, str, int, int]]],
) -> Callable[[], Iterator[Line]]:
    return lambda: (Line(*one) for one in tried())


SECTIONS: Mapping[str, Section] = {
    "outputs": Section("Worthless outputs", outputs),
    "store": Section("An edited store", _lines_of(store)),
    **{name: Section(title, _lines_of(tried)) for name, (title, tried) in PLACES.items()},
}


def printed(section: Section) -> Iterator[str]:
    yield f"## {section.title}\n"
    yield "| kind | tried | found by | through | passed |"
    yield "|---|---:|---|---:|---:|"
    for line in section.lines():
        passed = "-" if line.passed is None else line.passed
        yield f"| {line.kind} | {line.tried} | {line.found_by or '-'} | {line.through} | {passed} |"


if __name__ == "__main__":
    for name in sys.argv[1:] or SECTIONS:
        for line in printed(SECTIONS[name]):
            print(line, flush=True)
        print()
