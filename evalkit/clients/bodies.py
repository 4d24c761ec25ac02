"""Reads the body of an answer of any size and packing, but never more of it than a reply may have."""

import zlib
from collections.abc import AsyncIterator

from evalkit.clients.outcomes import one_line
from evalkit.errors import RejectedRequest, RetryableError

LONGEST_ANSWER = 16 * 2**20


async def read_body(parts: AsyncIterator[bytes], encoding: str, *, longest: int = LONGEST_ANSWER) -> bytes:
    """All parts as one, unpacked by the content encoding that the answer names.

    Raises:
        RejectedRequest: there is more than `longest` bytes of it; the rest is not read.
        RetryableError: it cannot be unpacked.
    """
    kept, size = [], 0
    async for part in parts:
        size += len(part)
        if size > longest:
            raise _too_long(longest)
        kept.append(part)
    body = b"".join(kept)
    encoding = encoding.strip().lower()
    return body if encoding in ("", "identity") else _unpack(body, encoding, longest)


def _unpack(body: bytes, encoding: str, longest: int) -> bytes:
    """Unpack only as much as a reply may have: a few packed bytes can unfold to gigabytes."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise RetryableError(f"the reply is packed in an unknown way: {one_line(encoding)}", billed=True)
    unpacker = zlib.decompressobj(wbits=47)
    try:
        unpacked = unpacker.decompress(body, longest + 1)
    except zlib.error as error:
        raise RetryableError(f"the reply cannot be unpacked: {error}", billed=True) from None
    if len(unpacked) > longest:
        raise _too_long(longest)
    if not unpacker.eof:
        raise RetryableError("the reply cannot be unpacked: it breaks off", billed=True)
    return unpacked


def _too_long(longest: int) -> RejectedRequest:
    return RejectedRequest(f"the reply is longer than {longest} bytes")
