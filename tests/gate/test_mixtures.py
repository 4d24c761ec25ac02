"""Candidates of which a part of the answers is bad and short do not pass for being good where they are long."""

from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.audit.outputs import audit_outputs
from evalkit.boards.row import Recipe
from evalkit.boards.sources import entries_of_files, entries_of_store
from evalkit.clients import builtin
from evalkit.clients.base import Endpoint
from evalkit.clients.builtin import ClientKind
from evalkit.config import read_judge, with_orders
from evalkit.engine.annotate import annotate
from evalkit.engine.limits import Limits
from evalkit.engine.plan import plan_all
from evalkit.engine.rows import Options
from evalkit.gate.choice import Wanted
from evalkit.gate.gate import Gate
from evalkit.gate.rule import Decision, Outcome, Rule
from evalkit.store import Store
from tests.mixtures import BASELINE, Mixture, padded_half, refusing, weak_half
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


def decided(mixture: Mixture, folder: Path, rule: Rule = Rule(minimum=50.0)) -> Decision:  # noqa: B008
    (entry,) = entries_of_files([mixture.write_annotations(folder / "annotations.json")])
    gate = Gate(rule=rule, recipe=Recipe(confidence=rule.confidence), wanted=Wanted(), benchmark="alpaca_eval")
    return gate.decide(entry, [entry], rule)


@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("share", [0.45, 0.2])
def test_short_refusals_do_not_let_the_rest_pass(
    real_outputs: Path, tmp_path: Path, share: float, wording: str
) -> None:
    mixture = refusing(real_outputs, share=share, refusals=WORDINGS[wording])
    decision = decided(mixture, tmp_path)
    assert decision.outcome == Outcome.INCONCLUSIVE
    n = round(share * 805)
    (finding,) = [one for one in decision.audit.findings if one.check == "declines"] if decision.audit else []
    assert n <= finding.count <= n + 5 and "of the baseline's" in finding.reason
    assert decided(refusing(real_outputs, share=0.0), tmp_path).outcome == Outcome.PASSED


def test_a_model_that_is_meant_to_refuse_is_let_pass(real_outputs: Path, tmp_path: Path) -> None:
    decision = decided(refusing(real_outputs, share=0.2), tmp_path, Rule(minimum=50.0, allow_refusals=True))
    assert decision.outcome == Outcome.PASSED
    assert any("which --allow-refusals accepts" in note for note in decision.notes)


@pytest.mark.parametrize("blank", [" ", "\n", "\u00a0", "\u200b", "\u2003"])
def test_blanks_behind_bad_answers_are_named_and_refused(real_outputs: Path, tmp_path: Path, blank: str) -> None:
    decision = decided(padded_half(real_outputs, blank=blank), tmp_path)
    assert decision.outcome == Outcome.AUDIT_FAILED
    assert any("answers are padded with blanks, on average" in reason for reason in decision.reasons)


def test_blanks_behind_bad_answers_do_not_change_their_lengths(real_outputs: Path, tmp_path: Path) -> None:
    rates = []
    for made in (weak_half(real_outputs), padded_half(real_outputs)):
        (entry,) = entries_of_files([made.write_annotations(tmp_path / "annotations.json")])
        assert entry.sample.length_difference is not None
        rates.append(sorted(entry.sample.length_difference))
    assert rates[0] == rates[1]


def test_the_store_keeps_what_holds_a_model_back(
    real_outputs: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixture = refusing(real_outputs)
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
    gate = Gate(rule=rule, recipe=Recipe(), wanted=Wanted(), benchmark="alpaca_eval")
    decision = gate.decide(entry, [entry], rule)
    assert decision.outcome == Outcome.INCONCLUSIVE and "answers decline or are empty" in decision.reasons[0]
    unaudited = replace(entry, audit=None)
    notes = gate.decide(unaudited, [unaudited], rule).notes
    assert any("judged with --audit off" in note and "decline more often" in note for note in notes)
