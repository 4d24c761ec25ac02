"""The clients that a judge may name, and the way to open each."""

from collections.abc import Callable
from dataclasses import dataclass

from evalkit.clients.address import http_endpoint
from evalkit.clients.endpoint import Endpoint
from evalkit.clients.heuristic import heuristic_endpoint, open_heuristic
from evalkit.clients.http import open_http
from evalkit.clients.local import local_endpoint, open_local
from evalkit.clients.openai_sdk import open_sdk
from evalkit.plugins import lookup
from evalkit.types import Client, ModelConfig


@dataclass(frozen=True, slots=True)
class ClientKind:
    """The functions that open a kind of client, and that name its endpoint without opening it."""

    open: Callable[[ModelConfig], Client]
    endpoint: Callable[[ModelConfig], Endpoint]


def client_kind(name: str) -> ClientKind:
    """The client called `name`, built in or from the entry points `evalkit.clients`.

    Raises:
        UnknownName: no such client.
    """
    return lookup("client", name, BUILTIN)


def open_client(config: ModelConfig) -> Client:
    """The client that answers for a judge or a model.

    Raises:
        ConfigError: it is unknown, or its key or its model is missing.
    """
    own = config.in_process
    return client_kind(config.client).open(config) if own is None or own.client is None else own.client


def endpoint_of(config: ModelConfig) -> Endpoint:
    """The endpoint of a judge or a model, without opening it."""
    own = config.in_process
    if own is None:
        return client_kind(config.client).endpoint(config)
    named = client_kind(config.client).endpoint(config) if own.client is None else Endpoint(own.endpoint, own.asks)
    return Endpoint(f"{named.name}:{own.run}", named.asks) if own.run else named


BUILTIN: dict[str, ClientKind] = {
    "openai": ClientKind(open_http, http_endpoint),
    "openai_sdk": ClientKind(open_sdk, http_endpoint),
    "local": ClientKind(open_local, local_endpoint),
    "heuristic": ClientKind(open_heuristic, heuristic_endpoint),
}
