from .builtin import client_kind
from .endpoint import Endpoint
from .replay import REPLAY_ENDPOINT, ReplayClient

__all__ = [
    "REPLAY_ENDPOINT",
    "Endpoint",
    "ReplayClient",
    "client_kind",
]
