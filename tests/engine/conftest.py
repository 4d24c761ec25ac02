import pytest

from evalkit.clients import builtin
from evalkit.clients.base import Endpoint
from evalkit.clients.builtin import ClientKind
from tests.scripted import ScriptedClient


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> ScriptedClient:
    """Stands in for the network; the judge's endpoint keeps its name."""
    scripted = ScriptedClient()
    kind = ClientKind(lambda _: scripted, lambda config: Endpoint(config.base_url or "api"))
    monkeypatch.setitem(builtin.BUILTIN, "openai", kind)
    return scripted
