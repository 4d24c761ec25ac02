"""A process with everything loaded that forks command lines: a run starts in milliseconds instead of half a second.

`python -m tests.zygote` reads requests as JSON lines: {"run": arguments, ...} forks one and answers its process id,
{"wait": pid} answers the exit status, negative for a signal. It ends with its standard input.
"""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tests.rig import REPOSITORY


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

    for line in sys.stdin:
        request = json.loads(line)
        answer = _wait(request["wait"]) if "wait" in request else _fork(request)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _fork(request: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _become(request)
    return pid


def _become(request: Mapping[str, Any]) -> NoReturn:
    from evalkit.cli.main import main

    os.chdir(request["cwd"])
    os.environ.update(request["environment"])
    # a shell's background job ignores what interrupts, and its children inherit that: what is forked is interrupted
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.alarm(request["limit"])
    for number, name in ((1, "out"), (2, "err")):
        handle = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["evalkit", *request["run"]]
    main()


if __name__ == "__main__":
    serve()
