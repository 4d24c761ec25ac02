"""A candidate's outputs meet a baseline's by key; what does not match is refused or counted."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.judging.pairing import Pairing, pair_common, pair_exactly
from evalkit.types import Example, Output, OutputSet

Rows = list[tuple[str, str]]
Pair = Callable[[OutputSet, OutputSet], Pairing]

repeatable = settings(deadline=None, derandomize=True, database=None, max_examples=200)


def outputs(model: str, rows: Rows, *, instructions: dict[str, str] | None = None) -> OutputSet:
    """Keys and answers; a key's instruction is `task KEY` unless told otherwise."""
    named = instructions or {}
    return OutputSet(
        model,
        f"{model}.json",
        tuple(Example(key, (named.get(key, f"task {key}"),)) for key, _ in rows),
        tuple(Output(key, model, (text,)) for key, text in rows),
    )


def answers(model: str, keys: str | list[str]) -> OutputSet:
    return outputs(model, [(key, f"{model} on {key}") for key in keys])


def joined(pairing: Pairing) -> list[tuple[str, str, str]]:
    return [(one.key, one.baseline.text, one.candidate.text) for one in pairing.comparisons]


def refusal(baseline: OutputSet, candidate: OutputSet) -> str:
    with pytest.raises(InputError) as error:
        pair_exactly(baseline, candidate)
    message = str(error.value)
    assert message.startswith(f"{candidate.source}: ")
    assert len(message.splitlines()) == 1
    return message


def test_every_instruction_meets_the_answer_to_itself() -> None:
    pairing = pair_exactly(answers("base", "abc"), answers("cand", "cab"))
    assert joined(pairing) == [(key, f"base on {key}", f"cand on {key}") for key in "abc"]
    assert pairing.exact and pairing.unanswered == ()


@repeatable
@given(st.data(), st.lists(st.text(max_size=3), min_size=1, max_size=12, unique=True))
def test_the_order_of_the_candidates_file_never_matters(data: st.DataObject, keys: list[str]) -> None:
    baseline = answers("base", keys)
    shuffled = data.draw(st.permutations(keys))
    assert pair_exactly(baseline, answers("cand", shuffled)) == pair_exactly(baseline, answers("cand", keys))


@repeatable
@given(st.data(), st.lists(st.text(max_size=3), min_size=1, max_size=12, unique=True))
def test_the_order_of_the_baselines_file_is_the_order_of_comparisons_and_no_more(
    data: st.DataObject, keys: list[str]
) -> None:
    shuffled = data.draw(st.permutations(keys))
    candidate = answers("cand", keys)
    pairing = pair_exactly(answers("base", shuffled), candidate)
    assert [one.key for one in pairing.comparisons] == list(shuffled)
    assert sorted(joined(pairing)) == sorted(joined(pair_exactly(answers("base", keys), candidate)))


@repeatable
@given(st.lists(st.sampled_from("abcdef"), min_size=1), st.lists(st.sampled_from("abcdef"), min_size=1))
def test_every_row_is_compared_or_counted(asked: list[str], answered: list[str]) -> None:
    baseline, candidate = answers("base", asked), answers("cand", answered)
    if not set(asked) & set(answered):
        with pytest.raises(InputError, match="no instruction in common"):
            pair_common(baseline, candidate)
        return
    pairing = pair_common(baseline, candidate)
    n = len(pairing.comparisons)
    assert {one.key for one in pairing.comparisons} == set(asked) & set(answered)
    assert n + len(pairing.unanswered) == len(set(asked))
    assert n + pairing.n_extra == len(set(answered))
    assert 2 * n + len(pairing.unanswered) + pairing.n_extra + pairing.n_duplicate == len(asked) + len(answered)
    assert pairing.exact == (sorted(asked) == sorted(answered) and len(set(asked)) == len(asked))


@repeatable
@given(st.lists(st.sampled_from("abcdef"), min_size=1), st.lists(st.sampled_from("abcdef"), min_size=1))
def test_files_pair_exactly_only_when_they_hold_the_same_keys_once(asked: list[str], answered: list[str]) -> None:
    baseline, candidate = answers("base", asked), answers("cand", answered)
    if sorted(asked) == sorted(answered) and len(set(asked)) == len(asked):
        assert pair_exactly(baseline, candidate) == pair_common(baseline, candidate)
    else:
        refusal(baseline, candidate)


def test_missing_answers_are_refused_with_their_number_and_the_first_three() -> None:
    said = refusal(answers("base", "abcdef"), answers("cand", "b"))
    assert said.startswith("cand.json: does not match the 6 instructions of base.json: ")
    assert "5 missing (first: 'task a', 'task c', 'task d')" in said
    assert "extra" not in said and "repeated" not in said


def test_extra_answers_are_refused_with_their_number_and_the_first_three() -> None:
    said = refusal(answers("base", "a"), answers("cand", "zyxwa"))
    assert "4 extra (first: 'task z', 'task y', 'task x')" in said
    assert "missing" not in said and "repeated" not in said


