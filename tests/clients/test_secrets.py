"""No key is ever written, printed or listed: planted ones are searched for byte by byte, whatever happens."""

import base64
import contextlib
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.rig import mock_judge, write_judge, write_outputs

KEY, HEADER = "canary-key-0123456789", "canary-header-9876543210"
PLANTED = {"OPENAI_API_KEY": KEY, "SECOND_SECRET": HEADER}
ECHO = json.dumps({"error": {"message": f"Incorrect API key: {KEY}. Authorization: Bearer {KEY}, X-Second: {HEADER}"}})
MESSAGE = {"content": f"Bearer {KEY} and {HEADER}"}
IN_REPLY = json.dumps({"model": HEADER, "choices": [{"finish_reason": "stop", "message": MESSAGE}]})
REFUSES: list[dict[str, Any]] = [{"do": {"status": 401, "body": ECHO}}]
CASES: dict[str, tuple[list[dict[str, Any]], list[str], dict[str, str], set[int]]] = {
    # the judge's script, more arguments, more environment, how it may end
    "success": ([], [], {}, {0}),
    "success under the SDK with its log": ([], ["sdk"], {"OPENAI_LOG": "debug"}, {0}),
    "a 401 that echoes all": (REFUSES, [], {}, {2}),
    "a 401 that echoes all, under the SDK": (REFUSES, ["sdk"], {"OPENAI_LOG": "debug"}, {2}),
    "a 500 that echoes all": ([{"do": {"status": 500, "body": ECHO}}], ["--max-wait", "1"], {}, {2, 3}),
    "a 400 that echoes all": ([{"do": {"status": 400, "body": ECHO}}], [], {}, {2, 3}),
    "a reply that echoes all": ([{"do": {"body": IN_REPLY}}], [], {}, {2, 3}),
    "a crash": ([], [], {"EVALKIT_FAULT": "after_body:3:kill9"}, {-signal.SIGKILL}),
}  # fmt: skip


@contextlib.contextmanager
def annotating(
    folder: Path, url: str, more: Sequence[str], environment: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    """`evalkit --debug annotate` with planted keys and a log; its streams go to files in the folder."""
    judge = write_judge(
        folder / "judges",
        url,
        client="openai_sdk" if "sdk" in more else "openai",
        headers={"X-Second": "${SECOND_SECRET}"},
    )
    baseline, candidate = (write_outputs(folder, model, 12) for model in ("base", "cand"))
    command = [sys.executable, "-m", "evalkit", "--debug", "annotate", str(candidate), "--baseline", str(baseline)]
    command += ["--judge", str(judge), "--log", str(folder / "events.jsonl"), *(one for one in more if one != "sdk")]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("EVALKIT_", "OPENAI_"))}
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        process = subprocess.Popen(command, cwd=folder, env={**clean, **PLANTED, **environment}, stdout=out, stderr=err)
        try:
            yield process
            process.wait(60)
        finally:
            process.kill()
            process.wait()


def places_with_a_secret(folder: Path) -> list[str]:
    """Files that hold one of the planted secrets, as it is, encoded, or inside packed bytes."""
    forms = [form for secret in PLANTED.values() for form in (secret.encode(), base64.b64encode(secret.encode())[4:-4])]
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            unpacked = b"".join(_unpacked(content))
            found += [f"{path.relative_to(folder)}: {form!r}" for form in forms if form in content + unpacked]
    return found


def _unpacked(content: bytes) -> Iterator[bytes]:
    """Whatever zlib or gzip makes of the places where their streams could begin."""
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", content):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj(wbits=47).decompress(content[match.start() :], 2**20)


@pytest.mark.parametrize("case", CASES)
def test_a_planted_key_is_found_nowhere(case: str, tmp_path: Path) -> None:
    script, more, environment, endings = CASES[case]
    with mock_judge(tmp_path / "mock", script=script) as judge:
        folder = tmp_path / "work"
        folder.mkdir()
        with annotating(folder, judge.url, more, environment) as process:
            pass
        said = (folder / "stderr").read_text()
        assert process.returncode in endings, said
        assert judge.ledger()
        assert "ResourceWarning" not in said and "Unclosed" not in said
    assert (folder / "events.jsonl").exists() and list(folder.rglob("*.db"))
    assert places_with_a_secret(folder) == []


def test_a_planted_key_is_in_no_list_of_processes(tmp_path: Path) -> None:
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("needs /proc to see what other users see")
    with mock_judge(tmp_path / "mock", latency=0.3) as judge:
        folder = tmp_path / "work"
        folder.mkdir()
        with annotating(folder, judge.url, ["--concurrency", "2"], {}) as process:
            until = time.monotonic() + 30
            while not judge.ledger() and time.monotonic() < until:
                time.sleep(0.02)
            listed = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            assert b"annotate" in listed and b"canary" not in listed
    assert process.returncode == 0


def test_the_search_finds_what_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text(f"x{KEY}x")
    (tmp_path / "packed").write_bytes(b"before" + gzip.compress(f"x{HEADER}x".encode()))
    (tmp_path / "encoded").write_bytes(base64.b64encode(f"user:{KEY}".encode()) + base64.b64encode(KEY.encode()))
    assert len({place.split(":")[0] for place in places_with_a_secret(tmp_path)}) == 3
