"""A real model that is too small to judge, measured against labels: the table says what it goes by."""

from pathlib import Path

import pytest

import evalkit as ek

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]

JUDGE = """
client: openai
model: gemma
prompt: {prompt}
parser: json_field
parser_options: {{field: winner}}
answer_schema: {{winner: label}}
labels: [A, B]
orders: both
base_url: {url}
parameters: {{temperature: 0, max_tokens: 20}}
"""
PROMPT = """{% block user -%}
Which answer is better, A or B?
Question: {{ instruction }}
A: {{ first }}
B: {{ second }}
Reply with JSON: {"winner": "{{ labels.first }}"} or {"winner": "{{ labels.second }}"}
{%- endblock %}
"""
QUESTIONS = ("a prime", "a colour", "a river", "a metal", "a planet", "a bird", "a tree", "a city", "a fish", "a tool")
ANSWERS = ("It is a good one.", "Here is an example that fits the question.")


def test_a_model_that_judges_by_the_place_is_said_to(server_url: str, tmp_path: Path) -> None:
    (tmp_path / "bad.jinja").write_text(PROMPT)
    judge = tmp_path / "bad.yaml"
    judge.write_text(JUDGE.format(url=server_url, prompt=tmp_path / "bad.jinja"))
    labels = [
        {"instruction": f"Name {what}.", "output_1": ANSWERS[number % 2], "output_2": ANSWERS[1 - number % 2],
         "annotators": [1 + number % 2]}
        for number, what in enumerate(QUESTIONS)
    ]  # fmt: skip
    found = ek.evaluate_judges(str(judge), human=labels, results=tmp_path / "r", progress=False)
    (row,) = found.table.judges
    first = row.estimate("prefers_first").value
    assert first is not None and (first >= 90 or first <= 10)
    assert row.estimate("inconsistent").value == 100 and row.estimate("human_agreement").value == 50
    assert found.notes[0].startswith("bad: the place decides: its winner changes with the order on 100.00 of 100")
