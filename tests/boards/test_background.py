"""What teaches a row: a history of its judge, the models beside it, or what judges have in common."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evalkit.boards.background import HistorySource, judge_identity
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import DifficultySource
from evalkit.boards.rates import Estimators, learn
from evalkit.errors import InputError, StatsError
from evalkit.formats.histories import write_history_file
from evalkit.judge_spec.config import read_judge
from evalkit.provenance.background import background_document, background_of
from evalkit.provenance.row_content import row_document, row_values
from evalkit.sources.entries import entries_of_store
from evalkit.sources.selection import Sources, read_recipe
from evalkit.stats.recorded import JudgeIdentity
from evalkit.store import Store
from evalkit.types import Audit, Finding, PromptMode, Severity
from tests.api.test_verification import BENCHMARK, judged
from tests.boards.taught import AUTO, KNOWN, POSITIONS, history_of, knowing, lone, models, taught
from tests.stats.stat_samples import sample_of

REFUSED = Audit(100, ("distinct",), (Finding("distinct", Severity.FAIL, "one answer to all", 100, 100),))


def test_the_shipped_history_teaches_a_lone_model_of_its_judge_and_baseline() -> None:
    (shipped,) = KNOWN.files
    assert (shipped.judge.name, shipped.baseline) == ("weighted_alpaca_eval_gpt4_turbo", "gpt4_1106_preview")
    found = taught([lone()])
    assert (found.source, found.models) == (HistorySource.FILE, len(shipped.history.members))
    assert found.rests_on == {"alpaca_eval": shipped.digest} and len(shipped.digest) == 64
    assert found.own_history and found.confounding is None and found.prior is shipped.history.prior


def test_another_judge_takes_no_slope_from_the_shipped_history_and_the_row_says_so() -> None:
    found = taught([lone(judge="my_judge")])
    assert (found.source, found.own_history) == (HistorySource.DIFFICULTY_OF_FILE, False)
    assert found.prior is KNOWN.generic.beside_difficulty and found.confounding is KNOWN.generic.confounding
    assert "another judge, weighted_alpaca_eval_gpt4_turbo" in str(found)
    row = Estimators(AUTO, found).row(lone(judge="my_judge"))
    assert row_values(row)["lc_source"] == HistorySource.DIFFICULTY_OF_FILE.value
    assert any("under another judge" in note for note in row_document(row)["notes"])


def test_another_baseline_takes_nothing_from_the_shipped_history() -> None:
    assert taught([lone(baseline="text_davinci_003")]).source == HistorySource.GENERIC


@pytest.mark.parametrize(
    ("strangers", "source"), [(5, HistorySource.FILE), (6, HistorySource.FILE), (7, HistorySource.GENERIC)]
)
def test_of_a_rows_instructions_a_history_knows_all_but_a_twentieth(strangers: int, source: HistorySource) -> None:
    keys = (*POSITIONS[: 120 - strangers], *(f"stranger {n}" for n in range(strangers)))
    sample = models(1, sorted(keys))[0].sample
    found = taught([lone(sample=sample)])
    assert found.source == source
    told = found.difficulty("model-0-00", sample)
    assert source == HistorySource.GENERIC or (
        told is not None and all(told[f"stranger {n}"] == 0 for n in range(strangers))
    )


def test_a_history_knows_instructions_by_their_digest_with_and_without_blanks_around() -> None:
    (shipped,) = KNOWN.files
    digests = [names[-1] for names in shipped.keys]
    assert taught([lone(sample=models(1, sorted(digests[:100]))[0].sample)]).source == HistorySource.FILE
    assert max(map(len, shipped.keys)) == 3


def test_the_name_of_a_benchmark_decides_nothing(tmp_path: Path) -> None:
    named = tmp_path / "renamed.yaml"
    named.write_text("description: the same questions\n")
    for board in ("alpaca_eval", str(named), "imported"):
        assert taught([lone()], read_recipe(Sources(board=board))).source == HistorySource.FILE
    other = models(1, [f"own {n}" for n in range(60)], judge=lone().judge, baseline=lone().baseline)
    assert taught(other, read_recipe(Sources(board="alpaca_eval"))).source == HistorySource.GENERIC


@pytest.mark.parametrize(
    ("n", "source"),
    [
        (1, HistorySource.GENERIC),
        (4, HistorySource.GENERIC),
        (5, HistorySource.DIFFICULTY_OF_MODELS),
        (19, HistorySource.DIFFICULTY_OF_MODELS),
        (20, HistorySource.MODELS),
        (22, HistorySource.MODELS),
    ],
)
def test_without_a_history_as_many_models_teach_as_there_are(n: int, source: HistorySource) -> None:
    entries = models(n)
    found = taught(entries)
    assert found.source == source and found.own_history == (source == HistorySource.MODELS)
    assert (found.confounding is None) == found.own_history
    assert found.models == (0 if source == HistorySource.GENERIC else n)
    row = learn(entries, AUTO).row(entries[0])
    assert row_values(row)["lc_source"] == source.value
    assert row.lc.value is not None and any(str(found) in note for note in row_document(row)["notes"])
    assert source == HistorySource.GENERIC or f"from {n} models here" in str(found)


def test_few_models_leave_all_of_difficulty_to_be_mistaken_for_length() -> None:
    assert {taught(models(n)).confounding for n in (5, 19)} == {KNOWN.generic.confounding}


def test_the_judges_own_models_come_before_another_judges_difficulty() -> None:
    baseline = lone().baseline
    assert taught(models(4, judge="my_judge", baseline=baseline)).source == HistorySource.DIFFICULTY_OF_FILE
    assert taught(models(5, judge="my_judge", baseline=baseline)).source == HistorySource.DIFFICULTY_OF_MODELS
    assert taught(models(20, judge=lone().judge, baseline=lone().baseline)).source == HistorySource.FILE


def test_models_whose_outputs_an_audit_refuses_teach_nothing() -> None:
    entries = models(20)
    assert taught(entries).source == HistorySource.MODELS
    refused = [*entries[:19], replace(entries[19], audit=REFUSED)]
    found = taught(refused)
    assert found.source == HistorySource.DIFFICULTY_OF_MODELS and entries[19].model not in found.rests_on
    assert taught([replace(one, audit=REFUSED) for one in entries]).source == HistorySource.GENERIC


def test_models_of_unknown_lengths_and_one_without_verdicts_teach_nothing_and_hide_no_history() -> None:
    shortless = [replace(one, sample=replace(one.sample, length_difference=None)) for one in models(30)]
    assert taught(shortless).source == HistorySource.GENERIC
    silent = lone(model="silent", sample=sample_of(np.full(30, np.nan), keys=POSITIONS[:30]))
    assert silent.sample.n == 0
    assert taught([lone(), silent]).source == HistorySource.FILE


def test_a_source_that_was_named_is_the_one(tmp_path: Path) -> None:
    entries = models(20)
    write_history_file(tmp_path / "own.json", history_of(entries))
    (tmp_path / "values.csv").write_text(
        "index,instruction_difficulty\n" + "".join(f"{n},{n / 60 - 1}\n" for n in range(120))
    )
    wanted = {
        "fit": HistorySource.MODELS,
        "none": HistorySource.NONE,
        str(tmp_path / "own.json"): HistorySource.FILE,
        str(tmp_path / "values.csv"): HistorySource.VALUES,
    }
    for named, source in wanted.items():
        found = taught(entries, read_recipe(Sources(board="alpaca_eval", difficulty=named)))
        assert found.source == source, named
        assert (found.confounding is None) == found.own_history
    with pytest.raises(StatsError, match="choose --difficulty auto"):
        taught(entries[:4], read_recipe(Sources(board="alpaca_eval", difficulty="fit")))
    assert (
        taught(entries[:5], read_recipe(Sources(board="alpaca_eval", difficulty="fit"))).source == HistorySource.MODELS
    )


@pytest.mark.parametrize(
    ("strange", "said"),
    [
        ("baseline", "was learned against 'base', and these models are compared with 'other'"),
        ("instructions", "knows 0 of 60 instructions of 'model-0-00'; 95% are needed"),
    ],
)
def test_a_named_history_of_something_else_is_refused_in_one_line(tmp_path: Path, strange: str, said: str) -> None:
    write_history_file(tmp_path / "own.json", history_of(models(20)))
    recipe = read_recipe(Sources(board="alpaca_eval", difficulty=str(tmp_path / "own.json")))
    other = {
        "baseline": models(3, baseline="other"),
        "instructions": models(3, [f"key {n}" for n in range(60)]),
    }
    with pytest.raises(InputError, match=f"history 'own' {said}") as caught:
        taught(other[strange], recipe)
    assert "\n" not in str(caught.value) and "--difficulty auto" in str(caught.value)


def test_a_named_history_of_another_judge_tells_difficulty_only(tmp_path: Path) -> None:
    write_history_file(tmp_path / "own.json", history_of(models(20)))
    recipe = read_recipe(Sources(board="alpaca_eval", difficulty=str(tmp_path / "own.json")))
    assert taught(models(1, judge="other"), recipe).source == HistorySource.DIFFICULTY_OF_FILE


@pytest.fixture
def live(store: Store) -> Entry:
    judged(store)
    (entry,) = entries_of_store(store, benchmark=BENCHMARK)
    return entry


def source_of(entry: Entry, judge: JudgeIdentity) -> HistorySource:
    others = [replace(one, baseline=entry.baseline) for one in models(20, entry.sample.keys)]
    return taught([entry], knowing(history_of(others, judge=judge))).source


def test_a_live_judge_is_the_same_by_its_model_prompt_and_parser_whatever_its_name(live: Entry) -> None:
    own = judge_identity(live)
    surface = read_judge("surface")
    assert (own.name, own.model, own.parser) == ("surface", surface.model, surface.parser)
    assert source_of(live, own) == HistorySource.FILE
    assert source_of(live, replace(own, name="another name")) == HistorySource.FILE
    for change in ({"model": "m"}, {"prompt": "0" * 64}, {"parser": "p"}):
        assert source_of(live, replace(own, **change)) == HistorySource.DIFFICULTY_OF_FILE
    # of recorded verdicts nothing but the judge's name is known
    assert source_of(live, JudgeIdentity("surface")) == HistorySource.DIFFICULTY_OF_FILE


def test_a_recording_is_of_the_judge_that_it_names(live: Entry) -> None:
    assert live.plan is not None
    plan = replace(live.plan, prompt_mode=PromptMode.RECORDED, judge_model="recorded_judge", prompt=None)
    replayed = replace(live, plan=plan)
    assert judge_identity(replayed) == JudgeIdentity("recorded_judge")
    assert source_of(replayed, JudgeIdentity("recorded_judge")) == HistorySource.FILE
    assert source_of(replayed, JudgeIdentity("surface")) == HistorySource.DIFFICULTY_OF_FILE


def test_what_taught_a_row_is_written_to_the_last_digit() -> None:
    cases = [[lone()], [lone(judge="other")], [lone(baseline="other")], models(6), models(20)]
    backgrounds = [(taught(one), one[0]) for one in cases]
    backgrounds += [(taught([lone()], replace(AUTO, difficulty=DifficultySource.NONE)), lone())]
    for found, entry in backgrounds:
        rested = found.for_row(entry.model, entry.sample)
        document = json.loads(json.dumps(background_document(rested), allow_nan=False))
        again = background_of(document)
        assert background_document(again) == document
        assert Estimators(AUTO, again).row(entry).lc == Estimators(AUTO, found).row(entry).lc
        assert again.values is None or set(again.values) == set(entry.sample.keys)
