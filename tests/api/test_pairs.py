"""One pair of answers, judged in both orders."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import evalkit as ek
from evalkit.cli.main import group

PAIR = ("Name a prime.", "7", "The number 7 is a prime number.")


def ask(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(group, ["judges", "ask", "surface", *arguments], input=given)


def test_a_judge_that_looks_at_the_texts_says_the_same_in_both_orders() -> None:
    found = ek.judge_pair(*PAIR, judge="surface")
    first, second = found.views
    assert (found.verdict, found.consistent) == ("second", True)
    assert found.p_first is not None and first.p_first == pytest.approx(second.p_first) == pytest.approx(found.p_first)
    assert list(found.frame["seen"]) == ["first answer shown first", "second answer shown first"]


def test_a_verdict_that_depends_on_the_order_is_said_to() -> None:
    found = ek.judge_pair(*PAIR, judge=lambda pair: "first")
    assert (found.verdict, found.p_first, found.consistent) == ("tie", 0.5, False)
    assert str(found).startswith("lambda: the verdict depends on the order; P(first is better) is 0.50 on average")
    assert ek.judge_pair(*PAIR, judge=lambda pair: "first", orders="one").verdict == "first"


def test_the_prompt_is_shown_with_what_was_sent() -> None:
    class Client:
        async def complete(self, request: ek.ChatRequest) -> ek.ChatReply:
            assert request.question is not None
            text = json.dumps({"explanation": "short", "winner": request.question.labels.second})
            return ek.ChatReply(text, prompt_tokens=100, completion_tokens=10)

    found = ek.judge_pair(*PAIR, judge="pairwise_json", client=Client())
    assert [view.p_first for view in found.views] == [0.0, 1.0]
    for view in found.views:
        assert all(text in view.messages[-1].content for text in PAIR)
    assert found.frame["prompt_tokens"].tolist() == [100, 100]


def test_a_judge_that_grades_grades_both() -> None:
    found = ek.judge_pair(*PAIR, judge="surface_grade")
    assert [view.answer for view in found.views] == ["first", "second"]
    assert found.grades == tuple(found.frame["grade"]) and found.verdict == "tie"


def test_turns_and_a_reference_reach_the_judge() -> None:
    seen: list[ek.Pair] = []

    def judge(pair: ek.Pair) -> str:
        seen.append(pair)
        return "tie"

    ek.judge_pair(["a", "b"], ["1", "2"], ["3", "4"], judge=judge, reference="2", orders="one")
    assert seen[0].turns == (ek.Turn("a", "1", "3"), ek.Turn("b", "2", "4"))
    assert (seen[0].first, seen[0].reference) == ("1\n\n2", "2")
    with pytest.raises(ek.ConfigError, match="second: 1 answers to the 2 turns"):
        ek.judge_pair(["a", "b"], ["1", "2"], "3", judge=judge)


def test_a_reply_without_a_verdict_says_why() -> None:
    def shy(pair: ek.Pair) -> str:
        raise ek.NoVerdict("both are wrong")

    found = ek.judge_pair(*PAIR, judge=shy)
    assert found.verdict is None and "both are wrong" in str(found)
    with pytest.raises(ek.Incomplete, match="judge 'shy', first answer shown first: both are wrong"):
        found.raise_for_incomplete()


def test_hostile_replies_move_no_cursor() -> None:
    class Client:
        async def complete(self, request: ek.ChatRequest) -> str:
            return "\x1b[2J\u202eevil\n::error::"

    text = str(ek.judge_pair(*PAIR, judge="pairwise_json", client=Client()))
    assert "\x1b" not in text and "\u202e" not in text and len(text.splitlines()) == 5


@pytest.mark.parametrize("given", ["texts", "files", "stdin"])
def test_the_command_says_what_the_function_says(given: str, tmp_path: Path) -> None:
    names = ("instruction", "first", "second")
    if given == "stdin":
        done = ask("--json", given=json.dumps(dict(zip(names, PAIR, strict=True))))
    else:
        arguments = []
        for name, text in zip(names, PAIR, strict=True):
            (tmp_path / name).write_text(text)
            arguments += [f"--{name}", text if given == "texts" else f"@{tmp_path / name}"]
        done = ask(*arguments, "--json")
    assert done.exit_code == 0
    said, found = json.loads(done.stdout), json.loads(ek.judge_pair(*PAIR, judge="surface").to_json())
    # labels are drawn anew each time
    for document in (said, found):
        for view in document["views"]:
            del view["reply"]
    assert said == found


@pytest.mark.parametrize(
    ("arguments", "given", "reason"),
    [
        (["--first", "a"], None, "--instruction is missing"),
        (["--first", "@nowhere"], None, "--first: nowhere: no such file"),
        ([], "{", "stdin: not valid JSON"),
        ([], "[]", "stdin: expected {"),
        ([], '{"instruction": "a", "answer": "b"}', 'stdin: unknown field "answer"'),
    ],
)
def test_a_missing_text_is_one_line(arguments: list[str], given: str | None, reason: str) -> None:
    error = ask(*arguments, given=given).exception
    assert isinstance(error, ek.EvalkitError) and reason in str(error) and "\n" not in str(error)


@pytest.mark.parametrize("wrong", [None, 5, float("nan"), {"a": 1}, [], [5]])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_no_text_is_one_line_that_names_it(wrong: Any, place: int) -> None:
    given = ["Name a prime.", "7", "8"]
    given[place] = wrong
    name = ("instruction", "first", "second")[place]
    with pytest.raises(ek.ConfigError, match=f"^{name}: expected a text, or the texts of several turns$"):
        ek.judge_pair(*given, judge="surface")
