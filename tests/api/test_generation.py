"""Answers generated from Python: functions and endpoints as models, files as the command writes them."""

import asyncio
import json
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

import evalkit as ek
from evalkit.api.python_models import model_config
from evalkit.errors import ConfigError, Incomplete, Unreachable
from tests.api.hostile import NAME, shown_as_text
from tests.cli.running import evalkit
from tests.clients.asking import completion
from tests.rig import mock_judge

EXAMPLES = Path(__file__).parents[2] / "examples"
QUESTIONS = EXAMPLES / "instructions.json"
MODEL = "client: openai\nmodel: small\nbase_url: {url}\nparameters: {{max_tokens: 9}}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    return tmp_path


def echo(instruction: str) -> str:
    """Say it again."""
    return f"You said: {instruction}"


def conversations(folder: Path) -> Path:
    path = folder / "conversations.jsonl"
    rows = [{"question_id": n, "category": "math", "turns": [f"First {n}", f"Then {n}"]} for n in range(3)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_a_function_answers_and_its_answers_are_outputs(folder: Path) -> None:
    answers = ek.generate(echo, questions=QUESTIONS)
    assert str(answers) == "48 of 48 questions answered: results/echo/outputs.json"
    assert answers.outputs.model == "echo" and len(answers.outputs.outputs) == 48
    written = json.loads(answers.path.read_text())
    frame = answers.frame
    assert frame.to_dict("records") == written and {"instruction", "output", "generator"} <= set(frame.columns)
    assert frame["output"].tolist() == [f"You said: {text}" for text in frame["instruction"]]
    answers.raise_for_incomplete()
    run = ek.annotate(
        answers, baseline=EXAMPLES / "outputs" / "baseline.json", benchmark="example", judge="surface", audit="off"
    )
    assert [row.entry.model for row in run.rows] == ["echo"]
    assert ek.audit(answers, benchmark="example").examined[0].n == 48
    assert ek.forecast(answers, benchmark="example", judge="surface").works[0].forecast.requests == 0


def test_questions_can_be_values_and_answers_a_frame_of_outputs() -> None:
    questions = [{"instruction": f"Task {n}: name a colour."} for n in range(3)]
    answers = ek.generate(echo, questions=questions)
    assert list(answers.frame.columns) == ["instruction", "output", "generator", "id"]
    assert answers.frame["instruction"].tolist() == [row["instruction"] for row in questions]
    whole = answers.frame.assign(generator="base")
    assert ek.forecast(answers.frame, baseline=whole, judge="surface").works[0].model == "echo"
    assert [works.model for works in ek.forecast(answers, baseline=whole, judge="surface").works] == ["echo"]


def test_without_a_version_every_run_asks_anew_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    def counting(_: str) -> str:
        told.append("asked")
        return f"Answer {len(told)}"

    with caplog.at_level(logging.WARNING, "evalkit"):
        first, second = (ek.generate(counting, questions=QUESTIONS, limit=2, concurrency=1) for _ in range(2))
    assert sorted(first.frame["output"]) == ["Answer 1", "Answer 2"]
    assert sorted(second.frame["output"]) == ["Answer 3", "Answer 4"]
    (note,) = first.notes
    assert "every run asks anew" in note and "@evalkit.model" in note
    assert [record.message for record in caplog.records] == [note, note]
    assert ek.forecast_answers(counting, questions=QUESTIONS, limit=2).forecast.stored == 0


def test_with_a_version_answers_are_kept_until_it_changes() -> None:
    asked: list[str] = []

    def versioned(version: str) -> ek.ModelFunction:
        @ek.model(name="kept", version=version)
        def kept(instruction: str) -> str:
            asked.append(version)
            return instruction.upper()

        return kept

    runs = [ek.generate(versioned(version), questions=QUESTIONS, limit=4) for version in ("1", "1", "2")]
    assert asked == ["1"] * 4 + ["2"] * 4
    assert [json.loads(run.to_json())["from_store"] for run in runs] == [0, 4, 0]
    assert all(run.notes == () for run in runs)
    forecast = ek.forecast_answers(versioned("2"), questions=QUESTIONS, limit=5)
    assert (forecast.forecast.stored, forecast.forecast.requests) == (4, 1)


def test_a_function_gets_the_messages_so_far_from_the_second_turn_on(folder: Path) -> None:
    got: list[Any] = []

    def talk(said: Any) -> str:
        got.append(said)
        return "One" if isinstance(said, str) else "Two"

    answers = ek.generate(talk, questions=conversations(folder), limit=1)
    first, second = got
    assert second == [
        {"role": "user", "content": first},
        {"role": "assistant", "content": "One"},
        {"role": "user", "content": first.replace("First", "Then")},
    ]
    (row,) = answers.frame.to_dict("records")
    assert (row["instruction"], row["output"]) == ([first, first.replace("First", "Then")], ["One", "Two"])
    assert row["dataset"] == "math"
    assert "[One, Two]" in answers._repr_html_()


def test_a_coroutine_function_runs_in_the_callers_loop_and_any_function_beside_a_loop() -> None:
    threads: set[int] = set()

    async def waiting(instruction: str) -> str:
        threads.add(threading.get_ident())
        await asyncio.sleep(0)
        return instruction

    async def caller() -> list[int]:
        there = await ek.agenerate(waiting, questions=QUESTIONS, limit=2)
        here = ek.generate(echo, questions=QUESTIONS, limit=2)
        return [len(there.frame), len(here.frame)]

    assert asyncio.run(caller()) == [2, 2]
    assert threads == {threading.get_ident()}
    assert ek.agenerate.__name__ == "agenerate"


def test_a_question_without_an_answer_is_left_out_and_raises() -> None:
    def choosy(instruction: str) -> object:
        if "poem" in instruction:
            raise ValueError("no poems")
        return 7 if "list" in instruction.lower() else "Yes."

    answers = ek.generate(choosy, questions=QUESTIONS)
    reasons = set(answers.failures.values())
    assert {"the function raised ValueError: no poems", "the function returned 7, and not a text"} <= reasons
    assert len(answers.frame) == 48 - len(answers.failures)
    with pytest.raises(Incomplete, match=f"choosy: {len(answers.failures)} questions have no answer"):
        answers.raise_for_incomplete()


def test_no_answer_at_all_is_a_frame_without_rows() -> None:
    answers = ek.generate(echo, questions=QUESTIONS, limit=3, max_requests=0)
    assert list(answers.frame.columns) == ["instruction", "output", "generator"] and answers.frame.empty
    with pytest.raises(Unreachable, match="^max_requests reached"):
        answers.raise_for_incomplete()


def test_the_function_gives_what_the_command_prints_and_writes(folder: Path) -> None:
    with mock_judge(folder) as server:
        (folder / "model.yaml").write_text(MODEL.format(url=server.url))
        words = ["generate", "model.yaml", "--questions", QUESTIONS, "--limit", 5, "--seed", 2]
        keywords: dict[str, Any] = {"questions": QUESTIONS, "limit": 5, "seed": 2}
        forecast = ek.forecast_answers("model.yaml", **keywords)
        assert evalkit(*words, "--dry-run", cwd=folder).stdout == f"{forecast}\n"
        assert evalkit(*words, "--dry-run", "--json", cwd=folder).stdout == f"{forecast.to_json()}\n"
        assert forecast.cost is None and forecast.frame["requests"].tolist() == [5]
        first = evalkit(*words, cwd=folder)
        written = (folder / "results" / "model" / "outputs.json").read_bytes()
        assert first.returncode == 0 and "note: model, turn 1: 5 of 5 replies, 0 from the store" in first.stderr
        answers = ek.generate(Path("model.yaml"), **keywords)
        again = evalkit(*words, cwd=folder)
        assert (again.returncode, again.stdout) == (0, f"{answers}\n")
        assert evalkit(*words, "--json", cwd=folder).stdout == f"{answers.to_json()}\n"
        assert written == answers.path.read_bytes()
        assert len(server.ledger()) == 5
        other = ek.ModelConfig(name="mine", client="openai", model="small", base_url=server.url)
        assert ek.generate(other, **keywords, out="mine.json").path == Path("mine.json")
        assert ek.generate(other, **keywords, model_name="renamed").model == "renamed"


def test_a_stopped_run_is_the_commands(folder: Path) -> None:
    (folder / "model.yaml").write_text(MODEL.format(url="http://127.0.0.1:9/v1"))
    answers = ek.generate("model.yaml", questions=QUESTIONS, limit=2, max_requests=0)
    words = ["generate", "model.yaml", "--questions", QUESTIONS, "--limit", 2, "--max-requests", 0]
    done = evalkit(*words, cwd=folder)
    assert (done.returncode, done.stdout) == (3, f"{answers}\n")
    assert evalkit(*words, "--json", cwd=folder).stdout == f"{answers.to_json()}\n"


def test_a_notebook_shows_names_and_answers_as_text(folder: Path) -> None:
    answers = ek.generate(ek.model(name=NAME)(echo), questions=QUESTIONS, limit=2, out="outputs.json")
    assert shown_as_text(answers)
    assert shown_as_text(ek.generate(lambda _: NAME, questions=conversations(folder), limit=1))
    assert shown_as_text(ek.forecast_answers(ek.model(name=NAME)(echo), questions=QUESTIONS))


@pytest.mark.parametrize(
    ("model", "wrong", "reason"),
    [
        (echo, {"limit": 0}, "^limit: expected a whole number from 1, found 0"),
        (echo, {"max_cost": 1}, "^max_cost needs the prices of model 'echo'"),
        (echo, {"questions": None}, "names no questions. Give questions=FILE"),
        (echo, {"model_name": "other"}, "^model_name other: model 'echo' is a Python function"),
        (echo, {"benchmark": "exmaple"}, "unknown benchmark 'exmaple'"),
        ("nowhere.yaml", {}, "nowhere.yaml: no such file"),
        (7, {}, "^model: expected a path, a function or a ModelConfig, found int"),
        (ek.ModelFunction(echo, " "), {}, "a model needs a name"),
        (ek.ModelFunction(echo, "m", timeout=0), {}, "model 'm': timeout: expected seconds, found 0"),
    ],
)
def test_a_wrong_keyword_is_one_line_that_names_it(model: Any, wrong: dict[str, Any], reason: str) -> None:
    for call in (ek.generate, ek.forecast_answers):
        with pytest.raises(ek.EvalkitError, match=reason) as caught:
            call(model, **{"questions": QUESTIONS, **wrong})
        assert "\n" not in str(caught.value)
    assert not Path("results").exists()


def test_flaws_of_answers_are_counted_and_a_refusal_is_the_models(folder: Path) -> None:
    texts = {
        "cut_off": {"status": 200, "body": json.dumps(completion(finish_reason="MAX_TOKENS"))},
        "empty": {"status": 200, "body": json.dumps(completion(message={"content": " "}))},
        "thinking": {
            "status": 200,
            "body": json.dumps(completion(message={"content": "<think>\nHm.\n</think>\nYes."})),
        },
        "refusal": {"status": 200, "body": json.dumps(completion(message={"content": None, "refusal": "I will not."}))},
        "broken": {
            "status": 200,
            "body": json.dumps(completion(message={"content": "Half an ans"}, error={"code": 502, "message": "gone"})),
        },
    }
    script = [{"when": {"contains": f"task {name} "}, "do": do} for name, do in texts.items()]
    questions = [{"instruction": f"Do task {name} now."} for name in (*texts, "plain")]
    with mock_judge(folder / "server", script=script) as server:
        Path("m.yaml").write_text(MODEL.format(url="http://127.0.0.1:9/v1"))
        answers = ek.generate("m.yaml", questions=questions, base_url=server.url)
        n_sent = len(server.ledger())
    assert (len(answers.outputs.outputs), n_sent) == (4, 6)
    assert {name: len(keys) for name, keys in answers.flaws.items()} == {"cut_off": 1, "empty": 1, "thinking": 1}
    assert str(answers).splitlines()[1:] == [
        "1 answer was cut off by the limit of tokens",
        "1 answer is empty",
        "1 answer holds the model's thinking",
    ]
    assert sorted(answers.failures.values()) == [
        "502: the provider broke the reply off: gone",
        "the model refused: I will not.",
    ]
    document = json.loads(answers.to_json())
    assert (document["cut_off"], document["empty"], document["thinking"]) == (1, 1, 1)


def test_an_address_that_is_given_decides_as_that_of_the_file(folder: Path) -> None:
    Path("one.yaml").write_text(MODEL.format(url="http://127.0.0.1:9/v1"))
    Path("two").mkdir()
    Path("two/one.yaml").write_text(MODEL.format(url="http://localhost:8/v1"))
    given = model_config("one.yaml", base_url="http://localhost:8/v1")
    assert given.digest == model_config("two/one.yaml").digest != model_config("one.yaml").digest
    with pytest.raises(ConfigError, match="base_url: expected an http or https address, found 'nowhere'"):
        ek.generate("one.yaml", questions=[{"instruction": "a"}], base_url="nowhere")
    with pytest.raises(ConfigError, match="base_url: model 'echo' is a Python function and asks no endpoint"):
        ek.generate(echo, questions=[{"instruction": "a"}], base_url="http://localhost:8/v1")
