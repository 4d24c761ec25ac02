"""Real OpenAI-compatible servers: a real protocol, a model too small to judge well."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Server

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]

EXAMPLES = Path(__file__).parents[2] / "examples" / "outputs"
COMPARISONS = 3

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


LOCAL = """
client: local
model: {model}
prompt: pairwise_token
parser: token_probability
parser_options: {{min_mass: 0}}
server: {{ctx_size: 8192, threads: 2, parallel: 2, seed: 1}}
parameters: {{temperature: 0, max_tokens: 1, logprobs: true, top_logprobs: 2000}}
"""


def command(folder: Path, judge: str, *, comparisons: int = COMPARISONS) -> list[str]:
    (folder / "local.yaml").write_text(judge)
    asked = [sys.executable, "-m", "evalkit", "annotate", str(EXAMPLES / "terse.json"), "--benchmark", "example"]
    asked += ["--judge", str(folder / "local.yaml"), "--limit", str(comparisons), "--results", str(folder / "r")]
    return [*asked, "--log", str(folder / "events.jsonl")]


def rows_of(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / "r" / "terse" / "local" / "annotations.json").read_text())
    return rows


def annotate(folder: Path, judge: str, **more: int) -> tuple[list[dict[str, Any]], str]:
    """Judge some example answers; the written annotations and what was said on stderr."""
    done = subprocess.run(command(folder, judge, **more), capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return rows_of(folder), done.stderr


def events(folder: Path) -> str:
    path = folder / "events.jsonl"
    return path.read_text() if path.exists() else ""


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


def test_a_server_that_is_killed_and_comes_back_costs_no_verdict(own_server: Server, tmp_path: Path) -> None:
    asked = [*command(tmp_path, PROBABILITIES.format(url=own_server.url), comparisons=12), "--concurrency", "4"]
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(asked, stdout=said, stderr=said)
    try:
        until = time.monotonic() + 60
        while events(tmp_path).count('"replied"') < 3 and time.monotonic() < until:
            assert process.poll() is None, (tmp_path / "said").read_text()
            time.sleep(0.02)
        own_server.kill()
        while '"again"' not in events(tmp_path) and time.monotonic() < until:
            time.sleep(0.02)
        own_server.start()
        assert process.wait(timeout=60) == 0, (tmp_path / "said").read_text()
    finally:
        process.kill()
        process.wait()
    assert '"again"' in events(tmp_path), "something was under way when the server was killed"
    rows = rows_of(tmp_path)
    assert len(rows) == 12 and all(row["preference"] is not None for row in rows)


def test_a_model_file_is_judge_enough_and_its_server_is_gone_afterwards(model_file: Path, tmp_path: Path) -> None:
    rows, _ = annotate(tmp_path, LOCAL.format(model=model_file), comparisons=3)
    assert len(rows) == 3 and all(row["preference"] is not None for row in rows)
    if Path("/proc").is_dir():
        assert f"{model_file}\0--alias" not in _processes()
    again, said = annotate(tmp_path, LOCAL.format(model=model_file), comparisons=3)
    assert again == rows and "3 of 3 replies, 3 from the store" in said


def _processes() -> str:
    listed = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if int(place.name) != os.getpid():
                listed.append((place / "cmdline").read_bytes().decode("utf-8", "replace"))
        except OSError:
            continue
    return "\n".join(listed)
