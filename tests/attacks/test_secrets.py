"""A key typed at a wrong place is neither shown nor written, wherever that place is."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit.clients import builtin
from evalkit.clients.address import http_endpoint, read_address
from evalkit.clients.builtin import ClientKind
from evalkit.errors import EvalkitError
from evalkit.types import ChatReply, ChatRequest, ModelConfig
from tests.attacks.typed import (
    PASSWORD,
    RANDOM_KEY,
    VENDOR_KEY,
    Typed,
    annotate,
    drawn,
    holds,
    judge_file,
    outputs,
    places_of,
    run,
)
from tests.scripted import ScriptedClient, first_wins

Typing = Callable[[str], Typed]

BOARD = ["leaderboard", "--store"]


def stored_at(address: str) -> Typing:
    """Type a password into a store's address, and ask it for what it holds."""
    return lambda secret: Typed([[*BOARD, address.replace("SECRET", secret)]])


def judged_by(**changes: object) -> Typing:
    """Type a key into a judge's file, show the judge and judge with it."""

    def typed(secret: str) -> Typed:
        written = json.loads(json.dumps(changes).replace("SECRET", secret))
        return Typed([["judges", "show", "mine.yaml"], annotate()], {"mine.yaml": judge_file(**written)})

    return typed


def answered_with(**changes: object) -> Typing:
    """Type a key into a file of outputs, audit it and have it judged."""

    def typed(secret: str) -> Typed:
        written = json.loads(json.dumps(changes).replace("SECRET", secret))
        files = {"candidate.json": outputs(**written), "mine.yaml": judge_file()}
        return Typed([["audit", "outputs", "candidate.json"], annotate()], files)

    return typed


def said(*words: str) -> Typing:
    return lambda secret: Typed([[word.replace("SECRET", secret) for word in words]], {"mine.yaml": judge_file()})


def settings(text: str) -> Typing:
    lines = [["leaderboard"], ["annotate", "candidate.json", "--baseline", "baseline.json"]]
    return lambda secret: Typed(lines, {"evalkit.toml": text.replace("SECRET", secret)})


def at_address(address: str) -> Typing:
    """Type a password into the address that the environment names."""

    def typed(secret: str) -> Typed:
        files = {"mine.yaml": judge_file(base_url=None)}
        return Typed([annotate()], files, {"OPENAI_BASE_URL": address.replace("SECRET", secret)})

    return typed


def named_file(secret: str) -> Typed:
    rows = json.loads(outputs())
    for row in rows:
        del row["generator"]
    name = f"{secret}.json"
    return Typed(
        [annotate(candidate=name), ["audit", "outputs", name]], {name: json.dumps(rows), "mine.yaml": judge_file()}
    )


def named_judge(secret: str) -> Typed:
    return Typed(
        [annotate(judge=f"{secret}.yaml"), ["judges", "show", f"{secret}.yaml"]], {f"{secret}.yaml": judge_file()}
    )


def imported(**changes: str) -> Typing:
    """Type a key where a file of verdicts has a name."""

    def typed(secret: str) -> Typed:
        row = {
            "instruction": "Name a colour.",
            "output_1": "Red.",
            "output_2": "Blue.",
            "generator_1": "base",
            "generator_2": "candidate",
            "annotator": "someone",
            "preference": 2.0,
            **{name: value.replace("SECRET", secret) for name, value in changes.items()},
        }
        lines = [["leaderboard", "annotations.json"], ["import", "alpaca_eval", "annotations.json"]]
        return Typed(lines, {"annotations.json": json.dumps([row])})

    return typed


