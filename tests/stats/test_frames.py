"""Samples from data frames with a row a verdict."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import evalkit
from evalkit.errors import StatsError
from evalkit.stats import (
    Combine,
    Sample,
    build_sample,
    build_sample_from_frame,
    build_samples_by_model,
    paired_difference,
    win_rate,
)
from tests.stats.stat_samples import numbers

REPOSITORY = Path(__file__).parents[2]
MODELS = ("careful", "terse", "wordy")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("results")
    for model in MODELS:
        outputs = REPOSITORY / "examples" / "outputs" / f"{model}.json"
        evalkit.annotate(outputs, benchmark="example", results=results)
    return results


def test_real_verdicts_give_the_numbers_of_the_board(judged: Path) -> None:
    frame = evalkit.verdicts(benchmark="example", results=judged).frame
    board = evalkit.leaderboard(benchmark="example", results=judged).frame.set_index("model")
    samples = build_samples_by_model(frame)
    assert tuple(samples) == MODELS
    for model, sample in samples.items():
        row, found = board.loc[model].to_dict(), win_rate(sample).estimate
        names = ("win_rate", "win_rate_stderr", "win_rate_lower", "win_rate_upper")
        # a board has nine decimals
        assert numbers(found) == pytest.approx([row[name] for name in names], abs=1e-9)
        assert (sample.n + sample.n_missing, sample.n_missing) == (row["n_total"], row["n_missing"])
        alone = build_sample_from_frame(frame[frame["model"] == model])
        assert (alone.keys, alone.clusters) == (sample.keys, sample.clusters)
        assert win_rate(alone).estimate == found
        assert sample.length_difference is not None and sample.baseline_length is not None
    first, second = samples["careful"], samples["terse"]
    lead = paired_difference(win_rate(first), win_rate(second), samples=(first, second))
    rates = board["win_rate"].to_dict()
    assert lead.value == pytest.approx(rates["careful"] - rates["terse"], abs=1e-8)


def table(**changes: Any) -> pd.DataFrame:
    columns = {
        "model": ["a", "b", "a", "b", "a"],
        "judge": "j",
        "baseline": None,
        "key": [1, 1, 1, 1, 2],
        "order": ["x", "x", "y", "y", "x"],
        "preference": [1.0, 0.5, 0.5, None, 0.25],
        "model_chars": [10, 20, 10, 20, 30],
        "baseline_chars": [15.0, 15.0, 15.0, 15.0, None],
        "cluster": ["c", "c", "c", "c", "d"],
        **changes,
    }
    return pd.DataFrame(columns, index=[3, 3, 1, 0, 9])


def content(sample: Sample) -> tuple[object, ...]:
    lengths = None if sample.length_difference is None else sample.length_difference[:1].tolist()
    return sample.keys, sample.missing, sample.preference.tolist(), sample.clusters, lengths


def test_each_model_has_its_rows_by_position() -> None:
    found = build_samples_by_model(table())
    assert content(found["a"]) == (("1", "2"), (), [0.75, 0.25], ("c", "d"), [-5.0])
    assert content(found["b"]) == ((), ("1",), [], (), [])


def test_other_names_and_a_mapping_do_as_well() -> None:
    frame = table().rename(columns={"preference": "won", "key": "item", "order": "shown", "model": "system"})
    names: dict[str, Any] = {"preference": "won", "key": "item", "order": "shown", "model": "system"}
    for one in (frame, {name: frame[name].tolist() for name in frame}):
        assert content(build_samples_by_model(one, **names)["a"]) == content(build_samples_by_model(table())["a"])


def test_columns_besides_key_and_preference_may_be_missing_or_left_out() -> None:
    bare: dict[str, list[Any]] = {"key": ["a", "a", "b"], "preference": [1.0, 0.0, 0.5]}
    assert content(build_sample_from_frame(bare)) == content(build_sample(bare["key"], [1.0, 0.0, 0.5]))
    alone = table()[table()["model"] == "a"]
    found = build_sample_from_frame(alone, order=None, cluster=None, model_chars=None)
    assert content(found) == (("1", "2"), (), [0.75, 0.25], ("1", "2"), None)


def test_weights_and_the_rule_of_combining_are_passed_on() -> None:
    alone = table(heft=[3.0, 1.0, 1.0, 1.0, 1.0]).query("model == 'a'")
    found = build_sample_from_frame(alone, weight="heft", combine=Combine.AGREEMENT)
    assert found.weight is not None
    assert (found.preference.tolist(), found.weight.tolist()) == ([0.5, 0.0], [2.0, 1.0])


@pytest.mark.parametrize("column", ["model", "judge", "baseline"])
def test_a_sample_is_of_one_model_one_judge_and_one_baseline(column: str) -> None:
    frame = table(**{"model": "a", column: list("vwxyz")})
    said = rf"5 {column}s \('v', 'w', 'x', ...\), and .* of one. Select one, as in frame\[frame\['{column}'\] == 'v'\]"
    with pytest.raises(StatsError, match=said):
        build_sample_from_frame(frame)
    if column == "model":
        assert list(build_samples_by_model(frame)) == list("vwxyz")
    else:
        with pytest.raises(StatsError, match=said):
            build_samples_by_model(frame)


@pytest.mark.parametrize(
    ("changes", "names", "said"),
    [
        ({}, {"preference": "won"}, "no column 'won'. Name one of its columns, as in preference=...: model, judge"),
        ({}, {"key": "item"}, "no column 'item'. Name one of its columns, as in key=...: model, judge"),
        ({}, {"order": "shown"}, "no column 'shown'. Name one of its columns, as in order=...: model, judge"),
        ({}, {"weight": "heft"}, "no column 'heft'. Name one of its columns, as in weight=...: model, judge"),
        ({"preference": [2, 1, 1, 1, 1]}, {}, r"preference\[0\], of instruction '1', is 2, outside \[0, 1\]"),
        ({"model_chars": list("abcde")}, {}, r"model_chars\[0\] is 'a', which is not a number"),
        ({"cluster": ["c", "c", None, "c", "c"]}, {}, r"cluster\[2\] is missing"),
        ({"model": ["a", None, "a", "a", "a"]}, {}, r"model\[1\] is missing"),
    ],
)
def test_a_wrong_column_is_named(changes: dict[str, Any], names: dict[str, Any], said: str) -> None:
    with pytest.raises(StatsError, match=said):
        build_samples_by_model(table(**changes), **names)
