import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from tests.clients.endpoint import Endpoint, handler


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    state = Endpoint()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(state))
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    state.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()
