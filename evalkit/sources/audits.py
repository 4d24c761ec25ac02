"""Audits the texts beside verdicts."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from evalkit.auditing import AuditLimits, audit_outputs
from evalkit.formats import Record, instruction_key
from evalkit.types import Audit, Example, Output, OutputSet


def audits_of(rows: Iterable[Record], limits: AuditLimits = AuditLimits()) -> dict[tuple[str, str], Audit]:
    """Audit the outputs in rows of AlpacaEval's annotations, by model and baseline, empty for an answer alone."""
    found: dict[tuple[str, str], _Texts] = {}
    for record in rows:
        instruction, text = record.fields.get("instruction"), record.fields.get("output_2")
        if not isinstance(instruction, str) or not isinstance(text, str):
            continue
        model, baseline = record.text("generator_2"), record.optional_text("generator_1") or ""
        key = record.optional_text("key") or instruction_key(instruction)
        texts = found.setdefault((model, baseline), _Texts())
        texts.asked[key] = Example(key, (instruction,))
        texts.answers[key] = Output(key, model, (text,))
        if isinstance(other := record.fields.get("output_1"), str):
            texts.others[key] = Output(key, baseline, (other,))
    return {names: texts.audit(*names, limits) for names, texts in found.items()}


@dataclass(slots=True)
class _Texts:
    """Questions and answers by key: an answer that was judged several times counts once."""

    asked: dict[str, Example] = field(default_factory=dict)
    answers: dict[str, Output] = field(default_factory=dict)
    others: dict[str, Output] = field(default_factory=dict)

    def audit(self, model: str, baseline: str, limits: AuditLimits) -> Audit:
        examples = tuple(self.asked.values())
        candidate = OutputSet(model, "", examples, tuple(self.answers.values()))
        compared = tuple(example for example in examples if example.key in self.others)
        other = OutputSet(baseline, "", compared, tuple(self.others[example.key] for example in compared))
        return audit_outputs(candidate, other if compared else None, limits=limits)
