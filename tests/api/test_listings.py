"""Judges, benchmarks and human rankings as tables and as mappings."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import evalkit as ek
from evalkit.api.listings import Benchmarks
from tests.cli.running import evalkit

LISTINGS: dict[str, Callable[[], Any]] = {"judges": ek.judges, "benchmarks": ek.benchmarks, "references": ek.references}
EXAMPLES = {"judges": "surface", "benchmarks": "example", "references": "chatbot_arena_20240329"}
NAMED = {"judges": "name", "benchmarks": "benchmark", "references": "reference"}


@pytest.mark.parametrize("command", LISTINGS)
def test_the_function_gives_what_the_command_prints(command: str, tmp_path: Path) -> None:
    listing = LISTINGS[command]()
    assert evalkit(command, cwd=tmp_path).stdout == str(listing)
    assert evalkit(command, "--json", cwd=tmp_path).stdout == f"{listing.to_json()}\n"
    assert listing.frame[NAMED[command]].tolist() == list(listing) == sorted(listing)
    assert "<table" in listing._repr_html_()


@pytest.mark.parametrize("command", ["judges", "benchmarks"])
def test_an_entry_is_what_the_command_shows(command: str, tmp_path: Path) -> None:
    name = EXAMPLES[command]
    shown = json.loads(evalkit(command, "show", name, cwd=tmp_path).stdout)
    listing = LISTINGS[command]()
    tables = {"published": listing.published(name)} if isinstance(listing, Benchmarks) else {}
    assert shown == json.loads(json.dumps({**dataclasses.asdict(listing[name]), **tables}))


def test_a_ranking_is_what_the_command_shows(tmp_path: Path) -> None:
    shown = json.loads(evalkit("references", "show", EXAMPLES["references"], "--json", cwd=tmp_path).stdout)
    ranking = ek.references()[EXAMPLES["references"]]
    assert (shown["scores"], shown["date"]) == (ranking.scores, ranking.date)


def test_tables_have_numbers_where_numbers_are_meant() -> None:
    frame = ek.references().frame
    assert frame["models"].dtype == "int64" and frame["models"].min() > 10
    assert list(ek.judges().frame.columns) == [
        *("name", "client", "model", "asks", "parser", "orders", "digest", "description")
    ]


@pytest.mark.parametrize("command", LISTINGS)
def test_a_listing_is_a_mapping_that_says_what_was_meant(command: str) -> None:
    listing, name = LISTINGS[command](), EXAMPLES[command]
    assert name in listing and len(listing) == len(list(listing.items()))
    assert listing.get("nobody") is None and "nobody" not in listing
    with pytest.raises(KeyError) as caught:
        listing[f"{name}s"]
    assert isinstance(caught.value, ek.EvalkitError)
    assert str(caught.value).startswith(f"unknown {command[:-1]} '{name}s'. Did you mean '{name}'? Known: ")


def test_a_file_is_looked_up_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("description: Mine.\nbaseline: base\n")
    assert ek.benchmarks()[path].baselines == ek.benchmarks()[str(path)].baselines == ("base",)
    with pytest.raises(ek.EvalkitError, match=r"nobody\.yaml: no such judge file"):
        ek.judges()["./nobody.yaml"]
