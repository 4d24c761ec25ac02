"""Attacks on what evalkit shows, writes and reads: keys, folders, files and names at places where they do harm.

Each function yields lines of `benchmarks.attacks`: a kind, how many were tried, what was done, and how many got
through. It takes what `tests/attacks` tries, and looks at all of it, also behind the first that gets through.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from benchmarks.own_folder import own_folder
from evalkit.clients import builtin
from evalkit.clients.address import http_endpoint
from evalkit.clients.builtin import ClientKind
from evalkit.errors import StoreError
from evalkit.store import open_store, store_url
from tests.attacks import test_collisions as collisions
from tests.attacks import test_folders as folders
from tests.attacks import test_names as sinks
from tests.attacks import test_secrets as typing
from tests.attacks.names import FORBIDDEN, NAMES, gate_of
from tests.attacks.typed import PASSWORD, RANDOM_KEY, VENDOR_KEY, Typed, holds, places_of
from tests.attacks.typed import run as typed_run
from tests.attacks.world import run, write_answers
from tests.scripted import ScriptedClient

Line = tuple[str, int, str, int]


def secrets() -> Iterator[Line]:
    """Keys and passwords in places of names, in addresses, and in a run that shows and writes all that it can."""
    for kind, places, keys in (
        ("a key where a name or a setting belongs", typing.PLACES, (VENDOR_KEY, RANDOM_KEY)),
        ("a key or a password in an address", typing.ADDRESSES, (VENDOR_KEY, PASSWORD)),
    ):
        tried = [(typed, key) for typed in places.values() for key in keys]
        yield kind, len(tried), "refused, not quoted", sum(_leaks(typed(key), key) for typed, key in tried)
    with own_folder() as folder, _endpoint(ScriptedClient(typing.quoting)):
        everywhere = typing.typed_everywhere()
        left = places_of(everywhere, typed_run(everywhere, folder), folder)
    leaked = sum(any(holds(content, key) for content in left.values()) for key in typing.WRITTEN.values())
    written = f"`[secret]` in {len(left)} files and outputs"
    yield "a key in texts, headers and variables of a run", len(typing.WRITTEN), written, leaked


def places() -> Iterator[Line]:
    """Folders of results with odd names, wrong addresses of stores, and outputs onto what the command reads."""
    strayed = sum(map(_strays, folders.NAMES))
    yield "folders of results with odd names", len(folders.NAMES), "taken as they are", strayed
    yield "wrong addresses of a store", len(folders.TYPED), "one line", sum(map(_opens, folders.TYPED))
    with own_folder() as folder:
        write_answers(folder)
        run("annotate", *collisions.ASK)
        collisions.write_inputs(folder)
        os.link("mine.yaml", "mine.yaml.svg")
        lost = sum(_overwrites(folder, words) for words, *_ in collisions.COLLISIONS.values())
    yield "outputs onto inputs, settings, the store and each other", len(collisions.COLLISIONS), "refused", lost


def names() -> Iterator[Line]:
    """Names of models that want to be more than names, in every sink."""
    n = len(NAMES)
    done = "shown by code, escaped"
    for kind, texts in (("boards, ratings, releases, reports", sinks.TEXTS), ("gates", sinks.OF_A_GATE)):
        through = sum(map(_of_gate if texts is sinks.OF_A_GATE else _of_board, texts.values()))
        yield f"{n} names in {len(texts)} sinks of {kind}", n * len(texts), done, through


def _leaks(typed: Typed, key: str) -> bool:
    with own_folder() as folder, _endpoint(ScriptedClient()):
        left = places_of(typed, typed_run(typed, folder), folder)
    return any(holds(content, key) for content in left.values())


def _strays(name: str) -> bool:
    with own_folder() as folder:
        with contextlib.suppress(StoreError):
            open_store(store_url(None, Path(name))).close()
        return os.listdir(folder) != [name] or os.listdir(name) != ["evalkit.db"]


def _opens(address: str) -> bool:
    with own_folder() as folder:
        try:
            open_store(store_url(address, Path("results"))).close()
        except StoreError as error:
            return "\n" in str(error) or "secret" in str(error) or bool(os.listdir(folder))
        return True


def _overwrites(folder: Path, words: tuple[str, ...]) -> bool:
    before = collisions.contents(folder)
    return run(*words)[0] != 2 or collisions.contents(folder) != before


def _of_board(text: Callable[[], str]) -> int:
    return len(FORBIDDEN.findall(text()))


def _of_gate(text: Callable[..., str]) -> int:
    return sum(FORBIDDEN.search(text(gate_of(name))) is not None for name in NAMES.values())


@contextlib.contextmanager
def _endpoint(client: ScriptedClient) -> Iterator[None]:
    """An endpoint that always answers, in the place of the network's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(builtin.BUILTIN, "openai", ClientKind(typing.opening(client), http_endpoint))
        yield


PLACES: Mapping[str, tuple[str, Callable[[], Iterator[Line]]]] = {
    "secrets": ("Secrets", secrets),
    "places": ("Folders, addresses and files", places),
    "names": ("Hostile names", names),
}
