"""What a decision needs from verdicts at hand: the spread they show, prices, and what is not known."""

import dataclasses

import numpy as np
import pytest

from evalkit.boards.entries import Entry, Judging
from evalkit.boards.gathering import entries_of_annotations
from evalkit.boards.metrics import WIN_RATE, Recipe
from evalkit.boards.power import Basis, advise, basis_of_entries
from evalkit.errors import InputError, UnknownName
from evalkit.stats.power import Effort, Level, Margin, Spread
from evalkit.stats.winrate import win_rate
from evalkit.types import BOTH_ORDERS, Annotation, ChatReply, Order, Prices, Slot
from tests.stats.stat_samples import draw, numbers, sample_of

RAW = Recipe(metric=WIN_RATE)
EVEN = Level(threshold=0.5)


def judged(model: str, *, orders: tuple[Order, ...] = BOTH_ORDERS, repeats: int = 2, level: float = 0.6) -> Entry:
    """Wins and losses on 60 instructions; a question has 1,000 tokens, a reply 10, and both together cost a cent."""
    generator, annotations = np.random.default_rng(len(model)), []
    for number, chance in enumerate(generator.beta(level, 1 - level, 60)):
        for order in orders:
            for repeat in range(repeats):
                slot = Slot(
                    benchmark="bench", model=model, baseline="base", judge="one", digest="d1", key=f"{number:02d}",
                    cluster=f"{number:02d}", category=None, order=order, repeat=repeat, baseline_chars=10,
                    candidate_chars=int(generator.integers(5, 16)), reply_key="k",
                )  # fmt: skip
                reply = ChatReply("m", prompt_tokens=1000, completion_tokens=10)
                annotations.append(Annotation(slot, float(generator.random() < chance), reply=reply, cost=0.01))
    (entry,) = entries_of_annotations(annotations)
    return entry


def bare(model: str, *, intercept: float = 0.0, judge: str = "one") -> Entry:
    """As from a table: nothing is known but a preference an instruction."""
    return Entry(model, judge, "base", draw(3, 200, intercept=intercept).sample, None)


def test_the_spread_at_the_effort_at_hand_is_that_of_the_estimate() -> None:
    entry = judged("cand")
    basis = basis_of_entries([entry], RAW, near=0.5)
    assert basis.effort == Effort(n=60, orders=2, repeats=2)
    stderr = numbers(win_rate(entry.sample).estimate)[1] / 100
    assert basis.spread.variance(basis.effort) == pytest.approx(stderr**2)
    components = entry.judging.components
    assert components is not None
    assert basis.spread.repeat == components.repeat.value
    # nothing is controlled for, so that all there is on top is a degree of freedom
    assert basis.spread.design == pytest.approx(1.0, abs=0.05)
    assert (basis.orders, basis.repeats) == ((1, 2), (1, 2, 3, 5))


def test_length_control_shows_as_a_design_effect() -> None:
    raw, lc = (basis_of_entries([judged("cand")], recipe, near=0.5).spread for recipe in (RAW, Recipe()))
    assert lc.design > raw.design
    assert lc.repeat == raw.repeat


def test_without_repeats_only_as_many_are_planned_and_the_reason_is_told() -> None:
    basis = basis_of_entries([judged("cand", repeats=1)], RAW, near=0.5)
    assert (basis.orders, basis.repeats, basis.spread.repeat) == ((1, 2), (1,), 0.0)
    assert basis.notes == ("verdict noise not measured: the effect of more repeats is not known",)


def test_a_table_tells_of_one_order_without_repeats() -> None:
    basis = basis_of_entries([bare("cand")], RAW, near=0.5)
    assert (basis.orders, basis.repeats, basis.effort) == ((1,), (1,), Effort(n=200))
    assert "orders not measured: the effect of asking both is not known" in basis.notes


def test_without_a_name_the_model_nearest_to_the_plan_is_taken() -> None:
    entries = [bare("far", intercept=-2.0), bare("near", intercept=0.1)]
    basis = basis_of_entries(entries, Recipe(), near=0.53)
    assert basis.model == "near"
    assert basis.notes[-1] == "of 2 models, near comes nearest to what is planned"
    assert basis_of_entries(entries, Recipe(), near=0.53, model="far").model == "far"


