"""What is asked, what is served from the store, and what is asked anew after an edit."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from evalkit.boards.gathering import entries_of_annotations
from evalkit.engine.limits import Limits
from evalkit.errors import ConfigError, InputError, RejectedRequest, StoreError
from evalkit.formats.alpaca_eval import read_recording, write_annotations
from evalkit.formats.rows import Rows
from evalkit.judge_spec.config import digest, read_judge, with_orders
from evalkit.judge_spec.prompting import judged_texts
from evalkit.judging.layout import Options
from evalkit.judging.requests import balanced_orders
from evalkit.judging.run import Annotated, annotate
from evalkit.judging.work import Work, plan_all
from evalkit.store import Store
from evalkit.types import ChatReply, ChatRequest, JudgeConfig, Order, OutputSet
from tests.builders import output_set, question_of
from tests.scripted import ScriptedClient, first_wins

BASE = [f"baseline answer {number}" for number in range(40)]
CANDIDATE = [f"candidate answer {number}" for number in range(40)]


def edited(config: JudgeConfig, **changes: object) -> JudgeConfig:
    changed = dataclasses.replace(config, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(changed, digest=digest(changed))


JUDGE = with_orders(read_judge("pairwise_label"), "one")


def run(
    store: Store,
    config: JudgeConfig = JUDGE,
    candidate: Sequence[str] = CANDIDATE,
    baseline: Sequence[str] = BASE,
    options: Options | None = None,
) -> Annotated:
    works = plan_all(
        output_set("base", list(baseline)),
        [output_set("cand", list(candidate))],
        [config],
        options or Options("bench"),
        secret=store.secret,
    )
    return annotated(store, works[0])


def annotated(store: Store, work: Work) -> Annotated:
    (done,) = annotate([work], store, limits=Limits(concurrency=4, attempts=1, first_pause=0.001, stop=False))
    return done


def test_a_second_identical_run_sends_nothing_and_says_the_same(store: Store, client: ScriptedClient) -> None:
    first = run(store)
    assert len(client.asked) == 40
    second = run(store)
    assert len(client.asked) == 40
    assert list(second.annotations) == list(first.annotations)
    assert second.progress.stored == 40


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda config: edited(config, prompt_text=config.prompt_text + " "),
            0,
        ),  # blanks outside a block are no message
        (lambda config: edited(config, prompt_text=config.prompt_text.replace("Two answers", "2 answers")), 40),
        (lambda config: edited(config, parameters={"max_completion_tokens": 1}), 40),
        (lambda config: edited(config, model="another"), 40),
        (lambda config: edited(config, base_url="http://elsewhere/v1"), 40),
        (lambda config: edited(config, parser="number", parser_options={"low": 0, "high": 1}), 0),
        (lambda config: with_orders(config, "both"), 40),
    ],
)
def test_an_edited_judge_asks_exactly_what_the_edit_touches(
    store: Store, client: ScriptedClient, change: Callable[[JudgeConfig], JudgeConfig], expected: int
) -> None:
    run(store)
    client.asked.clear()
    run(store, change(JUDGE))
    assert len(client.asked) == expected


def test_an_edited_output_or_instruction_asks_only_for_itself(store: Store, client: ScriptedClient) -> None:
    run(store)
    client.asked.clear()
    run(store, candidate=[*CANDIDATE[:-1], "edited"])
    run(store, candidate=[*CANDIDATE[:-1], "edited"], baseline=["also edited", *BASE[1:]])
    asked = [judged_texts(request.messages, question_of(request).nonce) for request in client.asked]
    assert len(asked) == 2
    assert "edited" in asked[0].values()
    assert "also edited" in asked[1].values()


def test_an_edited_parser_reads_the_stored_replies_anew(store: Store, client: ScriptedClient) -> None:
    client.script = lambda request: ChatReply(json.dumps({"winner": question_of(request).labels.first}))
    unreadable = run(store, dataclasses.replace(JUDGE, reasks=0))
    assert all(one.failure for one in unreadable.annotations)
    reread = run(store, edited(JUDGE, parser="json_field"))
    assert len(client.asked) == 40
    assert all(one.preference in (0.0, 1.0) for one in reread.annotations)


def test_failures_are_asked_again_and_replies_are_not(store: Store, client: ScriptedClient) -> None:
    def every_fourth_fails(request: ChatRequest) -> ChatReply:
        if int(question_of(request).subject.key[1:]) % 4 == 0:
            raise RejectedRequest("no")
        return first_wins(request)

    client.script = every_fourth_fails
    first = run(store)
    assert [one.failure for one in first.annotations].count("no") == 10
    client.asked.clear()
    client.script = first_wins
    second = run(store)
    assert len(client.asked) == 10
    assert all(one.preference is not None for one in second.annotations)


def test_swapping_the_order_turns_the_verdict_around(store: Store, client: ScriptedClient) -> None:
    done = run(store, with_orders(JUDGE, "both"))
    assert len(client.asked) == 80
    for one in done.annotations:
        assert one.preference == (1.0 if one.slot.order == Order.CANDIDATE_FIRST else 0.0)
    (entry,) = entries_of_annotations(done.annotations)
    assert set(entry.sample.preference) == {0.5}
    assert entry.sample.n_inconsistent == 40


def test_an_instruction_with_one_order_unanswered_has_no_verdict(store: Store, client: ScriptedClient) -> None:
    def one_order_fails(request: ChatRequest) -> ChatReply:
        if question_of(request).subject.key == "k007" and question_of(request).order == Order.CANDIDATE_FIRST:
            raise RejectedRequest("no")
        return first_wins(request)

    client.script = one_order_fails
    (entry,) = entries_of_annotations(run(store, with_orders(JUDGE, "both")).annotations)
    assert entry.sample.missing == ("k007",)
    assert entry.failures == {"no": 1}


def test_identical_answers_tie_and_empty_ones_lose_without_a_request(store: Store, client: ScriptedClient) -> None:
    done = run(store, candidate=["same", "", " \n", *CANDIDATE[3:]], baseline=["same", *BASE[1:]])
    by_key = {one.slot.key: one for one in done.annotations}
    assert len(client.asked) == 37
    assert (by_key["k000"].preference, by_key["k000"].slot.rule) == (0.5, "identical")
    assert (by_key["k001"].preference, by_key["k001"].slot.rule) == (0.0, "candidate_empty")
    assert by_key["k002"].preference == 0.0


def test_a_missing_output_is_counted_as_a_missing_verdict(store: Store, client: ScriptedClient) -> None:
    whole = output_set("cand", CANDIDATE)
    partial = OutputSet("cand", "cand.json", whole.examples[3:], whole.outputs[3:])
    options = Options("bench", intersect=True)
    (work,) = plan_all(output_set("base", BASE), [partial], [JUDGE], options, secret=store.secret)
    (entry,) = entries_of_annotations(annotated(store, work).annotations)
    assert (entry.sample.n, entry.sample.n_missing) == (37, 3)
    assert entry.failures == {"no output for this instruction": 3}


def test_a_limit_takes_the_same_instructions_for_every_model_and_half_of_each_order(
    store: Store, client: ScriptedClient
) -> None:
    options = Options("bench", limit=10, seed=3)
    first = list(run(store, options=options).annotations)
    other = list(run(store, candidate=[text.upper() for text in CANDIDATE], options=options).annotations)
    assert {one.slot.key for one in first} == {one.slot.key for one in other}
    orders = [one.slot.order for one in first]
    assert (len(orders), orders.count(Order.BASELINE_FIRST)) == (10, 5)


@pytest.mark.parametrize("n", [1, 2, 805])
def test_orders_are_balanced_and_do_not_depend_on_the_order_of_the_keys(n: int) -> None:
    keys = [f"{number}" for number in range(n)]
    orders = balanced_orders(keys, seed=0)
    assert orders == balanced_orders(keys[::-1], seed=0)
    assert abs(2 * list(orders.values()).count(Order.BASELINE_FIRST) - n) <= 1
    assert n < 3 or orders != balanced_orders(keys, seed=1)


def test_a_written_file_replays_to_the_same_verdicts(store: Store, client: ScriptedClient, tmp_path: Path) -> None:
    first = run(store, with_orders(JUDGE, "both"), candidate=["baseline answer 0", *CANDIDATE[1:]])
    baseline, candidate = output_set("base", BASE), output_set("cand", ["baseline answer 0", *CANDIDATE[1:]])
    path = tmp_path / "annotations.json"
    write_annotations(path, first.annotations, first.work.answered)
    recording = read_recording(path)
    (work,) = plan_all(baseline, [candidate], [JUDGE], Options("bench"), secret=b"", recording=recording)
    client.asked.clear()
    again = annotated(store, work)
    assert client.asked == []
    assert _verdicts(again) == _verdicts(first)


def test_another_model_cannot_go_by_the_baselines_name(store: Store, client: ScriptedClient) -> None:
    for answers, refused in ((BASE, False), ([*BASE[:-1], "another"], True)):
        arguments = (output_set("base", BASE), [output_set("base", answers)], [JUDGE], Options("bench"))
        if refused:
            with pytest.raises(InputError, match="called 'base' like the baseline"):
                plan_all(*arguments, secret=store.secret)
        else:
            assert plan_all(*arguments, secret=store.secret)


def test_a_judge_that_is_renamed_keeps_its_replies(store: Store, client: ScriptedClient) -> None:
    run(store)
    renamed = run(store, dataclasses.replace(JUDGE, name="renamed"))
    assert len(client.asked) == 40
    assert {one.slot.judge for one in renamed.annotations} == {"renamed"}


def test_an_edited_category_keeps_the_replies(store: Store, client: ScriptedClient) -> None:
    run(store)
    baseline, candidate = output_set("base", BASE), output_set("cand", CANDIDATE)
    examples = tuple(dataclasses.replace(example, category="edited") for example in baseline.examples)
    edited_baseline = dataclasses.replace(baseline, examples=examples)
    (work,) = plan_all(edited_baseline, [candidate], [JUDGE], Options("bench"), secret=store.secret)
    assert {one.slot.category for one in annotated(store, work).annotations} == {"edited"}
    assert len(client.asked) == 40


def test_two_names_for_one_judge_are_refused(store: Store) -> None:
    twins = [JUDGE, dataclasses.replace(JUDGE, name="twin")]
    with pytest.raises(ConfigError, match="the same but for their names"):
        plan_all(output_set("base", BASE), [output_set("cand", CANDIDATE)], twins, Options(), secret=store.secret)


def test_verdicts_of_other_answers_under_the_same_name_are_never_taken_for_ones_own(
    store: Store, client: ScriptedClient
) -> None:
    first = run(store)
    run(store, candidate=[text.upper() for text in CANDIDATE])
    with pytest.raises(StoreError, match="another run has taken over the places of model 'cand'"):
        list(first.annotations)


def test_more_reasks_on_resume_ask_what_had_no_verdict(store: Store, client: ScriptedClient) -> None:
    client.script = lambda _: ChatReply("Both have their merits.")
    run(store, dataclasses.replace(JUDGE, reasks=0))
    client.script = first_wins
    again = run(store, dataclasses.replace(JUDGE, reasks=1))
    assert len(client.asked) == 80
    assert all(one.preference is not None for one in again.annotations)


@pytest.mark.parametrize(
    ("again", "said"),
    [
        ({}, "row 41: repeats row 1 to the letter. Keep one of each"),
        ({"preference": 1.25}, "row 41: pairwise_label judges cand on the instruction of row 1 again"),
    ],
)
@pytest.mark.parametrize("value", [False, True])
@pytest.mark.usefixtures("client")
def test_a_row_that_was_recorded_twice_is_refused(
    store: Store, tmp_path: Path, again: dict[str, float], said: str, value: bool
) -> None:
    path = tmp_path / "annotations.json"
    done = run(store)
    write_annotations(path, done.annotations, done.work.answered)
    rows = json.loads(path.read_text())
    path.write_text(json.dumps([*rows, {**rows[0], **again}]))
    with pytest.raises(InputError, match=said):
        read_recording(Rows.of(json.loads(path.read_text()), "r") if value else path)


def _verdicts(done: Annotated) -> set[tuple[str, Order | None, float | None]]:
    return {(one.slot.key, one.slot.order, one.preference) for one in done.annotations if one.slot.rule is None}
