"""Named points at which a test may kill, stop or starve the process; nothing happens unless it asks for it.

EVALKIT_FAULT=POINT:N:ACTION acts when the point is reached for the N-th time, counted from 1. Points: before_send,
after_headers, after_body, before_commit, after_commit, before_rename, after_rename. Actions: kill9, term, pause
(SIGSTOP, until somebody continues the process), enospc, eio.
"""

import errno
import itertools
import os
import signal
from collections import defaultdict
from collections.abc import Iterator

VARIABLE = "EVALKIT_FAULT"
# how often each point was reached is a fact about the process, like its id: the only state that modules share
_reached: defaultdict[str, Iterator[int]] = defaultdict(lambda: itertools.count(1))


def reach(point: str) -> None:
    """Act if a fault was ordered for this point.

    Raises:
        OSError: the fault is a full or a broken disk.
    """
    order = os.environ.get(VARIABLE)
    if order is None:
        return
    name, number, action = order.split(":")
    if name != point or next(_reached[point]) != int(number):
        return
    if action in ("enospc", "eio"):
        code = errno.ENOSPC if action == "enospc" else errno.EIO
        raise OSError(code, os.strerror(code))
    os.kill(os.getpid(), {"kill9": signal.SIGKILL, "term": signal.SIGTERM, "pause": signal.SIGSTOP}[action])