@pytest.mark.parametrize(("asked", "answered"), [("abc", "abcbbc"), ("abcbbc", "abc")], ids=["candidate", "baseline"])
def test_repeated_instructions_are_refused_on_either_side(asked: str, answered: str) -> None:
    said = refusal(answers("base", asked), answers("cand", answered))
    assert "3 repeated (first: 'task b', 'task c')" in said
    assert "missing" not in said and "extra" not in said


def test_rows_repeated_word_for_word_are_refused_too() -> None:
    assert "1 repeated (first: 'task a')" in refusal(answers("base", "ab"), answers("cand", "aba"))


def test_several_faults_are_told_at_once_with_the_cure() -> None:
    said = refusal(answers("base", "abcc"), answers("cand", "axa"))
    assert "2 missing (first: 'task b', 'task c'); 1 extra (first: 'task x'); 2 repeated (first: 'task c'," in said
    assert said.endswith("Mend the file, or compare only the common instructions with --on-mismatch intersect")


def test_the_message_stays_short_however_long_the_instruction_and_the_file() -> None:
    keys = [f"{n:05d}" for n in range(5000)]
    long = {key: f"{key} " + "very long\n" * 500 for key in keys}
    rows = [(key, "x") for key in keys]
    said = refusal(outputs("base", rows, instructions=long), outputs("cand", rows[:1], instructions=long))
    assert "4999 missing" in said
    assert len(said) < 500


def test_instructions_that_differ_by_one_character_are_not_the_same() -> None:
    instructions = {"a": "Say hi.", "b": "Say hi. "}
    baseline = outputs("base", [("a", "x"), ("b", "y")], instructions=instructions)
    assert "1 missing (first: 'Say hi. ')" in refusal(
        baseline, outputs("cand", [("a", "z")], instructions=instructions)
    )


def test_what_is_common_is_compared_in_the_baselines_order_and_the_rest_counted() -> None:
    pairing = pair_common(answers("base", "abcda"), answers("cand", "dxbyzb"))
    assert joined(pairing) == [("b", "base on b", "cand on b"), ("d", "base on d", "cand on d")]
    assert [(example.key, output.text) for example, output in pairing.unanswered] == [
        ("a", "base on a"),
        ("c", "base on c"),
    ]
    assert (pairing.n_extra, pairing.n_duplicate) == (3, 2)
    assert not pairing.exact


def test_of_repeated_answers_the_first_is_compared() -> None:
    pairing = pair_common(
        outputs("base", [("a", "first of base"), ("a", "second of base")]),
        outputs("cand", [("a", "first of cand"), ("a", "second of cand"), ("a", "third of cand")]),
    )
    assert joined(pairing) == [("a", "first of base", "first of cand")]
    assert pairing.n_duplicate == 3


@pytest.mark.parametrize("pair", [pair_exactly, pair_common])
def test_one_key_for_two_instructions_is_refused_whatever_the_mode(pair: Pair) -> None:
    baseline = outputs("base", [("1", "x"), ("2", "y")], instructions={"2": "Count to two."})
    candidate = outputs("cand", [("1", "x"), ("2", "y")], instructions={"2": "Count to three."})
    with pytest.raises(InputError) as error:
        pair(baseline, candidate)
    assert str(error.value) == "cand.json: key '2' has another instruction than in base.json"


@pytest.mark.parametrize("pair", [pair_exactly, pair_common])
@pytest.mark.parametrize(("asked", "answered"), [("ab", "cd"), ("ab", ""), ("", "ab"), ("", "")])
def test_files_with_nothing_in_common_are_refused_whatever_the_mode(pair: Pair, asked: str, answered: str) -> None:
    with pytest.raises(
        InputError,
        match=r"^cand\.json: has no instruction in common with base\.json($|\. The first is 'task c' here and)",
    ):
        pair(answers("base", asked), answers("cand", answered))


def test_one_key_for_two_instructions_within_a_file_is_refused() -> None:
    examples = tuple(Example("1", (text,)) for text in ("x", "y"))
    outputs = tuple(Output("1", "base", (text,)) for text in ("x", "y"))
    base = OutputSet("base", "base.json", examples, outputs)
    cand = OutputSet("cand", "cand.json", examples[:1], outputs[:1])
    with pytest.raises(InputError, match=r"base\.json: key '1' stands for two instructions"):
        pair_common(base, cand)


def test_two_conversations_with_the_same_words_in_other_turns_are_two_instructions() -> None:
    split, joined = Example("k", ("one", "two")), Example("k", ("one\n\ntwo",))
    assert split.instruction == joined.instruction
    sides = [OutputSet(model, f"{model}.json", (example,), (Output("k", model, ("a",)),))
             for model, example in (("base", split), ("cand", joined))]  # fmt: skip
    with pytest.raises(InputError, match=r"cand\.json: key 'k' has another instruction than in base\.json"):
        pair_exactly(*sides)
