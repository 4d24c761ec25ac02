"""Recorded judges and controls on real labels, against published figures and figures computed from the same data."""

from pathlib import Path

import pytest

from evalkit.api import evaluate_judges
from evalkit.formats import read_human
from evalkit.metaeval import EvaluationSettings, JudgeRow, control_verdicts, evaluate, label_table
from evalkit.reporting import judge_table_notes

DATA = Path(__file__).parents[3] / "shared" / "data"
JUDGES = DATA / "judges"


@pytest.fixture(autouse=True)
def data() -> None:
    if not DATA.is_dir():
        pytest.skip("../shared/data is absent: real labels are not part of the project")


def controls(name: str) -> dict[str, JudgeRow]:
    labels = label_table(read_human(DATA / "human" / name))
    return {row.judge.name: row for row in evaluate(labels, control_verdicts(labels), EvaluationSettings()).rows}


def numbers(row: JudgeRow, *names: str) -> list[float | None]:
    return [value if value is None else round(value, 4) for value in (row.estimate(name).value for name in names)]


RULES = ("human_agreement", "agreement_decided", "agreement_three_way", "kappa")


def test_controls_on_auto_j_with_trimmed_lengths() -> None:
    found = controls("autoj_pairwise.jsonl")
    assert numbers(found["longest"], *RULES) == [66.2716, 71.737, 53.0172, 0.2606]
    assert numbers(found["shortest"], "human_agreement") == [34.4468]
    assert numbers(found["first"], "human_agreement") == [50.7543]
    assert numbers(found["always tie"], "human_agreement") == [63.398]
    longer = found["longest"]
    assert numbers(longer, "people_prefer_longer", "people_prefer_lists") == [72.8155, 76.7123]
    assert longer.numbers["people_prefer_longer"].count == 927


def test_controls_on_llmbar() -> None:
    found = controls("llmbar_natural.jsonl")
    assert numbers(found["longest"], *RULES) == [56.5, 56.5, 56.0, 0.1301]
    assert numbers(found["shortest"], "human_agreement") == [43.5]
    assert numbers(found["first"], "human_agreement") == [42.0]
    assert numbers(found["longest"], "people_prefer_longer", "people_prefer_lists") == [59.0164, 50.0]


def test_reward_models_and_a_chat_judge_on_judge_bench() -> None:
    files = sorted(JUDGES.glob("jb_*.jsonl"))
    table = evaluate_judges(human=files[0], source=files).table
    columns = ("agreement_decided", "ece", "brier", "aurc", "e_aurc", "right_at_half")
    found = {row.judge.name: row for row in table.judges}
    assert [numbers(found[name], *columns) for name in sorted(found) if name != "o1-mini-2024-09-12"] == [
        # two decimals of a percentage, four of any other number
        [pytest.approx(value, abs=0.0051 if value > 1 else 1.01e-4) for value in row]
        for row in (
            [59.43, 0.2155, 0.2840, 0.3083, 0.2112, 65.14],
            [64.71, 0.2961, 0.3112, 0.2358, 0.1641, 76.57],
            [62.43, 0.3259, 0.3322, 0.2638, 0.1817, 73.14],
            [63.43, 0.0534, 0.2149, 0.2352, 0.1577, 74.29],
            [59.43, 0.1065, 0.2297, 0.2705, 0.1735, 72.57],
        )
    ]
    chat = found["o1-mini-2024-09-12"]
    assert numbers(chat, "human_agreement", "agreement_three_way") == [75.8571, 65.7143]
    # 16.57 % first in both orders and 5.14 % second in both
    assert numbers(chat, "inconsistent") == [21.7143]
    assert chat.numbers["agreement_both_decided"].count == round(0.7686 * 350)
    assert numbers(chat, "agreement_both_decided") == [85.5019]


def test_five_reward_models_are_told_to_count_as_fewer_than_two_votes() -> None:
    files = sorted(JUDGES.glob("jb_rm_*.jsonl"))
    table = evaluate_judges(human=files[0], source=files).table
    assert table.votes is not None and table.votes.value == pytest.approx(1.83, abs=0.005)
    said = "the errors of these 5 judges correlate: together they count as 1.83 ["
    assert sum(note.startswith(said) for note in judge_table_notes(table)) == 1


def test_llm_judges_beside_the_experts_of_the_alternative_annotator_test() -> None:
    table = evaluate_judges(
        human=JUDGES / "mtbench_human_annotations.json", source=JUDGES / "mtbench_llm_annotations.json"
    ).table
    found = {row.judge.name: row for row in table.judges}
    three_way = {name: numbers(row, "agreement_three_way", "agreement_both_decided") for name, row in found.items()}
    assert three_way["gpt-4o"] == [58.1301, 82.6347]
    assert {name: values[0] for name, values in three_way.items()} == {
        "gpt-4o": 58.1301, "gemini_pro": 55.6911, "gemini_flash": 52.0325, "gpt-4o-mini": 51.626,
        "mistral-v03": 48.374, "llama-31": 47.1545,
    }  # fmt: skip
    assert numbers(table.people, "agreement_three_way", "agreement_both_decided", "alpha", "alpha_interval") == [
        65.9091, 90.411, 0.519, 0.6888,
    ]  # fmt: skip
    assert numbers(found["gemini_pro"], "alt_winning_rate") == [0.0]
