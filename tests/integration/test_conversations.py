"""Conversations on a real server: a model answers two turns of each question, and a judge grades both."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]

QUESTIONS = [
    ("writing", "Write one sentence about rain.", "Say it in three words.", None),
    ("math", "What is 7 times 8?", "And that plus one?", ["56", "57"]),
    ("coding", "Name a sorting algorithm.", "What is its worst case?", None),
    ("stem", "Which planet is the largest?", "Which is the smallest?", ["Jupiter", "Mercury"]),
]
BENCHMARK = """
description: Four questions of two turns.
style: mt_bench
judge: grader.yaml
questions: questions.jsonl
reference_categories: [math]
"""
MODEL = """
client: openai
model: gemma
base_url: {url}
system: Answer in one short sentence.
parameters: {{temperature: 0, max_tokens: 24}}
"""
JUDGE = """
client: openai
model: gemma
asks: grade
prompt: grade_json
parser: number
parser_options: {{field: grade, low: 1, high: 10}}
answer_schema: {{grade: grade}}
base_url: {url}
parameters: {{temperature: 0, max_tokens: 80}}
"""


def evalkit(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "evalkit", *arguments, "--results", "results"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def bench(server_url: str, tmp_path: Path) -> Path:
    """A folder that holds a benchmark, a model and a judge."""
    rows = [
        {"question_id": number, "category": category, "turns": [first, second]}
        | ({} if reference is None else {"reference": reference})
        for number, (category, first, second, reference) in enumerate(QUESTIONS, start=1)
    ]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "bench.yaml").write_text(BENCHMARK)
    (tmp_path / "gemma.yaml").write_text(MODEL.format(url=server_url))
    (tmp_path / "grader.yaml").write_text(JUDGE.format(url=server_url))
    return tmp_path


def test_a_real_model_answers_both_turns_and_a_real_judge_grades_each(bench: Path) -> None:
    said = evalkit(bench, "generate", "gemma.yaml", "--benchmark", "bench.yaml")
    assert "4 of 4 questions answered" in said
    outputs: list[dict[str, Any]] = json.loads((bench / "results" / "gemma" / "outputs.json").read_text())
    assert [len(row["output"]) for row in outputs] == [2] * len(QUESTIONS)

    judge = ("annotate", "results/gemma/outputs.json", "--benchmark", "bench.yaml", "--judge", "grader.yaml")
    evalkit(bench, *judge)
    row = json.loads((bench / "results" / "gemma" / "grader" / "row.json").read_text())
    assert (row["n_total"], row["n_questions"], row["n_missing"]) == (8, 4, 0)
    assert 1 <= row["score_lower"] <= row["score"] <= row["score_upper"] <= 10
    assert {"turn_1", "turn_2", "category_math", "category_writing"} <= row.keys()

    again = evalkit(bench, *judge)
    assert "8 of 8 replies, 8 from the store" in again
    assert "4 from the store" in evalkit(bench, "generate", "gemma.yaml", "--benchmark", "bench.yaml")
