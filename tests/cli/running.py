"""Run the command line as a user does, in a process of its own."""

import atexit
import contextlib
import functools
import subprocess
from pathlib import Path

from tests.zygote import Zygote, open_zygote

Done = subprocess.CompletedProcess[str]
_LONGEST = 120
_until_exit = contextlib.ExitStack()
atexit.register(_until_exit.close)


def evalkit(*arguments: object, cwd: Path, **environment: str) -> Done:
    """Run evalkit without the settings and keys of whoever runs the tests."""
    running = shared_zygote().start(arguments, cwd=cwd, environment=environment, limit=_LONGEST)
    status = running.wait()
    out, err = (path.read_text(encoding="utf-8") for path in (running.out, running.err))
    return Done([str(one) for one in arguments], status, out, err)


@functools.cache
def shared_zygote() -> Zygote:
    """The one of this process, which ends with it."""
    return _until_exit.enter_context(open_zygote())
