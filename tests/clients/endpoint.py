"""A server on loopback for the clients' tests."""

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Endpoint:
    """A server on loopback that gives every request the same answer and remembers what it was sent.

    It stands for a proxy as well: it answers what is addressed to others, and refuses tunnels with `tunnel_status`.
    """

    url: str = ""
    port: int = 0
    status: int = 200
    body: bytes = b"{}"
    seconds: float = 0.0
    answer_headers: list[tuple[str, str]] = field(default_factory=list)
    tunnel_status: int = 501
    connections: int = 0
    paths: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def serving(state: Endpoint, *, tls: ssl.SSLContext | None = None) -> Iterator[Endpoint]:
    """The endpoint as a server that lives as long as the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(state))
    if tls is not None:
        # the handshake is made by the thread of the connection, so that a failed one stops nobody else
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    state.port = server.server_port
    state.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def handler(state: Endpoint) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def setup(self) -> None:
            state.connections += 1
            super().setup()

        def handle(self) -> None:
            # clients break off, and handshakes fail, on purpose
            with contextlib.suppress(OSError):
                super().handle()

        def finish(self) -> None:
            with contextlib.suppress(OSError):
                super().finish()

        def do_CONNECT(self) -> None:
            state.paths.append(self.path)
            self.send_response(state.tunnel_status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            state.paths.append(self.path)
            state.requests.append(json.loads(sent))
            state.headers.append({name.lower(): value for name, value in self.headers.items()})
            state.closing.wait(state.seconds)
            self.send_response(state.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(state.body)))
            for name, value in state.answer_headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
