"""A model's number by release, from the verdicts that were kept."""

import datetime
import gc
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from evalkit.boards.comparison import compare
from evalkit.boards.entries import Entry, Judging
from evalkit.boards.kept import decode_verdicts, encode_verdicts, keepable
from evalkit.boards.metrics import LC_WIN_RATE, WIN_RATE, Recipe
from evalkit.boards.release_choice import ReleaseChoice
from evalkit.boards.releases import Series, build_series, looks_at
from evalkit.errors import ConfigError
from evalkit.reporting import releases_text
from evalkit.stats.sample import build_sample
from evalkit.types import Audit, Finding, Severity
from tests.boards.kept import START, kept, kept_line

KEYS = [f"k{n:02d}" for n in range(60)]
CATEGORIES = {key: "abc"[n % 3] for n, key in enumerate(KEYS)}
RAW = Recipe(metric=WIN_RATE)


@pytest.fixture(autouse=True)
def no_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let statsmodels collect no garbage for each correction, which takes most of the time of these tests."""
    monkeypatch.setattr(gc, "collect", lambda *_: 0)


def entry(
    preference: Sequence[float | None], *, keys: Sequence[str] = KEYS, baseline: int = 100, controlled: bool = False
) -> Entry:
    """Verdicts on a model's answers; with `controlled`, their lengths are known as well as the baseline's."""
    n = len(preference)
    sample = build_sample(
        keys[:n],
        preference,
        length_difference=[float((number * 7) % 11 - 5) for number in range(n)] if controlled else None,
        baseline_length=[float(baseline + number) for number in range(n)],
    )
    return Entry("m", "j", "b", sample, avg_length=100.0, digest="d")


def line(entries: Sequence[Entry], recipe: Recipe = RAW, **options: Any) -> Series:
    runs, texts = kept_line(entries, categories=CATEGORIES)
    (series,) = build_series(runs, texts, [], recipe, **options)
    return series


def noise(seed: int, n: int = 60, *, shift: float = 0.0) -> list[float]:
    """Verdicts on instructions of their own difficulty, which all releases share."""
    hard = np.random.default_rng(1).normal(0, 1, n)
    own = np.random.default_rng(seed).normal(shift, 0.5, n)
    found: list[float] = (1 / (1 + np.exp(-(hard + own)))).tolist()
    return found


def test_kept_verdicts_give_back_the_entry_with_every_number() -> None:
    sample = build_sample(
        [*KEYS[:5], "gone"],
        [0.1, 1 / 3, 0.5, 0.7, 1.0, None],
        length_difference=[1.0, float("nan"), -3.0, 4.0, 5.0, 6.0],
        baseline_length=[10.0, 11.0, float("nan"), 13.0, 14.0, 15.0],
        clusters=["one", "one", *KEYS[2:5], "gone"],
        weight=[1.0, 2.0, 1.0, 1.0, 1.0, 1.0],
        measures={"bold": ([1.0] * 6, [float("nan")] * 6)},
    )
    finding = Finding("empty", Severity.FAIL, "all are empty", 5, 5, ("k00",))
    first = Entry("m", "j", "b", sample, 99.5, "d", "served", judging=Judging(readings={"stated": 5}),
                  scale=(1.0, 10.0), audit=Audit(5, ("empty",), (finding,)))  # fmt: skip
    run, text = kept(first, 0, categories=CATEGORIES)
    found = decode_verdicts(text, run)
    assert encode_verdicts(found, CATEGORIES) == text
    for name in (
        "preference",
        "length_difference",
        "baseline_length",
        "weight",
        "cluster",
        "missing_length_difference",
    ):
        np.testing.assert_array_equal(getattr(found.sample, name), getattr(sample, name))
    assert (found.sample.keys, found.sample.missing) == (sample.keys, sample.missing)
    assert (found.sample.clusters, found.group) == (sample.clusters, first.group)
    assert (found.scale, found.avg_length, found.refused) == ((1.0, 10.0), 99.5, True)
    assert found.slices["category b"].keys == ("k01", "k04")
    # imported verdicts have no outputs to be told apart by
    assert not keepable(first)


def test_changes_are_those_of_a_comparison_of_the_same_verdicts() -> None:
    before, after = (entry(noise(seed), controlled=True) for seed in (2, 3))
    for recipe in (RAW, Recipe()):
        change = line([before, after], recipe).releases[1].change
        assert change is not None
        compared = compare([replace(after, model="n"), before], recipe, models=["n", "m"])
        expected = compared.pairs[0].differences[recipe.metric]
        assert change.difference.estimate == expected.estimate
        assert (change.n, change.difference.p_value) == (60, expected.p_value)


def test_a_change_by_hand_is_the_paired_interval() -> None:
    # differences of 0.2, 0, 0.4 and 0.2: mean 0.2, deviation 0.1633, over the root of 4, and Student's 3.1824
    found = line([entry([0.5, 0.5, 0.2, 0.6]), entry([0.7, 0.5, 0.6, 0.8])]).releases[1].change
    assert found is not None
    shown = found.difference.estimate
    assert shown.value == pytest.approx(20.0)
    assert shown.stderr == pytest.approx(100 * math.sqrt(0.08 / 3) / 2)
    assert shown.lower == pytest.approx(20 - 25.98, abs=0.01)
    assert shown.upper == pytest.approx(20 + 25.98, abs=0.01)


def test_only_the_category_that_fell_is_told_and_the_correction_is_holms() -> None:
    # with less than some twenty instructions in a category, the interval allows for rare wins
    keys = [f"{number:03d}" for number in range(120)]
    categories = {key: "abc"[number % 3] for number, key in enumerate(keys)}
    before = [0.01 + 0.98 * value for value in noise(2, 120)]
    other = [value + 0.005 * (-1) ** number for number, value in enumerate(before)]
    after = [value - 0.3 * value * (categories[key] == "b") for key, value in zip(keys, other, strict=True)]
    runs, texts = kept_line([entry(some, keys=keys) for some in (before, other, after)], categories=categories)
    (series,) = build_series(runs, texts, [], RAW)
    moved = [() if release.change is None else release.change.moved for release in series.releases]
    assert moved == [(), (), ("b",)]
    change = series.releases[2].change
    assert change is not None
    assert change.significant
    raw = {name: part.p_value for name, part in change.categories.items()}
    assert change.categories["b"].adjusted == pytest.approx(3 * (raw["b"] or 0))


def test_unchanged_models_seldom_move_a_category() -> None:
    """Verdicts of wins and losses, which are not the normal differences that the test is made for."""
    generator, n, alarms = np.random.default_rng(5), 150, 0
    keys = [f"{number:03d}" for number in range(n)]
    categories = {key: "abcdef"[number % 6] for number, key in enumerate(keys)}
    rounds = 30
    for _ in range(rounds):
        chance = generator.beta(1, 1, n)
        pair = [entry((generator.random(n) < chance).astype(float).tolist(), keys=keys) for _ in range(2)]
        runs, texts = kept_line(pair, categories=categories)
        (series,) = build_series(runs, texts, [], RAW)
        change = series.releases[1].change
        assert change is not None
        assert len(change.categories) == 6
        alarms += bool(change.moved)
    # 5 % are allowed: one or two are expected at most, and more than five come once in 300 times
    assert alarms <= 5


def test_the_same_outputs_are_no_new_release_unless_named_and_no_new_look() -> None:
    first, second = entry(noise(2)), entry(noise(3))
    steps = [
        kept(first, 0, outputs="A"),
        kept(first, 1, outputs="A", label="v1"),
        kept(first, 2, outputs="A", outcome="passed", command="gate", rule="win_rate at least 50"),
        kept(second, 3, outputs="B", commit="c" * 40),
        kept(first, 4, outputs="A", label="v1.0.1"),
        kept(first, 5, outputs="A", label="v1.0.2"),
    ]
    texts = {run.verdicts: text for run, text in steps}
    (series,) = build_series([run for run, _ in steps], texts, [], RAW, budget=2)
    assert [release.name for release in series.releases] == ["v1", "ccccccc", "v1.0.1", "v1.0.2"]
    assert [release.same_as for release in series.releases] == [None, None, "v1", "v1"]
    assert [len(release.runs) for release in series.releases] == [3, 1, 1, 1]
    assert series.releases[0].at == START
    decision = series.releases[0].decision
    assert decision is not None
    assert decision.rule == "win_rate at least 50"
    assert (series.looks.n, series.looks.instructions, series.looks.used_up) == (2, 60, True)


def test_a_look_at_half_of_the_instructions_is_a_look_and_new_ones_begin_anew() -> None:
    looked = [("A", KEYS), ("B", KEYS[:30]), ("C", [*KEYS[:14], *(f"new{n}" for n in range(16))]), ("A", KEYS)]
    assert looks_at(KEYS, looked) == 2
    assert looks_at(KEYS[:10], looked) == 3
    assert looks_at([f"new{n}" for n in range(16)], looked) == 1
    assert looks_at([], looked) == 0


def test_looks_by_other_judges_count_because_they_are_at_the_same_instructions() -> None:
    first, second = entry(noise(2)), replace(entry(noise(3)), digest="e")
    runs, texts = kept_line([first, second])
    found = build_series(runs, texts, [], RAW)
    # the judge that measured last comes first
    assert [(series.digest, len(series.releases), series.looks.n) for series in found] == [("e", 1, 2), ("d", 1, 2)]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"baseline_outputs": "other"}, "the baseline's answers changed"),
        ({"questions": "others"}, "the baseline's answers changed"),
        ({}, "no instruction in common"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(changed: dict[str, Any], reason: str) -> None:
    # other answers of the baseline show by their lengths where the instructions differ as well
    keys = KEYS if changed else [f"n{number}" for number in range(60)]
    after = entry(noise(3), keys=keys, baseline=101 if "questions" in changed else 100)
    runs, texts = kept_line([entry(noise(2)), after])
    (series,) = build_series([runs[0], replace(runs[1], **changed)], texts, [], RAW)
    change = series.releases[1].change
    assert change is not None
    assert (change.difference.estimate.value, change.difference.estimate.status.reason) == (None, reason)
    assert not change.moved
    assert not series.releases[1].rung.improves
    assert series.looks.lift is None


def test_outputs_that_failed_their_audit_have_no_number() -> None:
    finding = Finding("empty", Severity.FAIL, "all are empty", 60, 60)
    refused = replace(entry(noise(3)), audit=Audit(60, ("empty",), (finding,)))
    series = line([entry(noise(2)), refused])
    assert series.releases[1].estimate.value is None
    change = series.releases[1].change
    assert change is not None
    assert change.difference.estimate.status.reason == "the outputs of #2 failed the audit"


def test_the_ladder_takes_a_lead_within_its_error_for_no_improvement() -> None:
    worse = [0.999 * value for value in noise(4, shift=1.0)]
    series = line([entry(noise(2)), entry(noise(4)), entry(noise(4, shift=1.0)), entry(worse)])
    assert [release.rung.improves for release in series.releases] == [True, False, True, False]
    assert series.best is series.releases[2]
    rung = series.releases[1].rung
    assert rung.step is not None
    assert rung.lead is not None
    assert abs(rung.lead.value or 0) <= rung.step == rung.lead.stderr


def test_the_best_of_equal_releases_lies_as_far_above_as_is_said() -> None:
    """Equal releases whose verdicts share the difficulty of the instructions."""
    generator, said, found = np.random.default_rng(8), [], []
    for _ in range(12):
        hard = generator.normal(0, 1, 60)
        rows = [1 / (1 + np.exp(-(hard + generator.normal(0, 0.7, 60)))) for _ in range(5)]
        runs, texts = kept_line([entry(row.tolist()) for row in rows])
        (series,) = build_series(runs, texts, [], RAW)
        values = [release.estimate.value or 0.0 for release in series.releases]
        assert series.looks.lift is not None
        said.append(series.looks.lift)
        found.append(max(values) - float(np.mean(values)))
    # the mean of the five has an error that the five share, so that the excess over it is that over the truth
    assert np.mean(found) == pytest.approx(np.mean(said), rel=0.25)


def test_a_release_of_an_earlier_day_keeps_its_place_whatever_comes_later() -> None:
    runs, texts = kept_line([entry(noise(2)), entry(noise(3)), entry(noise(4))])
    whole = build_series(runs, texts, [], RAW)[0].releases
    part = build_series(runs[:2], texts, [], RAW)[0].releases
    assert [release.estimate for release in whole[:2]] == [release.estimate for release in part]
    assert whole[1].at - whole[0].at == datetime.timedelta(days=1)


def test_at_equal_length_every_release_is_measured_alike() -> None:
    series = line([entry(noise(seed), controlled=True) for seed in (2, 3)], Recipe())
    assert series.metric == LC_WIN_RATE
    assert all(release.estimate.value is not None for release in series.releases)


def named_line(*given: tuple[str, Entry, dict[str, Any]], **options: Any) -> Series:
    """Releases by label, a day apart; further fields of a run may be given."""
    found = [kept(one, day, categories=CATEGORIES, label=label, **fields) for day, (label, one, fields) in
             enumerate(given)]  # fmt: skip
    texts = {run.verdicts: text for run, text in found}
    (series,) = build_series([run for run, _ in found], texts, [], RAW, **options)
    return series


GOOD, BAD = entry([0.7, 0.6, 0.9] * 20), entry([0.2, 0.4, 0.5] * 20)
LIMITED, STOPPED = entry([0.9] * 12), entry([0.3] * 30 + [None] * 30)


def test_partial_releases_are_marked_and_left_out_of_the_chain_unless_asked() -> None:
    four: Any = (("v1", GOOD, {}), ("v2", LIMITED, {}), ("v3", STOPPED, {}), ("v4", BAD, {}))
    series = named_line(*four)
    partial = {release.name: release.partial for release in series.releases}
    assert partial == {
        "v1": None,
        "v2": "12 of the 60 instructions of v1",
        "v3": "30 of 60 instructions have a verdict",
        "v4": None,
    }
    assert [release.name for release in series.compared] == ["v1", "v4"]
    change = series.releases[3].change
    assert change is not None and change.n == 60
    assert change.difference.estimate.value == pytest.approx(100 * (11 / 30 - 22 / 30))
    assert series.releases[3].rung.best == 0 and series.releases[1].change is None
    text = releases_text([series])
    assert "v2 (partial)" in text and "v4 is worse than v1" in text
    assert "v2: partial, 12 of the 60 instructions of v1. It is left out of the changes and the ladder" in text
    # no look is forgotten
    assert series.looks.n == 4
    asked = named_line(*four, choice=ReleaseChoice(partial=True))
    assert [release.name for release in asked.compared] == ["v1", "v2", "v3", "v4"]
    assert asked.releases[1].change is not None and asked.releases[1].change.n == 12
    # a release stands by itself if no other is whole
    alone = named_line(("v3", STOPPED, {}))
    assert alone.compared == alone.releases and "has one release" in releases_text([alone])


def test_releases_are_chosen_by_day_and_name_and_looks_stay() -> None:
    three: Any = (("v1", GOOD, {}), ("v2", LIMITED, {}), ("v3", BAD, {}))

    def names(**wanted: Any) -> list[str]:
        series = named_line(*three, choice=ReleaseChoice(**wanted))
        assert series.looks.n == 3
        return [release.name for release in series.releases]

    day = (START + datetime.timedelta(days=1)).date().isoformat()
    assert names(since=day) == names(since="v2") == ["v2", "v3"]
    assert names(since="2026-01-06T09:30:01+00:00") == ["v3"]
    assert names(without=("v2",)) == ["v1", "v3"]
    assert names(since="v2", without=("v2",)) == ["v3"]
    for wanted, said in (
        ({"since": "v9"}, r"--since: unknown release 'v9'\..* Known: v1, v2, v3. A day is written as 2026-01-31"),
        ({"without": ("v9",)}, r"unknown release 'v9'\..* Known: v1, v2, v3"),
        ({"since": "2027-01-01"}, "leave no release. There are: v1, v2, v3"),
    ):
        with pytest.raises(ConfigError, match=said):
            names(**wanted)


def test_equal_outputs_have_the_difference_0_and_the_reason_although_verdicts_differ() -> None:
    again = entry([0.6, 0.6, 0.9] * 20)
    series = named_line(("v1", GOOD, {"outputs": "o"}), ("v2", again, {"outputs": "o"}), ("v3", BAD, {}))
    change = series.releases[1].change
    assert change is not None and change.same_outputs and change.moved == () and not change.significant
    assert change.difference.estimate.value == 0 and change.difference.estimate.lower is None
    assert change.difference.estimate.notes == ("the same outputs",) and not series.releases[1].rung.improves
    assert series.releases[2].change is not None and not series.releases[2].change.same_outputs
    text = releases_text([series])
    (row,) = [one for one in text.splitlines() if one.startswith("v2 ")]
    assert "0.00" in row and "same outputs" in row
    two = named_line(("v1", GOOD, {"outputs": "o"}), ("v2", again, {"outputs": "o"}))
    assert releases_text([two]).startswith("m: v2 has the same outputs as v1: nothing changed.")


def test_a_narrow_terminal_gets_two_tables_whose_lines_are_whole() -> None:
    series = named_line(("v1", GOOD, {}), ("v2", BAD, {}))
    wide, narrow = releases_text([series]), releases_text([series], columns=70)
    table = narrow.split("\n\n")[1:3]
    assert [len(part.splitlines()) for part in table] == [3, 3]
    assert max(len(one) for part in table for one in part.splitlines()) <= 70
    assert all(part.splitlines()[2].startswith("v2 ") for part in table)
    assert releases_text([series], columns=200) == wide
