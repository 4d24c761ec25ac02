from .builtin import endpoint_of, open_client
from .endpoint import Endpoint
from .functions import (
    AnsweringFunction,
    FunctionClient,
    ObjectClient,
    Pair,
    Single,
    Turn,
    said,
    verdict_fields,
)
from .replay import REPLAY_ENDPOINT, ReplayClient

__all__ = [
    "REPLAY_ENDPOINT",
    "AnsweringFunction",
    "Endpoint",
    "FunctionClient",
    "ObjectClient",
    "Pair",
    "ReplayClient",
    "Single",
    "Turn",
    "endpoint_of",
    "open_client",
    "said",
    "verdict_fields",
]
