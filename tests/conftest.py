import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from evalkit.clients import builtin
from evalkit.clients.builtin import ClientKind
from evalkit.clients.endpoint import Endpoint
from evalkit.store import Store, open_store
from tests.scripted import ScriptedClient

REPOSITORY = Path(__file__).parents[1]
REAL_DATA = REPOSITORY.parent / "shared" / "data"

# the same examples on every run; how long one takes says more of the machine than of the code
_HASTE = [HealthCheck.too_slow]
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None, suppress_health_check=_HASTE)
settings.load_profile("repeatable")


def pytest_collection_finish() -> None:
    """Leave all that is loaded by now, some million objects, out of every later search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the key of whoever runs the tests from choosing a judge, and the hub from being asked."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


@pytest.fixture
def real_outputs() -> Path:
    """AlpacaEval's own files, where they lie beside the project."""
    folder = REAL_DATA / "alpaca_eval"
    if not folder.is_dir():
        pytest.skip("the published AlpacaEval files are not beside this checkout")
    return folder


@pytest.fixture
def write_outputs(tmp_path: Path) -> Callable[..., Path]:
    """Write texts as an outputs.json, instruction by instruction."""

    def write(model: str, texts: list[str], *, instructions: list[str] | None = None) -> Path:
        named = instructions or [f"Instruction number {number}." for number in range(len(texts))]
        rows: list[dict[str, Any]] = [
            {"instruction": instruction, "output": text, "generator": model}
            for instruction, text in zip(named, texts, strict=True)
        ]
        path = tmp_path / f"{model}.json"
        path.write_text(json.dumps(rows))
        return path

    return write


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> ScriptedClient:
    """Stands in for the network; the judge's endpoint keeps its name."""
    scripted = ScriptedClient()
    kind = ClientKind(lambda _: scripted, lambda config: Endpoint(config.base_url or "api"))
    monkeypatch.setitem(builtin.BUILTIN, "openai", kind)
    return scripted
