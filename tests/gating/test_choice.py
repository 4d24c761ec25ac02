"""Whose verdicts a gate reads, and which it refuses to."""

from dataclasses import replace

import pytest

from evalkit.boards.entries import Entry
from evalkit.boards.pick import beside
from evalkit.errors import ConfigError, Incomplete, InputError, UnknownName
from evalkit.gating.choice import Required, choose
from evalkit.judge_spec.config import read_judge, with_orders
from tests.gating.entries import entry, verdicts

JUDGE = read_judge("surface")


def judged(
    model: str = "candidate", *, judge: str = "surface", digest: str = JUDGE.digest, served_as: str = ""
) -> Entry:
    return replace(entry(verdicts(0.6, 50), model), judge=judge, digest=digest, served_as=served_as)


def test_a_model_is_found_among_others() -> None:
    entries = [judged("other"), judged()]
    assert choose(entries, "candidate", Required(judge=JUDGE, baseline="baseline")) is entries[1]
    assert beside([*entries, judged(digest="else")], entries[1]) == entries


def test_an_unknown_model_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownName, match="Known: candidate"):
        choose([judged()], "candidat", Required())


def test_another_baseline_than_the_configured_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="was judged against 'baseline', and the gate is configured for baseline 'x'"):
        choose([judged()], "candidate", Required(baseline="x"))


def test_of_several_judges_or_baselines_one_must_be_named() -> None:
    with pytest.raises(InputError, match="^candidate: several judges: longest, surface. Choose one with --judge"):
        choose([judged(), judged(judge="longest")], "candidate", Required())
    with pytest.raises(ConfigError, match="Choose with --baseline"):
        choose([judged(), replace(judged(), baseline="second")], "candidate", Required())


def test_verdicts_of_a_judge_that_was_changed_since_are_refused() -> None:
    with pytest.raises(ConfigError, match=f"judge 'surface' is {JUDGE.digest} today, and these verdicts are of"):
        choose([judged(digest="before")], "candidate", Required(judge=JUDGE))


def test_of_a_judge_that_was_changed_between_runs_only_todays_verdicts_count() -> None:
    before, today = judged(digest="before"), judged()
    assert choose([before, today], "candidate", Required(judge=JUDGE)) is today
    with pytest.raises(ConfigError, match="was changed between runs"):
        choose([before, today], "candidate", Required())


def test_both_orders_stand_for_the_one_that_was_configured_and_not_the_other_way_round() -> None:
    one, both = with_orders(JUDGE, "one"), with_orders(JUDGE, "both")
    assert choose([judged(digest=both.digest)], "candidate", Required(judge=one))
    with pytest.raises(ConfigError, match="today"):
        choose([judged(digest=one.digest)], "candidate", Required(judge=both))


def test_a_judge_that_the_endpoint_changed_leaves_the_gate_incomplete() -> None:
    with pytest.raises(Incomplete, match="answered as a and as b"):
        choose([judged(served_as="a"), judged(served_as="b")], "candidate", Required())


def test_the_same_verdicts_from_two_sources_are_refused() -> None:
    with pytest.raises(InputError, match="stands twice"):
        choose([judged(), judged()], "candidate", Required())
