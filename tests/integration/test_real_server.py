"""The openai client against a real OpenAI-compatible server: a real protocol, a model too small to judge well."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.server

EXAMPLES = Path(__file__).parents[2] / "examples" / "outputs"
COMPARISONS = 5

PROBABILITIES = """
client: openai
model: gemma
prompt: pairwise_token
parser: token_probability
parser_options: {{min_mass: 0}}
base_url: {url}
parameters: {{temperature: 0, max_tokens: 1, logprobs: true, top_logprobs: 2000}}
"""
JSON_SCHEMA = """
client: openai
model: gemma
prompt: pairwise_json
parser: json_field
answer_schema: {{winner: label}}
tie: TIE
base_url: {url}
parameters: {{temperature: 0, max_tokens: 40}}
"""


def annotate(folder: Path, judge: str) -> tuple[list[dict[str, Any]], str]:
    """Judge some example answers; the written annotations and what was said on stderr."""
    (folder / "local.yaml").write_text(judge)
    command = [sys.executable, "-m", "evalkit", "annotate", str(EXAMPLES / "terse.json"), "--benchmark", "example"]
    command += ["--judge", str(folder / "local.yaml"), "--limit", str(COMPARISONS), "--results", str(folder / "r")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads((folder / "r" / "terse" / "local" / "annotations.json").read_text())
    return rows, done.stderr


def test_log_probabilities_of_a_real_server_become_a_preference_each(server_url: str, tmp_path: Path) -> None:
    rows, _ = annotate(tmp_path, PROBABILITIES.format(url=server_url))
    assert len(rows) == COMPARISONS
    assert all(row["preference"] is not None for row in rows)
    assert any(row["preference"] not in (1.0, 1.5, 2.0) for row in rows), "weights, not votes"
    assert all(row["raw_completion"][0]["logprobs"]["content"] for row in rows)


def test_a_json_schema_keeps_a_real_server_to_a_readable_verdict(server_url: str, tmp_path: Path) -> None:
    rows, _ = annotate(tmp_path, JSON_SCHEMA.format(url=server_url))
    assert len(rows) == COMPARISONS
    assert all(row["preference"] in (1.0, 1.5, 2.0) for row in rows)


def test_a_second_run_against_the_same_server_sends_nothing(server_url: str, tmp_path: Path) -> None:
    first, _ = annotate(tmp_path, PROBABILITIES.format(url=server_url))
    again, said = annotate(tmp_path, PROBABILITIES.format(url=server_url))
    assert again == first
    assert f"{COMPARISONS} of {COMPARISONS} replies, {COMPARISONS} from the store" in said