def test_a_paired_difference_spreads_less_than_its_models_do() -> None:
    whole = bare("cand")
    entries = [whole, dataclasses.replace(whole, model="old", sample=sample_of(0.8 * whole.sample.preference))]
    paired = basis_of_entries(entries, RAW, near=0.0, model="cand", against="old")
    alone = basis_of_entries(entries, RAW, near=0.0, model="cand")
    assert (paired.model, paired.against) == ("cand", "old")
    # a fifth of each preference stands between the two
    assert paired.spread.instruction == pytest.approx(0.2**2 * alone.spread.instruction)


def test_the_noise_of_both_models_is_in_a_paired_difference() -> None:
    entries = [judged("cand"), judged("other")]
    basis = basis_of_entries(entries, RAW, near=0.0, model="cand", against="other")
    known = [entry.judging.components for entry in entries]
    assert basis.spread.repeat == pytest.approx(sum(one.repeat.value or 0 for one in known if one is not None))


def test_a_question_costs_what_it_has_cost_or_what_another_judge_asks_for_its_tokens() -> None:
    assert basis_of_entries([judged("cand")], RAW, near=0.5).price == pytest.approx(0.01)
    # 1,000 tokens at 5 and 10 at 100 dollars a million
    priced = basis_of_entries([judged("cand")], RAW, near=0.5, prices=Prices(5, 100))
    assert priced.price == pytest.approx(0.006)
    assert basis_of_entries([bare("cand")], RAW, near=0.5, prices=Prices(5, 100)).price is None


def test_fewer_questions_come_first_and_too_many_instructions_are_left_out() -> None:
    basis = Basis(spread=Spread(instruction=0.05, order=0.01, repeat=0.1), orders=(1, 2), repeats=(1, 2, 3), price=0.5)
    advice = advise(0.55, basis, gate=EVEN, power=0.8)
    questions = [one.effort.questions for one in advice.options]
    assert questions == sorted(questions) and len(questions) == 6
    assert all(one.dollars == 0.5 * one.effort.questions for one in advice.options)
    # with fewer instructions than one question each would take, asking more often is the way
    most = max(one.effort.n for one in advice.options) - 1
    limited = advise(0.55, basis, gate=EVEN, power=0.8, most=most)
    assert limited.options and all(one.effort.orders * one.effort.repeats > 1 for one in limited.options)


def test_the_data_at_hand_have_a_power_and_a_reach() -> None:
    basis = basis_of_entries([bare("cand")], RAW, near=0.55)
    advice = advise(0.55, basis, gate=dataclasses.replace(EVEN, at=basis.at), power=0.8)
    assert advice.at_hand is not None and advice.detectable is not None
    assert (advice.at_hand < 0.8) == (advice.detectable > 0.55)
    assert advise(0.0, Basis(spread=Spread(instruction=0.1)), gate=Margin(threshold=-0.1), power=0.8).at_hand is None


def test_what_cannot_be_planned_with_is_refused() -> None:
    with pytest.raises(UnknownName, match="unknown model 'canb'"):
        basis_of_entries([bare("cand")], RAW, near=0.5, model="canb")
    with pytest.raises(InputError, match="several judges, forms or baselines: judge one against base, judge two"):
        basis_of_entries([bare("cand"), bare("cand", judge="two")], RAW, near=0.5)
    with pytest.raises(InputError, match="graded alone"):
        basis_of_entries([dataclasses.replace(bare("cand"), baseline="")], RAW, near=0.5)
    small = Entry("cand", "one", "base", draw(3, 20).sample, None, judging=Judging())
    with pytest.raises(InputError, match="no model has a usable spread: not_estimable.20 instructions"):
        basis_of_entries([small], Recipe(), near=0.5)


def test_verdicts_that_are_all_the_same_can_be_planned_with() -> None:
    basis = basis_of_entries([judged("cand", level=1 - 1e-9)], RAW, near=0.9)
    assert basis.at == 0.99
    assert basis.spread.variance(Effort(n=60)) > 0
    assert "the estimate at hand is degraded(all_wins)" in basis.notes
