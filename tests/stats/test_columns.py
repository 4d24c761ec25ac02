"""Inputs of the statistics: lists, arrays and series alike, read by position; wrong ones are refused by name."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evalkit import stats
from evalkit.errors import StatsError
from evalkit.stats import Sample, build_battles, build_sample, win_rate

KEYS = ["b", "b", "a", "c"]
PREFERENCE = [1.0, 0.5, None, 0.25]
ORDERS = ["x", "y", "x", "x"]
LENGTHS = [3.0, 3.0, -1.0, 2.0]
# an index that has nothing to do with the rows
STRANGE = [7, 0, 0, 2]


def as_numbers(values: list[float | None]) -> list[float]:
    return [np.nan if value is None else value for value in values]


KINDS: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "array": lambda values: np.array(as_numbers(values) if None in values else values),
    "array of objects": lambda values: np.array(values, dtype=object),
    "masked array": lambda values: (
        np.ma.masked_array([0.0 if value is None else value for value in values], [value is None for value in values])
        if isinstance(values[0], float)
        else values
    ),
    "series": lambda values: pd.Series(values, index=STRANGE),
    "series of objects": lambda values: pd.Series(values, index=STRANGE, dtype=object),
    "series of pandas' own type": lambda values: pd.Series(values, index=STRANGE).convert_dtypes(),
    "categories": lambda values: values if isinstance(values[0], float) else pd.Series(values, dtype="category"),
}


def content(sample: Sample) -> tuple[object, ...]:
    return (
        sample.keys,
        sample.missing,
        sample.clusters,
        sample.cluster.tolist(),
        sample.preference.tolist(),
        None if sample.length_difference is None else sample.length_difference.tolist(),
        None if sample.weight is None else sample.weight.tolist(),
        {name: (a.tolist(), b.tolist()) for name, (a, b) in sample.measures.items()},
    )


def sample_as(kind: Callable[[list[Any]], Any]) -> Sample:
    return build_sample(
        kind(KEYS),
        kind(PREFERENCE),
        orders=kind(ORDERS),
        clusters=kind(["1", "1", "2", "1"]),
        length_difference=kind(LENGTHS),
        weight=kind([1.0, 3.0, 1.0, 1.0]),
        measures={"headers": (kind([1.0, 1.0, 0.0, 2.0]), kind([0.0, 0.0, 0.0, 5.0]))},
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_kind_of_column_gives_the_same_sample(kind: Callable[[list[Any]], Any]) -> None:
    found = sample_as(kind)
    assert content(found) == content(sample_as(list))
    assert (found.keys, found.missing) == (("b", "c"), ("a",))
    assert found.preference.tolist() == [0.625, 0.25]


def test_numbers_are_keys_too() -> None:
    by_number, by_text = (build_sample(keys, [1, 0, 0.5]) for keys in (pd.Series([10, 9, 8]), ["10", "9", "8"]))
    assert content(by_number) == content(by_text)
    assert content(build_sample(np.array([10, 9, 8]), [True, False, 0.5])) == content(by_text)


def test_an_order_that_is_unknown_is_an_order_of_its_own() -> None:
    assert build_sample(["a", "a"], [1.0, None], orders=[None, "x"]).missing == ("a",)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "length": ({"preference": [1.0]}, r"preference is of length 1, and keys of length 2\. Give"),
    "length of orders": ({"orders": ["x"]}, r"orders is of length 1, and keys of length 2\. Give"),
    "length of clusters": ({"clusters": ["x"] * 3}, r"clusters is of length 3, and keys of length 2\. Give"),
    "length of weights": ({"weight": [1.0] * 3}, r"weight is of length 3, and keys of length 2\. Give"),
    "table": ({"preference": np.ones((2, 1))}, r"preference has the shape \(2, 1\), not \(n,\)\. Give a list"),
    "frame": ({"preference": pd.DataFrame({"p": [1, 0]})}, r"preference has the shape \(2, 1\), not \(n,\)\. Give"),
    "ragged": ({"preference": [[1.0], [1.0, 0.5]]}, "preference is not a column: .* different lengths. Give a list"),
    "single": ({"preference": 1.0}, "preference is a single float, not a column. Give a list"),
    "text": ({"keys": "ab"}, "keys is a single str, not a column. Give a list"),
    "set": ({"keys": {"a", "b"}}, "keys is a single set, not a column. Give a list"),
    "word": ({"preference": [0.5, "win"]}, r"preference\[1\] is 'win', which is not a number. Give NaN or None"),
    "words": ({"preference": ["0.5", "1"]}, r"preference\[0\] is '0.5', which is not a number. Give NaN or None"),
    "date": ({"preference": np.array(["2026-01-01"] * 2, "M8[ns]")}, r"preference\[0\] is .*, which is not a number"),
    "complex": ({"preference": [1j, 0]}, r"preference\[0\] is .*, which is not a number"),
    "percent": ({"preference": [0, 62]}, r"preference\[1\], of instruction 'b', is 62, outside \[0, 1\]. Give P\("),
    "key": ({"keys": ["a", None]}, r"keys\[1\] is missing. Give each row a label"),
    "key of pandas": ({"keys": pd.Series([1, None])}, r"keys\[1\] is missing. Give each row a label"),
    "cluster": ({"clusters": [np.nan, "x"]}, r"clusters\[0\] is missing. Give each row a label"),
    "weight": ({"weight": [1.0, 0.0]}, r"weight\[1\], of instruction 'b', is 0, which is not a positive .* Give a pos"),
    "baseline": ({"baseline_length": [1]}, r"baseline_length is of length 1, and keys of length 2\. Give"),
    "measure": ({"measures": {"lists": ([1, 2], [1])}}, r"measures\['lists'\]\[1\] is of length 1, and keys of length"),
    "half a measure": ({"measures": {"lists": ([1, 2],)}}, r"measures\['lists'\] has 1 columns, not 2. Give"),
}


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_column_is_refused_by_its_name_and_position_with_the_cure(change: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"keys": ["a", "b"], "preference": [1.0, 0.5], **change}
    with pytest.raises(StatsError, match=said):
        build_sample(given.pop("keys"), given.pop("preference"), **given)


# a call of each entry point with columns of numbers and of labels
CALLS: dict[str, Callable[[Callable[[list[Any]], Any]], object]] = {
    "spearman": lambda kind: stats.spearman(kind([1.0, 2.0, 3.0, 5.0]), kind([1.0, 3.0, 2.0, 4.0])),
    "kendall": lambda kind: stats.kendall(
        kind([1.0, 2.0, 3.0, 5.0]), kind([1.0, 3.0, 2.0, 4.0]), errors=(kind([0.1] * 4), kind([0.0] * 4))
    ),
    "pearson": lambda kind: stats.pearson(kind([1.0, 2.0, 3.0, 5.0]), kind([1.0, 3.0, 2.0, 4.0])),
    "robustness": lambda kind: stats.robustness(
        stats.Coefficient.SPEARMAN, kind([1.0, 2.0, 3.0, 5.0]), kind([1.0, 3.0, 2.0, 4.0])
    ),
    "mean_share": lambda kind: stats.mean_share(kind([1.0, 0.0, 0.5, 1.0]), kind(KEYS)),
    "design_effect": lambda kind: stats.design_effect(kind([1.0, 0.5, -1.0, -0.5]), kind(KEYS)),
    "retest_bins": lambda kind: stats.retest_bins(kind(KEYS), kind(KEYS), kind([1.0, 0.5, 0.75, 0.25])),
    "stated_bins": lambda kind: stats.stated_bins(kind([1.0, 0.5, 0.75, 0.25])),
    "holm": lambda kind: stats.holm(kind([0.01, 0.04, None, 0.2])),
    "self_disagreement": lambda kind: stats.self_disagreement(
        kind(KEYS), kind(["x"] * 4), kind(KEYS), kind(PREFERENCE)
    ),
    "variance_components": lambda kind: stats.variance_components(
        kind(KEYS), kind(ORDERS), clusters=kind(KEYS), preference=kind(PREFERENCE)
    ),
    "position_effect": lambda kind: stats.position_effect(
        stats.build_shown_verdicts(
            kind(["1", "1", "2", "2"]),
            kind(["candidate_first", "baseline_first"] * 2),
            kind([1.0, 0.5, 0.75, 0.5]),
            models=kind(["m"] * 4),
        )
    ),
    "pair_rank_brier": lambda kind: stats.pair_rank_brier(
        kind([1.0, 2.0, 3.0, 5.0]), kind([1.0] * 4), kind([1.0, 3.0, 2.0, 4.0])
    ),
    "fit_bradley_terry": lambda kind: (
        stats.fit_bradley_terry(
            build_battles(
                kind(["x", "y"]),
                a=kind(["x", "y", "x", "x"]),
                b=kind(["y", "x", "y", "y"]),
                outcome=kind([1.0, 0.5, 0.0, 1.0]),
                weight=kind([1.0, 1.0, 2.0, 1.0]),
                cluster=kind(KEYS),
            )
        ).strengths
    ),
}


@pytest.mark.parametrize("kind", ["array", "series", "series of objects", "series of pandas' own type"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_every_entry_point_reads_every_kind_of_column_by_position(
    call: Callable[[Callable[[list[Any]], Any]], object], kind: str
) -> None:
    def made(values: list[Any]) -> Any:
        # the names of two models have an index of their own
        return KINDS[kind](values) if len(values) == len(STRANGE) else tuple(values)

    assert repr(call(made)) == repr(call(list))


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "scores": (lambda: stats.spearman([1, 2, 3], [1, 2]), "reference is of length 2, and board of length 3"),
    "errors": (lambda: stats.spearman([1, 2], [1, 2], errors=([1, 2], [1])), r"errors\[1\] is of length 1"),
    "share": (lambda: stats.mean_share([0.5, 50], [1, 2]), r"values\[1\] is 50, outside \[0, 1\]. Give shares"),
    "stated": (lambda: stats.stated_bins([0.5, None]), r"preference\[1\] is missing. Leave out the rows"),
    "p": (lambda: stats.holm([0.5, 2]), r"p_values\[1\] is 2, outside \[0, 1\]. Give p-values"),
    "pair": (lambda: stats.indistinguishable(["a", "b"], [("a", "c")]), r"told_apart has \('a', 'c'\), .* Give two"),
    "orders": (
        lambda: stats.variance_components(list("aaa"), list("xyz"), clusters=list("aaa"), preference=[1, 1, 1]),
        "orders has 3 names, and a pair has two orders. Give",
    ),
    "order": (
        lambda: stats.build_shown_verdicts(["a"], ["first"], [1]),
        r"orders\[0\] is 'first'. Give candidate_first or baseline_first",
    ),
    "bounds": (lambda: stats.separability([[1, 2, 3]] * 4), r"intervals has the shape \(4, 3\), not \(models, 2\)"),
    "boards": (
        lambda: stats.agreement_with_confidence([[1, 2]] * 4, [[1, 2]] * 5),
        "board has 4 models, and reference has 5. Give the same",
    ),
    "model": (
        lambda: build_battles(["x", "y"], a=["x", "z"], b=["y", "y"], outcome=[1, 0]),
        r"a\[1\] is 'z', which is not listed. Name it",
    ),
    "outcome": (
        lambda: build_battles(["x", "y"], a=["x", "y"], b=["y", "x"], outcome=[1, 2]),
        r"outcome\[1\] is 2, not a probability from 0 to 1. Give",
    ),
    "matrix": (lambda: stats.better_shares([[0.5, 7]], [0, 1]), r"preference, flattened,\[1\] is 7, outside"),
    "columns": (lambda: stats.better_shares([[0.5, 1]], [0]), "cluster is of length 1, and a row of preference of"),
    "words": (lambda: stats.better_shares([["x"]], [0]), "preference is not a table of numbers"),
}


@pytest.mark.parametrize(("call", "said"), WRONG.values(), ids=WRONG.keys())
def test_every_entry_point_names_what_is_wrong(call: Callable[[], object], said: str) -> None:
    with pytest.raises(StatsError, match=said):
        call()


@pytest.mark.parametrize("confidence", [95, 0, 1, -0.5])
def test_a_confidence_is_a_share(confidence: float) -> None:
    sample = build_sample(list("ab"), [1, 0])
    rate = win_rate(sample)
    for call in (
        lambda: win_rate(sample, confidence=confidence),
        lambda: stats.length_controlled_win_rate(sample, confidence=confidence),
        lambda: stats.paired_difference(rate, rate, samples=(sample, sample), confidence=confidence),
        lambda: stats.rank_intervals([rate], [sample], confidence=confidence),
        lambda: stats.spearman([1, 2], [1, 2], confidence=confidence),
    ):
        with pytest.raises(StatsError, match=rf"confidence is {confidence:g}\. Give a number between 0 and 1"):
            call()


def test_estimates_are_compared_on_the_samples_that_they_were_measured_on() -> None:
    first, other = build_sample(list("abc"), [1, 0, 0.5]), build_sample(list("abd"), [1, 0.5, 0.5])
    fewer = build_sample(list("ab"), [1, 0])
    with pytest.raises(StatsError, match="different keys. Restrict both .* `common`"):
        stats.paired_difference(win_rate(first), win_rate(other), samples=(first, other))
    with pytest.raises(StatsError, match=r"estimate 1 was measured on 2 instructions, and samples\[1\] has 3. Give"):
        stats.rank_intervals([win_rate(first), win_rate(fewer)], [first, first])
    with pytest.raises(StatsError, match="1 estimates and 2 samples. Give one sample for each"):
        stats.rank_intervals([win_rate(first)], [first, fewer])
