"""A process with everything loaded that forks command lines: a run starts in milliseconds instead of half a second.

`python -m tests.zygote` reads requests as JSON lines: {"run": arguments, ...} forks one and answers its process id,
{"wait": pid} answers the exit status, negative for a signal. It ends with its standard input. {"listen": path} forks a
server at a socket for a program that stands for evalkit in scripts; see `Zygote.program`.
"""

import contextlib
import gc
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tests.rig import REPOSITORY

# a program that hands its arguments, folder, environment and streams to the zygote, and ends as what that forks does
_PROGRAM = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as zygote:
    zygote.connect({path!r})
    request = {{"run": sys.argv[1:], "cwd": os.getcwd(), "environment": dict(os.environ)}}
    socket.send_fds(zygote, [b"+"], [0, 1, 2])
    zygote.sendall(json.dumps(request).encode())
    zygote.shutdown(socket.SHUT_WR)
    status = int(zygote.recv(16))
if status < 0:
    os.kill(os.getpid(), -status)
sys.exit(status)
"""


@dataclass
class Running:
    """A forked command line; what it prints is in the files `out` and `err`."""

    zygote: "Zygote"
    pid: int
    out: Path
    err: Path

    def kill(self, number: int = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self) -> int:
        """The exit status, negative for a signal."""
        try:
            return int(self.zygote.ask({"wait": self.pid}))
        except BaseException:
            # a test that has waited too long fails, and the next one finds the zygote free
            self.kill()
            raise

    @property
    def said(self) -> str:
        return self.err.read_text(errors="replace")


class Zygote:
    """Starts command lines; what they print is kept in a folder of its own."""

    def __init__(self, process: "subprocess.Popen[str]", said: Path) -> None:
        self._process = process
        self._said = said
        self._listens = False
        self._numbers = itertools.count(1)
        self._asking = threading.Lock()
        self._owed = 0

    def start(
        self,
        arguments: Sequence[object],
        *,
        cwd: Path,
        environment: Mapping[str, str] | None = None,
        err: Path | None = None,
        limit: int = 0,
    ) -> Running:
        """Start one; with a `limit` it is ended by SIGALRM after so many seconds."""
        number = next(self._numbers)
        out, err = self._said / f"{number}.out", err or self._said / f"{number}.err"
        request = {"run": [str(one) for one in arguments], "cwd": str(cwd), "out": str(out), "err": str(err)}
        pid = self.ask({**request, "environment": dict(environment or {}), "limit": limit})
        return Running(self, int(pid), out, err)

    def run(self, arguments: Sequence[object], *, cwd: Path, environment: Mapping[str, str] | None = None) -> Running:
        """Start one and wait until it ends well."""
        running = self.start(arguments, cwd=cwd, environment=environment)
        status = running.wait()
        assert status == 0, f"status {status}: {running.said}"
        return running

    def program(self) -> Path:
        """A folder with a program `evalkit` for scripts and shells, which runs in milliseconds too."""
        folder = self._said / "bin"
        if not self._listens:
            path = self._said / "socket"
            assert self.ask({"listen": str(path)}).strip() == "0"
            folder.mkdir()
            program = folder / "evalkit"
            program.write_text(_PROGRAM.format(python=sys.executable, path=str(path)))
            program.chmod(0o755)
            self._listens = True
        return folder

    def ask(self, request: Mapping[str, Any]) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._asking:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            self._owed += 1
            while True:
                answer = self._process.stdout.readline()
                self._owed -= 1
                # what comes first is for a test that no longer waited
                if self._owed <= 0 or not answer:
                    return answer


@contextlib.contextmanager
def open_zygote() -> Iterator[Zygote]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("EVALKIT_", "OPENAI_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.zygote"],
        cwd=REPOSITORY,
        # what is on a hub is fetched only where a test says from where
        env={**clean, "OPENBLAS_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with tempfile.TemporaryDirectory() as said:
        try:
            yield Zygote(process, Path(said))
        finally:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.close()
            process.wait(timeout=20)
            process.stdout.close()


def serve() -> None:
    # what commands load only where they need it, and many tests do
    import aiohttp  # noqa: F401
    import jinja2  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401
    import scipy.optimize  # noqa: F401
    import sqlalchemy.dialects.sqlite  # noqa: F401
    import statsmodels.stats.multitest  # noqa: F401

    import evalkit.cli.annotate
    import evalkit.cli.compare
    import evalkit.cli.export
    import evalkit.cli.gate
    import evalkit.cli.import_
    import evalkit.cli.leaderboard
    import evalkit.cli.power
    import evalkit.cli.ratings
    import evalkit.cli.report  # noqa: F401

    # what is loaded is shared with all that is forked, and no search for garbage touches it
    gc.collect()
    gc.freeze()
    servers: list[int] = []
    for line in sys.stdin:
        request = json.loads(line)
        if "listen" in request:
            servers.append(_listen(request["listen"]))
            answer = 0
        else:
            answer = _wait(request["wait"]) if "wait" in request else _fork(request)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for pid in servers:
        os.kill(pid, signal.SIGKILL)


def _listen(path: str) -> int:
    """Fork a server that forks a command line for each connection; its process id."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()
    zygote = os.getpid()
    pid = os.fork()
    if pid:
        listening.close()
        return pid
    # nobody waits for those that attend to a connection
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listening.settimeout(5)
    while os.getppid() == zygote:
        with contextlib.suppress(TimeoutError):
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _attend(connection)
            connection.close()
    os._exit(0)


def _attend(connection: socket.socket) -> NoReturn:
    """Run what a connection asks for with the streams that it brings, tell it how that ended, and end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as said:
        request = json.loads(said.read())
    pid = os.fork()
    if pid == 0:
        connection.close()
        os.environ.clear()
        _become(request, streams)
    connection.sendall(str(_wait(pid)).encode())
    os._exit(0)


def _wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _fork(request: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        signal.alarm(request["limit"])
        _become(
            request, [os.open(os.devnull, os.O_RDONLY), *(os.open(request[one], written) for one in ("out", "err"))]
        )
    return pid


def _become(request: Mapping[str, Any], streams: Sequence[int]) -> NoReturn:
    from evalkit.cli.main import main

    os.chdir(request["cwd"])
    os.environ.update(request["environment"])
    # a shell's background job ignores what interrupts, and its children inherit that: what is forked is interrupted
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.argv = ["evalkit", *request["run"]]
    main()


if __name__ == "__main__":
    serve()
