"""Checks which processes of this machine are alive."""

import os


def running(pid: int) -> bool:
    """True if a process of this id exists, whoever it belongs to."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
