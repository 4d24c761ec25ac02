"""Blanks around an answer are no length, through whichever door its verdict comes."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from evalkit.api.boards import Wishes, gathering_of
from evalkit.boards import LC_COMPAT
from evalkit.boards.entries import Aggregation, Entry, Lengths
from evalkit.engine.limits import Limits
from evalkit.formats.alpaca_eval import write_annotations
from evalkit.judge_spec.config import read_judge
from evalkit.judging.layout import Options
from evalkit.judging.run import annotate
from evalkit.judging.work import plan_all
from evalkit.sources.entries import entries_of_files, entries_of_store
from evalkit.sources.exports import export_verdicts
from evalkit.sources.selection import Sources
from evalkit.sources.stored import Scope
from evalkit.store import Store
from evalkit.types import Example, Output, OutputSet
from tests.cli.gating import verdict_rows, write_table

N = 40
WHOLE = Aggregation(lengths=Lengths.CHARACTERS)


def outputs(model: str, blanks: str, *, turns: int) -> OutputSet:
    """Answers of n + 1 characters a turn, every third with blanks behind each of them."""
    examples = tuple(
        Example(f"k{n:02d}", tuple(f"Task {n} of turn {turn}." for turn in range(turns)), cluster=f"c{n}")
        for n in range(N)
    )
    said = tuple(
        Output(one.key, model, tuple(f"{model[0] * (n + 1)}{blanks if n % 3 == 0 else ''}" for _ in range(turns)))
        for n, one in enumerate(examples)
    )
    return OutputSet(model, f"{model}.json", examples, said)


def differences(entry: Entry) -> list[float]:
    assert entry.sample.length_difference is not None
    return [float(one) for one in entry.sample.length_difference]


@pytest.mark.parametrize("turns", [1, 2])
def test_every_door_takes_the_same_blanks_off(store: Store, tmp_path: Path, turns: int) -> None:
    baseline, candidate = outputs("base", "\n\u200b", turns=turns), outputs("cand", " \u3000\n ", turns=turns)
    baseline = dataclasses.replace(baseline, outputs=tuple(reversed_lengths(baseline, turns)))
    judge = read_judge("surface")
    (work,) = plan_all(baseline, [candidate], [judge], Options("bench"), secret=store.secret)
    (done,) = annotate([work], store, limits=Limits())
    export_verdicts(store, "parquet", tmp_path, Scope("bench"))
    written = tmp_path / "annotations.json"
    write_annotations(written, done.annotations, work.answered)
    expected = [turns * ((n + 1) - (N - n)) for n in range(N)]
    blank = [turns * (4 * (n % 3 == 0) - 2 * ((N - 1 - n) % 3 == 0)) for n in range(N)]
    assert len(set(expected)) > 20 and set(blank) > {0}
    whole = [one + more for one, more in zip(expected, blank, strict=True)]
    for aggregation, told in ((Aggregation(), expected), (WHOLE, whole)):
        (stored,) = entries_of_store(store, benchmark="bench", aggregation=aggregation)
        (of_rows,) = entries_of_files([written], aggregation=aggregation)
        (of_table,) = entries_of_files([tmp_path / "verdicts.parquet"], aggregation=aggregation)
        for entry in (stored, of_rows, of_table):
            assert sorted(differences(entry)) == sorted(map(float, told))
            # the mean length of an answer counts all of it
            assert entry.avg_length == np.mean([output.chars for output in candidate.outputs])


def reversed_lengths(outputs: OutputSet, turns: int) -> list[Output]:
    """The same texts in reverse: the first answers are the longest."""
    texts = [one.texts for one in reversed(outputs.outputs)]
    return [dataclasses.replace(one, texts=text) for one, text in zip(outputs.outputs, texts, strict=True)]


def test_a_table_that_brings_lengths_keeps_them(tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.csv", verdict_rows(0.5, N))
    (kept,), (whole,) = entries_of_files([table]), entries_of_files([table], aggregation=WHOLE)
    assert differences(kept) == differences(whole) and set(differences(kept)) == {150.0, -150.0}


def test_the_published_formula_counts_every_character_and_ours_do_not() -> None:
    made = {
        name: gathering_of(Sources(board="alpaca_eval"), Wishes(estimator=name)).lengths for name in ("lc", LC_COMPAT)
    }
    assert made == {"lc": Lengths.TEXT, LC_COMPAT: Lengths.CHARACTERS}


@pytest.mark.parametrize("blanks", [" ", "\u200b", "\u2003\n"])
def test_nine_hundred_blanks_behind_an_answer_make_it_no_longer(store: Store, blanks: str) -> None:
    baseline, judge = outputs("base", "", turns=1), read_judge("surface")
    found = []
    for amount in (0, 900):
        padded = outputs("cand", blanks * amount, turns=1)
        (work,) = plan_all(baseline, [padded], [judge], Options(f"bench {amount}"), secret=store.secret)
        list(annotate([work], store, limits=Limits()))
        (entry,) = entries_of_store(store, benchmark=f"bench {amount}")
        found.append(differences(entry))
    assert found[0] == found[1] == [0.0] * N
