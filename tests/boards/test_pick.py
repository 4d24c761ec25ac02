"""Which entries are meant, and the one sentence where that is not told."""

import numpy as np
import pytest

from evalkit.boards.entries import Entry
from evalkit.boards.pick import beside, each_once, groups, of_model, one_group, one_judge
from evalkit.errors import InputError, UnknownName
from evalkit.stats.sample import build_sample


def entry(model: str, judge: str = "j", *, baseline: str = "b", digest: str = "") -> Entry:
    return Entry(model, judge, baseline, build_sample(["1"], np.array([1.0])), None, digest=digest)


def test_entries_are_grouped_by_judge_its_form_and_baseline_and_sorted_by_model() -> None:
    entries = [entry("n", "k"), entry("n"), entry("m"), entry("m", digest="2"), entry("m", baseline="c")]
    assert [[one.model for one in group] for group in groups(entries)] == [["m", "n"], ["m"], ["m"], ["n"]]
    assert beside(entries, entries[1]) == entries[1:3]


def test_one_group_is_the_only_one_or_the_only_one_with_all_the_models() -> None:
    entries = [entry("m"), entry("n"), entry("n", "k", digest="2")]
    assert one_group(entries[:2]) == one_group(entries, models=["m", "n"]) == entries[:2]
    with pytest.raises(InputError) as several:
        one_group(entries, where="here")
    assert str(several.value) == (
        "here: several judges, forms or baselines: judge j against b, judge k against b. "
        "Choose one with --judge, or name fewer sources"
    )
    with pytest.raises(InputError, match=r"m has verdicts of judge j against b; n has verdicts of judge k"):
        one_group([entries[0], entries[2]], models=["m", "n"])


def test_one_judge_is_the_named_or_the_only_one_in_all_its_forms() -> None:
    entries = [entry("m"), entry("m", digest="2"), entry("m", "k")]
    assert one_judge(entries, "j") == one_judge(entries[:2]) == entries[:2]
    assert one_judge([]) == []
    with pytest.raises(InputError, match="^the sources: several judges: j, k. Choose one with --judge$"):
        one_judge(entries)
    with pytest.raises(UnknownName, match="unknown judge 'l'.*Known: j, k"):
        one_judge(entries, "l")


def test_a_model_without_entries_is_unknown() -> None:
    assert of_model([entry("m"), entry("n")], "n")[0].model == "n"
    with pytest.raises(UnknownName, match="unknown model 'o'.*Known: m, n"):
        of_model([entry("m"), entry("n")], "o")


@pytest.mark.parametrize(("baseline", "said"), [("b", "judge 'j' and baseline 'b'. Name"), ("", "judge 'j'. Name")])
def test_a_model_that_stands_twice_is_refused_and_one_with_two_baselines_is_not(baseline: str, said: str) -> None:
    entries = [entry("m", baseline=baseline), entry("m", baseline="c")]
    assert each_once(entries) == entries
    with pytest.raises(InputError, match=f"^model 'm' stands twice under {said} each source once$"):
        each_once([*entries, entry("m", baseline=baseline, digest="2")])
