"""Joins a candidate's outputs to a baseline's by instruction key; unmatched outputs are refused or counted."""

from collections import Counter
from dataclasses import dataclass

from evalkit.errors import InputError
from evalkit.text import shortened
from evalkit.types import Comparison, Example, Output, OutputSet

_NAMED = 3
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Pairing:
    """Comparisons in the baseline's order, and counts of the outputs that could not be compared."""

    comparisons: tuple[Comparison, ...]
    unanswered: tuple[tuple[Example, Output], ...]
    n_extra: int = 0
    n_duplicate: int = 0

    @property
    def exact(self) -> bool:
        return not self.unanswered and not self.n_extra and not self.n_duplicate


def pair_exactly(baseline: OutputSet, candidate: OutputSet) -> Pairing:
    """Pair every instruction of the baseline with the candidate's answer, whatever the order of the files.

    Raises:
        InputError: a key is missing, extra or repeated on either side, or one key stands for two instructions.
    """
    pairing = pair_common(baseline, candidate)
    if pairing.exact:
        return pairing
    asked, answered = _by_key(baseline), _by_key(candidate)
    findings = [
        (len(pairing.unanswered), "missing", [example for example, _ in pairing.unanswered]),
        (pairing.n_extra, "extra", [example for key, (example, _) in answered.items() if key not in asked]),
        (pairing.n_duplicate, "repeated", [*_repeated(baseline), *_repeated(candidate)]),
    ]
    said = "; ".join(
        f"{count} {what} (first: {', '.join(_quoted_instruction(example) for example in examples[:_NAMED])})"
        for count, what, examples in findings
        if count
    )
    raise InputError(
        f"{candidate.source}: does not match the {len(asked)} instructions of {baseline.source}: {said}. "
        "Mend the file, or compare only the common instructions with --on-mismatch intersect"
    )


def pair_common(baseline: OutputSet, candidate: OutputSet) -> Pairing:
    """Pair the instructions that both sides have, taking the first of repeated ones and counting the rest.

    Raises:
        InputError: one key stands for two instructions, or no instruction is common.
    """
    asked, answered = _by_key(baseline), _by_key(candidate)
    comparisons = []
    for key, (example, output) in asked.items():
        if key not in answered:
            continue
        other, answer = answered[key]
        if other.turns != example.turns:
            raise InputError(f"{candidate.source}: key {key!r} has another instruction than in {baseline.source}")
        comparisons.append(Comparison(example, output, answer))
    if not comparisons:
        firsts = _firsts(baseline, candidate)
        raise InputError(f"{candidate.source}: has no instruction in common with {baseline.source}{firsts}")
    return Pairing(
        tuple(comparisons),
        tuple(row for key, row in asked.items() if key not in answered),
        n_extra=sum(key not in asked for key in answered),
        n_duplicate=len(baseline.outputs) - len(asked) + len(candidate.outputs) - len(answered),
    )


def _firsts(baseline: OutputSet, candidate: OutputSet) -> str:
    """The first instructions of both sides, which show how they differ; empty where a side has none."""
    if not baseline.examples or not candidate.examples:
        return ""
    sides = candidate.examples[0], baseline.examples[0]
    here, there = map(_quoted_instruction, sides)
    if here == there and sides[0].turns != sides[1].turns:
        here, there = _where_they_part(sides[0].instruction, sides[1].instruction)
    return f". The first is {here} here and {there} there"


def _where_they_part(here: str, there: str) -> tuple[str, str]:
    """Both texts from shortly before their first difference, with characters beyond ASCII by their codes."""
    same = next((n for n, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), min(len(here), len(there)))
    start = max(0, same - _SHOWN // 2)
    begun = "…" if start else ""
    parts = (ascii(text[start : same + _SHOWN // 2])[1:-1] for text in (here, there))
    first, second = (f"'{begun}{part}'" for part in parts)
    return first, second


def _by_key(outputs: OutputSet) -> dict[str, tuple[Example, Output]]:
    rows: dict[str, tuple[Example, Output]] = {}
    for example, output in zip(outputs.examples, outputs.outputs, strict=True):
        first, _ = rows.setdefault(example.key, (example, output))
        if first.turns != example.turns:
            raise InputError(f"{outputs.source}: key {example.key!r} stands for two instructions")
    return rows


def _repeated(outputs: OutputSet) -> list[Example]:
    counts = Counter(example.key for example in outputs.examples)
    return list({example.key: example for example in outputs.examples if counts[example.key] > 1}.values())


def _quoted_instruction(example: Example) -> str:
    return repr(shortened(example.instruction, _SHOWN))
