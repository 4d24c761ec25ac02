"""Honest answers that worthless files are made of: real ones where they lie beside the project, or the shipped ones."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.formats.outputs import read_outputs
from evalkit.gating.rule import Outcome
from evalkit.types import Audit, OutputSet
from tests.attacks.worthless import Sheet, Worthless
from tests.auditing.answers import HONEST, outputs_of, shipped
from tests.conftest import REAL_DATA
from tests.gating.entries import entry, held, verdicts

# honest model and baseline of the real data
HONEST_MODEL, BASELINE = "vicuna-13b", "gpt-3.5-turbo-1106"


def shipped_sheet() -> Sheet:
    """The shipped example's 48 questions, answered by its models."""
    baseline, careful = shipped("baseline"), shipped("careful")
    return Sheet(
        [example.instruction for example in baseline.examples],
        [output.text for output in careful.outputs],
        [output.text for output in baseline.outputs],
        HONEST,
    )


def real_sheet(n: int, model: str = HONEST_MODEL, *, folder: Path = REAL_DATA) -> Sheet | None:
    """`n` of AlpacaEval's questions with two models' answers, and answers to Arena-Hard's; None where there are none.

    The questions are always the same ones, drawn at random.
    """
    outputs = folder / "alpaca_eval" / "outputs"
    other = folder / "arena_hard" / "gpt-4-0314.v0.1.jsonl"
    if not (outputs.is_dir() and other.is_file()):
        return None
    mine, theirs = (json.loads((outputs / f"{name}.json").read_text(encoding="utf-8")) for name in (model, BASELINE))
    places = sorted(random.Random(1).sample(range(len(theirs)), n))
    answers = {row["instruction"]: row["output"] for row in mine}
    return Sheet(
        [theirs[place]["instruction"] for place in places],
        [answers[theirs[place]["instruction"]] for place in places],
        [theirs[place]["output"] for place in places],
        [output.text for output in read_outputs([str(other)])[0].outputs[:n]],
    )


def outputs_from(sheet: Sheet, texts: Sequence[str], model: str = "candidate") -> OutputSet:
    return outputs_of(texts, model=model, instructions=sheet.questions)


def baseline_of(sheet: Sheet) -> OutputSet:
    return outputs_of(sheet.baseline, model="baseline", instructions=sheet.questions)


def honest_file(sheet: Sheet) -> Worthless:
    """The honest answers in the form of a worthless file, of which no part is worthless."""
    return Worthless("honest", "honest", 0.0, tuple(sheet.answers))


def gullible_gate(sheet: Sheet, audit: Audit) -> Outcome:
    """What the gate says of outputs whose every answer a judge prefers to the baseline's."""
    sample = verdicts(0.9, len(sheet.questions))
    keys = sorted(output.key for output in baseline_of(sheet).outputs)
    return held(entry(replace(sample, keys=tuple(keys)), audit=audit)).outcome
