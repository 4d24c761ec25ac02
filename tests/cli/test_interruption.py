"""A run that is stopped keeps every reply that had arrived, and the next one goes on from there."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.running import evalkit
from tests.clients.endpoint import Endpoint, handler

JUDGE = """
client: openai
model: m
prompt: pairwise_label
parser: bracket_label
tie: TIE
base_url: {url}
"""


@pytest.fixture
def slow_judge(tmp_path: Path) -> Iterator[Endpoint]:
    """A judge that takes its time and always finds a tie."""
    state = Endpoint(seconds=0.05)
    state.body = json.dumps({"choices": [{"message": {"content": "[[TIE]]"}}]}).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(state))
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    (tmp_path / "slow.yaml").write_text(JUDGE.format(url=state.url))
    yield state
    state.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_keeps_what_had_arrived(
    slow_judge: Endpoint, tmp_path: Path, write_outputs: Callable[..., Path], sent: signal.Signals, status: int
) -> None:
    baseline = write_outputs("base", [f"answer {n}" for n in range(60)])
    candidate = write_outputs("cand", [f"another answer {n}" for n in range(60)])
    command = ["annotate", candidate, "--baseline", baseline, "--judge", "slow.yaml", "--concurrency", 2]
    running = subprocess.Popen(
        [sys.executable, "-m", "evalkit", *map(str, command)],
        cwd=tmp_path,
        env={**os.environ, "OPENAI_API_KEY": "k"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    until = time.monotonic() + 30
    while len(slow_judge.requests) < 20 and time.monotonic() < until:
        time.sleep(0.01)
    running.send_signal(sent)
    _, said = running.communicate(timeout=20)
    assert running.returncode == status
    assert said.strip().count("\n") == 0
    assert "run the same command again" in said
    asked = len(slow_judge.requests)
    slow_judge.seconds = 0.0
    again = evalkit(*command, cwd=tmp_path, OPENAI_API_KEY="k")
    assert again.returncode == 0, again.stderr
    kept = int(re.search(r"(\d+) from the store", again.stderr).group(1))  # type: ignore[union-attr]
    # what was under way when the signal came is the most that can be lost
    assert asked - 2 <= kept <= asked
    assert len(slow_judge.requests) == asked + 60 - kept
