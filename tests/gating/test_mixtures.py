"""Candidates of which a part of the answers is bad and short do not pass for being good where they are long."""

from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.outputs import audit_outputs
from evalkit.clients import builtin
from evalkit.clients.builtin import ClientKind
from evalkit.clients.endpoint import Endpoint
from evalkit.engine.limits import Limits
from evalkit.gating.choice import Required
from evalkit.gating.gate import Gate
from evalkit.gating.rule import Decision, Outcome, Rule
from evalkit.judge_spec.config import read_judge, with_orders
from evalkit.judging.layout import Options
from evalkit.judging.run import annotate
from evalkit.judging.work import plan_all
from evalkit.sources.entries import entries_of_files, entries_of_store
from evalkit.sources.selection import Sources, read_recipe
from evalkit.store import Store
from tests.mixtures import BASELINE, Mixture, mixed, padded_half, read_rows, refusing, weak_half
from tests.scripted import ScriptedClient

WORDINGS = {
    "one": ["I'm unable to help with that."],
    "varied": [f"Sorry, I can't help you with request {n} today." for n in range(40)],
    "other languages": [
        "Lo siento, no puedo ayudarte con eso.",
        "对不起，我无法回答这个问题。",
        "Je ne sais pas.",
        "Извините, не могу.",
    ],
    "words": ["N/A", "Sorry.", "Hmm.", "Okay", "Bananas", "I don't know", "..."],
    "behind blanks": ['\n\n  "I cannot assist with that."', "\u2003\u3000No comment.", " - I'd rather not."],
    "nothing": ["", " ", "\n", "—"],
}

# what is good of a mixture is the baseline's answer in other words, which a judge is trusted on here
REWORDED = AuditLimits(max_nearly_copied=1.0)
# of the 805 instructions so many show a lead at an equal length as well
ENOUGH = 250


def decided(
    mixture: Mixture, folder: Path, rule: Rule = Rule(minimum=50.0), *, limits: AuditLimits = AuditLimits()
) -> Decision:
    (entry,) = entries_of_files([mixture.write_annotations(folder / "annotations.json")])
    entry = replace(entry, audit=audit_outputs(mixture.outputs(), mixture.outputs(BASELINE), limits=limits))
    recipe = read_recipe(Sources(board="alpaca_eval"), confidence=rule.confidence)
    gate = Gate(rule=rule, recipe=recipe, wanted=Required(), benchmark="alpaca_eval")
    return gate.decide(entry, [entry], rule)


def test_no_wording_of_short_refusals_lets_the_rest_pass(real_outputs: Path, tmp_path: Path) -> None:
    # an audit of all 805 answers takes seconds; that these pass where refusals are allowed is seen below
    for (wording, refusals), share in zip(WORDINGS.items(), [0.45, 0.2] * 3, strict=True):
        decision = decided(refusing(real_outputs, share=share, refusals=refusals, n=ENOUGH), tmp_path)
        assert decision.outcome == Outcome.INCONCLUSIVE, wording
        n = round(share * ENOUGH)
        (finding,) = [one for one in decision.audit.findings if one.check == "declines"] if decision.audit else []
        assert n <= finding.count <= n + 5 and "of the baseline's" in finding.reason, wording


@pytest.mark.parametrize("n", [None, ENOUGH])
def test_a_model_that_is_meant_to_refuse_is_let_pass(real_outputs: Path, tmp_path: Path, n: int | None) -> None:
    allowed = Rule(minimum=50.0, allow_refusals=True)
    decision = decided(refusing(real_outputs, share=0.2, n=n), tmp_path, allowed, limits=REWORDED)
    assert decision.outcome == Outcome.PASSED
    assert any("which --allow-refusals accepts" in note for note in decision.notes)


@pytest.mark.parametrize("blank", [" ", "\n", "\u00a0", "\u200b", "\u2003"])
def test_blanks_behind_bad_answers_are_named_and_refused(real_outputs: Path, tmp_path: Path, blank: str) -> None:
    decision = decided(padded_half(real_outputs, blank=blank, n=100), tmp_path)
    assert decision.outcome == Outcome.AUDIT_FAILED
    assert any("answers are padded with blanks, on average" in reason for reason in decision.reasons)


def test_blanks_behind_bad_answers_do_not_change_their_lengths(real_outputs: Path, tmp_path: Path) -> None:
    rates = []
    for made in (weak_half(real_outputs, n=200), padded_half(real_outputs, n=200)):
        (entry,) = entries_of_files([made.write_annotations(tmp_path / "annotations.json")])
        assert entry.sample.length_difference is not None
        rates.append(sorted(entry.sample.length_difference))
    assert rates[0] == rates[1]


def test_the_store_keeps_what_holds_a_model_back(
    real_outputs: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixture = refusing(real_outputs, share=0.2, n=ENOUGH)
    client = ScriptedClient(mixture.script())
    kind = ClientKind(lambda _: client, lambda _: Endpoint("api"))
    monkeypatch.setitem(builtin.BUILTIN, "openai", kind)
    judge = with_orders(read_judge("pairwise_label"), "one")
    baseline, candidate = mixture.outputs(BASELINE), mixture.outputs()
    audit = audit_outputs(candidate, baseline)
    works = plan_all(baseline, [candidate], [judge], Options("alpaca_eval"), secret=store.secret)
    list(annotate([replace(work, audit=audit) for work in works], store, limits=Limits()))
    (entry,) = entries_of_store(store, benchmark="alpaca_eval")
    rule = Rule(minimum=50.0)
    gate = Gate(rule=rule, recipe=read_recipe(Sources(board="alpaca_eval")), wanted=Required(), benchmark="alpaca_eval")
    decision = gate.decide(entry, [entry], rule)
    assert decision.outcome == Outcome.INCONCLUSIVE and "answers decline or are empty" in decision.reasons[0]
    unaudited = replace(entry, audit=None)
    notes = gate.decide(unaudited, [unaudited], rule).notes
    assert any("judged with --audit off" in note and "decline more often" in note for note in notes)


def weak_share(folder: Path, model: str, share: float) -> Mixture:
    """As much of the answers is another, weaker model's."""
    weak = {one["instruction"]: one["output"] for one in read_rows(folder, model)}
    return mixed(folder, lambda asked, _: weak[asked], share=share, good_chance=0.7)


@pytest.mark.parametrize(("model", "share"), [("alpaca-7b", 0.5), ("alpaca-7b", 0.6), ("gpt-3.5-turbo-1106", 0.5)])
def test_short_answers_of_a_much_weaker_model_do_not_let_the_rest_pass(
    real_outputs: Path, tmp_path: Path, model: str, share: float
) -> None:
    decision = decided(weak_share(real_outputs, model, share), tmp_path)
    assert decision.outcome not in (Outcome.PASSED, Outcome.AUDIT_FAILED)


def test_a_model_that_is_better_at_every_length_passes(real_outputs: Path, tmp_path: Path) -> None:
    """That it is the refusals alone which hold a model back in the tests above."""
    decision = decided(refusing(real_outputs, share=0.0), tmp_path, limits=REWORDED)
    assert decision.outcome == Outcome.PASSED
    assert decision.equal_length is not None and decision.equal_length.survives and decision.equal_length.raw_agrees
