"""Answers of a model, turn by turn, through the engine and the store."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evalkit.errors import ConfigError, RejectedRequest
from evalkit.judging.answering import Answering, Generated, first_turn, generate
from evalkit.store import Store, open_store
from evalkit.types import ChatReply, ChatRequest, Client, Example, ModelConfig
from tests.engine.runs import QUICK
from tests.scripted import ScriptedClient

MODEL = ModelConfig(name="mine", client="openai", model="tiny", system="Be brief.", digest="d")
QUESTIONS = (
    Example("81", ("First of 81", "Second of 81"), "writing", cluster="81"),
    Example("82", ("Only one turn",), "math", cluster="82"),
)


def answer(request: ChatRequest) -> ChatReply:
    return ChatReply(f"Answer to {request.messages[-1].content} after {len(request.messages)} messages")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> ScriptedClient:
    scripted = ScriptedClient(answer)

    def open_client(_: Answering) -> Client:
        return scripted

    monkeypatch.setattr(Answering, "open_client", open_client)
    return scripted


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def run(store: Store, *, questions: tuple[Example, ...] = QUESTIONS, model: ModelConfig = MODEL) -> Generated:
    return generate(first_turn(model, questions, benchmark="bench"), store, limits=QUICK)


def test_every_turn_is_asked_with_the_models_own_earlier_answers(client: ScriptedClient, store: Store) -> None:
    done = run(store)
    assert [one.texts for one in done.outputs.outputs] == [
        ("Answer to First of 81 after 2 messages", "Answer to Second of 81 after 4 messages"),
        ("Answer to Only one turn after 2 messages",),
    ]
    second = next(one for one in client.asked if one.messages[-1].content == "Second of 81")
    assert [(one.role, one.content) for one in second.messages] == [
        ("system", "Be brief."),
        ("user", "First of 81"),
        ("assistant", "Answer to First of 81 after 2 messages"),
        ("user", "Second of 81"),
    ]
    assert done.failures == {} and done.stopped is None


def test_a_second_run_asks_nothing(client: ScriptedClient, store: Store) -> None:
    first = run(store)
    assert run(store).outputs == first.outputs
    assert len(client.asked) == 3


def test_another_system_prompt_or_parameter_asks_anew(client: ScriptedClient, store: Store) -> None:
    run(store)
    run(store, model=dataclasses.replace(MODEL, system=None, digest="e"))
    run(store, model=dataclasses.replace(MODEL, parameters={"temperature": 1}, digest="f"))
    assert len(client.asked) == 9


def rejecting(what: str) -> Callable[[ChatRequest], ChatReply]:
    def script(request: ChatRequest) -> ChatReply:
        if request.messages[-1].content == what:
            raise RejectedRequest("too long")
        return answer(request)

    return script


@pytest.mark.parametrize("what", ["First of 81", "Second of 81"])
def test_a_question_that_cannot_be_answered_is_left_out_with_its_reason(
    client: ScriptedClient, store: Store, what: str
) -> None:
    client.script = rejecting(what)
    done = run(store)
    assert [one.key for one in done.outputs.outputs] == ["82"]
    assert list(done.failures) == ["81"] and "too long" in done.failures["81"]
    client.script = answer
    assert len(run(store).outputs.outputs) == 2, "the next run asks again"


def test_an_empty_answer_is_an_answer(client: ScriptedClient, store: Store) -> None:
    client.script = lambda _: ChatReply("")
    assert [one.texts for one in run(store).outputs.outputs] == [("", ""), ("",)]


def test_a_limit_on_requests_is_for_all_turns_together(client: ScriptedClient, store: Store) -> None:
    limits = dataclasses.replace(QUICK, max_requests=2)
    done = generate(first_turn(MODEL, QUESTIONS, benchmark="bench"), store, limits=limits)
    assert len(client.asked) == 2
    assert done.stopped == "--max-requests reached"
    assert [one.key for one in done.outputs.outputs] == ["82"]
    assert done.failures == {"81": "not asked yet"}


def test_a_judge_that_only_judges_gives_no_answers() -> None:
    with pytest.raises(ConfigError, match="a client of kind 'heuristic' judges answers and gives none"):
        first_turn(dataclasses.replace(MODEL, client="heuristic", model="surface"), QUESTIONS, benchmark="bench")


def test_answers_are_measured_as_those_that_are_read(client: ScriptedClient, store: Store) -> None:
    client.script = lambda _: ChatReply("# A header\n- one\n- two")
    assert run(store).outputs.outputs[1].measures["lists"] == 2


def test_what_runs_that_were_killed_had_under_way_is_told(
    client: ScriptedClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # found by the first turn's run alone
    abandoned = iter((3, 0))
    monkeypatch.setattr(Store, "enter", lambda *_, **__: next(abandoned))
    assert run(store).abandoned == 3
