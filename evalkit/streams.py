"""Write into pipes and devices in place, and never wait for a reader without end."""

import contextlib
import errno
import io
import os
import re
import select
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

WAIT_SECONDS = 10.0
_LOOK_SECONDS = 0.02
_LINKS = 40
# a pipe that is ready takes as much without a wait; Windows can wait for sockets only
_PIECE_BYTES = getattr(select, "PIPE_BUF", 1 << 16)
_DESCRIPTOR = re.compile(r"(?:/dev/fd|/proc/(?P<pid>[0-9]+)(?:/task/[0-9]+)?/fd)/(?P<number>[0-9]+)")


class Stream(io.RawIOBase):
    """An open pipe, terminal or device; a reader that takes nothing for a while is an error instead of a wait."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._failure: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._handle

    def write(self, data: "ReadableBuffer", /) -> int:
        if self._failure is not None:
            raise self._failure
        try:
            return self._written(memoryview(data)[:_PIECE_BYTES])
        except OSError as error:
            # closing writes what is left, and must not wait once more
            self._failure = error
            raise

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()

    def _written(self, piece: memoryview) -> int:
        until = time.monotonic() + WAIT_SECONDS
        while (left := until - time.monotonic()) > 0:
            if os.name == "posix":
                select.select([], [self._handle], [], left)
            # a terminal may be ready and yet have no room for the whole
            with contextlib.suppress(BlockingIOError):
                return os.write(self._handle, piece)
            time.sleep(_LOOK_SECONDS)
        raise TimeoutError(errno.ETIMEDOUT, f"nobody has read from it for {WAIT_SECONDS:g} seconds")


def open_stream(path: Path) -> Stream:
    """Open a pipe, a terminal or a device for writing, as soon as a pipe has a reader.

    Raises:
        OSError: it cannot be opened, or nobody opened the other end of a pipe in time.
    """
    until = time.monotonic() + WAIT_SECONDS
    flags = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    while True:
        try:
            return Stream(os.open(path, flags))
        except OSError as error:
            # what a pipe without a reader gives
            if error.errno != errno.ENXIO or not path.is_fifo():
                raise
        if time.monotonic() > until:
            raise TimeoutError(errno.ETIMEDOUT, "it is a pipe that nobody reads from. Name a file, or read from it")
        time.sleep(_LOOK_SECONDS)


def descriptor_of(path: Path) -> int | None:
    """The descriptor of this process that a path such as /dev/stdout names; None for any other path."""
    place = str(path)
    # link by link: the last one of an open pipe leads to a name that is no path
    for _ in range(_LINKS):
        folder, name = os.path.split(place)
        place = os.path.join(os.path.realpath(folder), name)
        if found := _DESCRIPTOR.fullmatch(place):
            return int(found["number"]) if found["pid"] in (None, str(os.getpid())) else None
        with contextlib.suppress(OSError, ValueError):
            place = os.path.join(os.path.dirname(place), os.readlink(place))
            continue
        break
    return None