PLACES: dict[str, Typing] = {
    "key_variable": judged_by(key_variable="SECRET"),
    "the name of a header": judged_by(headers={"SECRET": "x"}),
    "the name of a header without a text": judged_by(headers={"SECRET": 1}),
    "key_header": judged_by(key_header="SECRET"),
    "an unknown key of a judge": judged_by(SECRET=1),
    "an unknown key of rates": judged_by(rates={"SECRET": 1}),
    "a model's name": judged_by(model="SECRET"),
    "a value of tls": judged_by(tls={"ca": "SECRET"}),
    "a number of a judge": judged_by(timeout="SECRET"),
    "a kind of orders": judged_by(orders="SECRET"),
    "a tag of YAML": lambda secret: Typed([annotate()], {"mine.yaml": f"client: !{secret} x\n"}),
    "a repeated key of YAML": lambda secret: Typed([annotate()], {"mine.yaml": f"{secret}: 1\n{secret}: 2\n"}),
    "a client": judged_by(client="SECRET"),
    "a parser": judged_by(parser="SECRET"),
    "the file name of a judge": named_judge,
    "--judge": said(*annotate(judge="SECRET")),
    "--judge-model": said(*annotate("--judge-model", "SECRET")),
    "--base-url": said(*annotate("--base-url", "SECRET")),
    "--benchmark": said(*annotate("--benchmark", "SECRET")),
    "--baseline": said("annotate", "candidate.json", "--baseline", "SECRET"),
    "--key": said(*annotate("--key", "SECRET")),
    "--format": said("leaderboard", "--format", "SECRET"),
    "a number": said(*annotate("--repeats", "SECRET")),
    "an unknown option": said("annotate", "candidate.json", "--SECRET"),
    "the value of an unknown option": said("annotate", "--api-key", "SECRET", "candidate.json"),
    "a command": said("SECRET"),
    "a second argument": said("report", "--out", "r.html", "SECRET"),
    "a key of evalkit.toml": settings('[leaderboard]\n"SECRET" = 1\n'),
    "a value of evalkit.toml": settings('[leaderboard]\njudge = "SECRET"\n[annotate]\njudge = "SECRET"\n'),
    "a table of evalkit.toml": settings('["SECRET"]\njudge = "surface"\n'),
    "a broken line of evalkit.toml": settings("[leaderboard]\njudge = SECRET\n"),
    "a generator": answered_with(generator="SECRET"),
    "a dataset": answered_with(dataset="SECRET"),
    "the file name of outputs": named_file,
    "an annotator": imported(annotator="SECRET"),
    "a candidate of a verdict": imported(generator_2="SECRET"),
    "a baseline of a verdict": imported(generator_1="SECRET"),
}
ADDRESSES: dict[str, Typing] = {
    "the password of a store": stored_at("postgresql://me:SECRET@127.0.0.1:1/db"),
    "the user of a store": stored_at("postgresql://SECRET@127.0.0.1:1/db"),
    "the query of a store": stored_at("postgresql://127.0.0.1:1/db?password=SECRET"),
    "a misspelt query of a store": stored_at("postgresql://127.0.0.1:1/db?pasword=SECRET"),
    "a query without its mark": stored_at("postgresql://127.0.0.1:1/db&password=SECRET"),
    "one slash": stored_at("postgresql:/me:SECRET@127.0.0.1:1/db"),
    "no slash": stored_at("postgresql:me:SECRET@127.0.0.1:1/db"),
    "no colon": stored_at("postgresql//me:SECRET@127.0.0.1:1/db"),
    "no scheme": stored_at("me:SECRET@127.0.0.1:1/db"),
    "a misspelt scheme": stored_at("postgrsql://me:SECRET@127.0.0.1:1/db"),
    "a port that is none": stored_at("postgresql://me:x@127.0.0.1:SECRET/db"),
    "a sign that divides": stored_at("postgresql://me:x@SECRET@127.0.0.1:1/db"),
    "the query of a file": stored_at("sqlite:///nowhere.db?key=SECRET"),
    "the address of an endpoint": at_address("https://me:SECRET@judge.example/v1"),
    "a misspelt address": at_address("htp://me:SECRET@judge.example/v1"),
    "an address with one slash": at_address("http:/me:SECRET@judge.example/v1"),
    "an address without a scheme": at_address("me:SECRET@judge.example/v1"),
    "a query of an address": at_address("https://judge.example/v1?api_key=SECRET"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to type in, with an endpoint that always answers; its address is read as of any other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(builtin.BUILTIN, "openai", ClientKind(opening(ScriptedClient()), http_endpoint))
    return tmp_path


def opening(client: ScriptedClient) -> Callable[[ModelConfig], ScriptedClient]:
    """A function that opens this client, once the judge's address has been read as of any other."""

    def opened(config: ModelConfig) -> ScriptedClient:
        read_address(config)
        return client

    return opened


def check(typing: Typing, secret: str, folder: Path) -> None:
    typed = typing(secret)
    places = places_of(typed, run(typed, folder), folder)
    assert any(places.values())
    assert [place for place, content in places.items() if holds(content, secret)] == []


@pytest.mark.parametrize("place", list(PLACES))
@pytest.mark.parametrize("secret", [VENDOR_KEY, RANDOM_KEY], ids=["of a vendor", "drawn at random"])
def test_a_key_that_stands_where_a_name_belongs_is_nowhere(place: str, secret: str, folder: Path) -> None:
    check(PLACES[place], secret, folder)


@pytest.mark.parametrize("place", list(ADDRESSES))
@pytest.mark.parametrize("secret", [VENDOR_KEY, PASSWORD], ids=["a key", "a password"])
def test_a_password_in_an_address_is_nowhere_however_it_is_typed(place: str, secret: str, folder: Path) -> None:
    check(ADDRESSES[place], secret, folder)


# places that end no run, each with the key that is typed there
WRITTEN = {
    place: drawn(place, prefix=prefix)
    for place, prefix in {
        "the value of a header": "",
        "a query of base_url": "",
        "a password in base_url": "",
        "a description": "",
        "a notice": "",
        "a parameter": "",
        "a parameter's text": "sk-",
        "a prompt": "hf_",
        "a title": "gsk_",
        "an answer": "sk-proj-",
        "a baseline's answer": "ghp_",
        "an instruction": "AIza",
        "a field that nobody reads": "sk-",
        "a reply": "xai-",
        "the variable of the key": "no shape ",
        "the variable of a header": "neither this ",
        "a variable that an answer quotes": "nor that ",
    }.items()
}


def typed_everywhere() -> Typed:
    """A run that types a key at each of these places, and then shows and writes all that it can."""
    password, query = WRITTEN["a password in base_url"], WRITTEN["a query of base_url"]
    judge = judge_file(
        base_url=f"https://me:{password}@judge.example/v1?api-key={query}",
        key_variable="A_GATEWAY",
        key_header="X-Gateway",
        headers={"X-Key": WRITTEN["the value of a header"], "X-Other": "${ANOTHER_GATEWAY}"},
        description=f"asks with {WRITTEN['a description']}",
        notice=f"asks with {WRITTEN['a notice']}",
        parameters={"api_key": WRITTEN["a parameter"], "user": WRITTEN["a parameter's text"]},
        prompt="mine.jinja",
    )
    asked = f"Is {WRITTEN['an instruction']} a key?"
    answers = {
        "output": f"{WRITTEN['an answer']} and {WRITTEN['a variable that an answer quotes']} are, if you ask me.",
        "api_key": WRITTEN["a field that nobody reads"],
    }
    prompt = (Path(evalkit.__file__).parents[1] / "prompts" / "pairwise_label.jinja").read_text(encoding="utf-8")
    files = {
        "mine.yaml": judge,
        "mine.jinja": prompt.replace("Two answers", f"{WRITTEN['a prompt']}: two answers", 1),
        "candidate.json": outputs(instruction=asked, **answers),
        "baseline.json": outputs("baseline", instruction=asked, output=WRITTEN["a baseline's answer"]),
    }
    lines = [
        ["judges", "show", "mine.yaml"],
        annotate("--benchmark", "own"),
        ["leaderboard", "--format", "json", "--out", "board.json"],
        ["report", "--out", "report.html", "--title", f"With {WRITTEN['a title']}"],
        ["export", "alpaca_eval", "--benchmark", "own", "--out", "exported"],
        ["store", "export", "whole.jsonl"],
        ["import", "alpaca_eval", "candidate.json"],
        ["export", "alpaca_eval", "--out", "again"],
    ]
    variables = {
        "A_GATEWAY": WRITTEN["the variable of the key"],
        "ANOTHER_GATEWAY": WRITTEN["the variable of a header"],
        "SOME_API_KEY": WRITTEN["a variable that an answer quotes"],
    }
    return Typed(lines, files, variables)


def quoting(request: ChatRequest) -> ChatReply:
    """A reply of a judge that repeats whatever it was told."""
    told = [WRITTEN[place] for place in ("a reply", "the variable of the key", "the variable of a header", "an answer")]
    reply = first_wins(request)
    text = f"I was asked with {' and '.join(told)}.\n{reply.text}"
    return ChatReply(text, prompt_tokens=10, completion_tokens=10, body=json.dumps({"text": text}))


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    """All that such a run printed and wrote."""
    folder = tmp_path_factory.mktemp("left")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setitem(builtin.BUILTIN, "openai", ClientKind(opening(ScriptedClient(quoting)), http_endpoint))
        typed = typed_everywhere()
        results = run(typed, folder)
        assert [result.exit_code for result in results] == [0] * len(typed.lines), [
            str(one.exception) for one in results
        ]
        yield places_of(typed, results, folder)


@pytest.mark.parametrize("place", list(WRITTEN))
def test_a_key_that_ends_no_run_is_in_nothing_that_is_shown_or_written(left: dict[str, bytes], place: str) -> None:
    written = ("results/evalkit.db", "report.html", "whole.jsonl", "run.log", "board.json")
    assert all(any(name in found for found in left) for name in (*written, "row.json", "annotations.json"))
    assert [name for name, content in left.items() if holds(content, WRITTEN[place])] == []


def test_a_judge_is_told_the_texts_to_the_letter(folder: Path) -> None:
    typed = typed_everywhere()
    scripted = ScriptedClient()
    builtin.BUILTIN["openai"] = ClientKind(opening(scripted), http_endpoint)
    run(Typed(typed.lines[1:2], typed.files, typed.variables), folder)
    asked = "\n".join(message.content for request in scripted.asked for message in request.messages)
    assert all(WRITTEN[place] in asked for place in ("an answer", "an instruction", "a prompt"))


def test_pythons_users_see_no_key_in_an_error(folder: Path) -> None:
    (folder / "candidate.json").write_text(outputs(generator=VENDOR_KEY))
    (folder / "baseline.json").write_text(outputs("baseline"))
    wrong: list[dict[str, Any]] = [
        {"judge": VENDOR_KEY}, {"benchmark": RANDOM_KEY}, {"store": f"postgresql//me:{PASSWORD}@h"}, {}
    ]  # fmt: skip
    for options in wrong:
        with pytest.raises(EvalkitError) as error:
            evalkit.annotate("candidate.json", **{"baseline": "baseline.json", "judge": "surface", **options})
        said = f"{error.value} {error.value!r} {error.value.for_command}".encode()
        assert not any(holds(said, secret) for secret in (VENDOR_KEY, RANDOM_KEY, PASSWORD))
