"""Verdicts that judges gave already, joined to people's labels."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.formats import HumanFile, JudgedLabels, Rows, read_human, read_recorded_verdicts, write_annotations
from evalkit.types import Annotation, Order, Reading, Slot
from tests.formats.human.test_reading import ITEMS, ROW, conversation, mt_bench_row, read, real

Fields = dict[str, Any]
PAIRS = [{"instruction": f"{n}?", "output_1": f"left {n}", "output_2": "right", "label": 1} for n in range(3)]
HUMAN = read(*PAIRS)


def judged(*rows: Fields, human: HumanFile = HUMAN, **told: Any) -> tuple[JudgedLabels, ...]:
    return read_recorded_verdicts(Rows.of(list(rows), "judge"), human, **told)


def turned(row: Fields) -> Fields:
    return {**row, "output_1": row["output_2"], "output_2": row["output_1"]}


def pair(number: int, **told: Any) -> Fields:
    return {name: text for name, text in PAIRS[number].items() if name != "label"} | told


def preferences(judge: JudgedLabels) -> list[tuple[int, float | None]]:
    place = {one.key: number for number, one in enumerate(HUMAN.comparisons)}
    return [(place[one.slot.key], one.preference) for one in judge.annotations]


def test_annotations_are_joined_by_texts_in_either_order_and_in_the_files_order() -> None:
    (judge,) = judged(
        turned(pair(2, preference=1.75, annotator="gpt")), pair(0, preference=1.25, annotator="gpt"),
        pair(1, preference=-1, annotator="gpt"), {**ROW, "preference": 1, "annotator": "gpt"},
    )  # fmt: skip
    assert (judge.name, judge.source) == ("gpt", "judge")
    assert preferences(judge) == [(0, 0.25), (1, None), (2, 0.25)]
    first, second, _ = judge.annotations
    assert (first.reading, first.slot.recorded, first.slot.order) == (Reading.RECORDED, 0.25, None)
    assert (first.slot.baseline_chars, first.slot.candidate_chars, first.slot.cluster) == (
        6, 5, HUMAN.comparisons[0].comparison.example.cluster,
    )  # fmt: skip
    assert second.failure == "the file has no verdict for this row" and second.reading is None
    assert judge.notes == ("judge: 1 verdict(s) of gpt are on other texts and left out",)


def test_a_plain_table_of_one_or_several_judges_is_read_as_people_are(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.csv"
    path.write_text("instruction,output_1,output_2,winner\n0?,left 0,right,B\n1?,right,left 1,tie\n")
    (judge,) = read_recorded_verdicts(path, HUMAN)
    assert judge.name == "verdicts" and preferences(judge) == [(0, 1.0), (1, 0.5)]
    assert judge.notes == (f"{path}: verdicts has no verdict on 1 of 3 comparisons",)
    (named,) = read_recorded_verdicts(path, HUMAN, name="mine")
    assert named.name == "mine"
    rows = [pair(0, choice="A", judge=name) for name in ("x", "y", "x")]
    several = judged(*rows, pair(1, choice="", judge="y"), columns={"label": "choice"})
    assert [(one.name, preferences(one)) for one in several] == [
        ("x", [(0, 0.0), (0, 0.0)]), ("y", [(0, 0.0), (1, None)]),
    ]  # fmt: skip
    assert [one.slot.repeat for one in several[0].annotations] == [0, 1]


def bench(judgments: Any, **changed: Any) -> Fields:
    return {"question": "Q", "response_A": "a", "response_B": "b", "label": "A>B", "judge_name": "arena",
            "judgments": judgments, **changed}  # fmt: skip


def judgment(decision: str | None, **inside: Any) -> Fields:
    return {"judgment": {"judge_model": "o1", "response": f"[[{decision}]]", **inside}, "decision": decision}


def test_judge_bench_has_a_verdict_for_each_order_on_the_answers_as_they_were_shown() -> None:
    human = read(bench([]))
    (judge,) = judged(bench([judgment("A>B"), judgment("B>A")]), human=human)
    assert [(one.slot.order, one.preference) for one in judge.annotations] == [
        (Order.BASELINE_FIRST, 0.0), (Order.CANDIDATE_FIRST, 0.0),
    ]  # fmt: skip
    assert judge.name == "o1" and judge.annotations[0].reply is not None
    # a judge that the place decides
    (judge,) = judged(bench([judgment("A>>B"), judgment("A>B")]), human=human)
    assert [one.preference for one in judge.annotations] == [0.0, 1.0]
    # with the answers swapped in the judge's own file
    swapped = bench([judgment("A>B"), judgment(None)], response_A="b", response_B="a")
    (judge,) = judged(swapped, human=human)
    assert [(one.slot.order, one.preference, one.failure is None) for one in judge.annotations] == [
        (Order.CANDIDATE_FIRST, 1.0, True), (Order.BASELINE_FIRST, None, False),
    ]  # fmt: skip
    scores = [judgment("B>A", scores=[0.0, np.log(3.0)]), judgment("B>A", scores=[5, 5])]
    (judge,) = judged(bench(scores), human=human)
    assert [one.preference for one in judge.annotations] == pytest.approx([0.75, 0.5])
    far = judged(bench([judgment("A>B", scores=[2000.0, -2000.0])]), human=human)[0].annotations[0]
    assert far.preference == 0.0


@pytest.mark.parametrize(
    ("judgments", "message"),
    [
        ([], 'row 1: field "judgments": expected one or two judgments, found 0 of them'),
        ("x", "found text"),
        ([judgment("C")], r'row 1: judgments\[0\]: field "decision": expected 1 or A .*, found "C"'),
        ([judgment("A>B", scores=[1, None])], r'row 1: judgments\[0\]: field "scores": expected two numbers'),
    ],
)
def test_a_wrong_judgment_is_named(judgments: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        judged(bench(judgments), human=read(bench([])))


def test_labels_by_item_are_those_of_judges_with_and_without_texts(tmp_path: Path) -> None:
    (path := tmp_path / "people.json").write_text(json.dumps(ITEMS))
    row = mt_bench_row()
    both = {name: row[name] for name in ("conversation_a", "conversation_b")}
    (prompts := tmp_path / "prompts.json").write_text(json.dumps(dict.fromkeys(ITEMS["ann"], both)))
    (judges := tmp_path / "judges.json").write_text(
        json.dumps({"g": {"81__alpha__beta__2": "model_a", "other": "tie"}, "h": {"81__alpha__beta__1": "tie"}})
    )
    for human in (read_human(path), read_human(path, prompts=prompts)):
        found = read_recorded_verdicts(judges, human)
        assert [(one.name, one.annotations[0].preference) for one in found] == [("g", 0.0), ("h", 0.5)]
        assert found[0].annotations[0].slot.key == human.comparisons[1].key
    # rows with the texts of the conversations
    verdict = mt_bench_row(judge=["gpt-4", "pair"], winner="model_a")
    (judge,) = judged(verdict, human=read_human(path, prompts=prompts))
    assert (judge.name, judge.annotations[0].preference) == ("gpt-4 pair", 0.0)


def test_our_own_annotations_are_joined_by_key_also_where_turns_are_joined(tmp_path: Path) -> None:
    human = read(mt_bench_row(), mt_bench_row(turn=1))
    compared = [one.comparison for one in human.comparisons]
    verdicts = []
    for one in compared:
        slot = Slot("", "beta", "alpha", "ours", "", one.key, one.key, None, Order.BASELINE_FIRST, 0, 1, 1)
        verdicts.append(Annotation(slot, 0.75))
    path = tmp_path / "annotations.json"
    write_annotations(path, verdicts, {one.key: (one.example, one.baseline, one.candidate) for one in compared})
    (judge,) = read_recorded_verdicts(path, human)
    assert [(one.slot.key, one.preference) for one in judge.annotations] == [(c.key, 0.75) for c in compared]
    bare = [{"key": one.key, "preference": 2, "annotator": "ours"} for one in compared]
    assert [one.preference for one in judged(*bare, human=human)[0].annotations] == [1.0, 1.0]


def test_comparisons_with_equal_texts_have_a_verdict_each() -> None:
    rows = [{"scenario": "s", **PAIRS[0], "label": label} for label in (1, 2, 0)]
    human = read(*rows)
    (judge,) = judged(*({**row, "label": label} for row, label in zip(rows, (2, 1, 0), strict=True)), human=human)
    assert [(one.slot.key, one.preference, one.slot.repeat) for one in judge.annotations] == [
        (one.key, preference, 0) for one, preference in zip(human.comparisons, (1.0, 0.0, 0.5), strict=True)
    ]  # fmt: skip
    (judge,) = judged({**rows[0], "label": 2}, human=human)
    assert [one.preference for one in judge.annotations] == [1.0] * 3


def test_a_file_on_other_texts_is_refused_in_one_line() -> None:
    first = HUMAN.comparisons[0].key
    with pytest.raises(InputError, match=rf"^0 of 3 comparisons of labels are in judge; first key {first}\. Give"):
        judged({**ROW, "preference": 1})
    with pytest.raises(InputError, match="holds no labels in a known layout"):
        judged({"instruction": "a", "messages": conversation("a", "b")})


def mean_by_key(judge: JudgedLabels) -> dict[str, float]:
    found = defaultdict(list)
    for one in judge.annotations:
        assert one.preference is not None
        found[one.slot.key].append(one.preference)
    return {key: float(np.mean(given)) for key, given in found.items()}


@pytest.mark.parametrize(
    ("name", "accuracy", "brier"),
    [
        ("rm_Ray2333_GRM-Gemma-2B-rewardmodel-ft", 59.43, 0.2840),
        ("rm_Skywork_Skywork-Reward-Gemma-2-27B", 64.71, 0.3112),
        ("rm_internlm_internlm2-20b-reward", 63.43, 0.2149),
    ],
)
def test_real_reward_models_have_their_published_accuracy(name: str, accuracy: float, brier: float) -> None:
    path = real(f"judges/jb_{name}.jsonl")
    human = read_human(path)
    (judge,) = read_recorded_verdicts(path, human)
    said = np.array([one.opinions[0].preference for one in human.comparisons])
    means = mean_by_key(judge)
    p = np.array([means[one.key] for one in human.comparisons])
    assert len(said) == 350 and round(100 * float(np.mean(said == 0)), 2) == 55.14
    right = np.where(p == 0.5, 0.5, (p > 0.5) == (said > 0.5))
    assert round(100 * float(right.mean()), 2) == accuracy and round(float(np.mean((p - said) ** 2)), 4) == brier


def test_six_real_judges_agree_with_experts_as_published() -> None:
    human = read_human(real("judges/mtbench_human_annotations.json"))
    judges = read_recorded_verdicts(real("judges/mtbench_llm_annotations.json"), human)
    raw = {}
    for judge in judges:
        p = mean_by_key(judge)
        raw[judge.name] = np.mean([p[one.key] == o.preference for one in human.comparisons for o in one.opinions])
    assert {name: round(float(value), 4) for name, value in raw.items()} == {
        "gpt-4o": 0.5813, "gemini_pro": 0.5569, "gemini_flash": 0.5203, "gpt-4o-mini": 0.5163, "mistral-v03": 0.4837,
        "llama-31": 0.4715,
    }  # fmt: skip
