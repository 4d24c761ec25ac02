"""Replies that give one clear verdict in other dress than the prompt asks for, and those that only seem to."""

from collections.abc import Sequence

import pytest

from evalkit.judge_spec.parsers import CUT_OFF, bracket_label, five_way, json_field, number, token_probability
from evalkit.types import ChatReply, Labels, Preference, Rating, Reading, Unparsed, Verdict

LABELS = Labels("K", "M", "TIE")
WON, LOST, TIED = Preference(1.0), Preference(0.0), Preference(0.5)


def grade(text: str, *, field: str | None = None, finish: str = "stop") -> Verdict:
    return number(ChatReply(text, finish_reason=finish), LABELS, low=1, high=10, field=field)


def cut(text: str) -> ChatReply:
    return ChatReply(text, finish_reason="length")


CLEAR_LABELS = [
    "My final verdict is: [[K]]",
    "My final verdict is [[K]]",
    "Verdict: [[K]]",
    "**[[K]]**",
    "[[K]].",
    "`[[K]]`",
    "__[[K]]__",
    "- [[K]]",
    "### Final verdict: **[[K]]**",
    "**Final verdict**: [[K]]",
    "**Final Verdict:** `[[K]]`.",
    "M is not right. So my verdict is: [[K]]",
    "The better answer is [[K]]!",
    "```\n[[K]]\n```",
    "```text\n[[K]]\n```\n",
    "<answer>[[K]]</answer>",
    "[[K]]</s>",
    "[[K]]<|im_end|>",
    "Urteil: [[K]]",
    "最终裁决：[[K]]",
    "$\\boxed{[[K]]}$",
    "[[ K ]]",
    "[[k]]",
    "[[**K**]]",
    "\ufeff[[K]]",
    "Verdict → [[K]]",
    '"[[K]]"',
    "“[[K]]”",
    '**"[[K]]"**',
    'My final verdict is: "[[K]]"',
    "> [[K]]",
    "> **[[K]]**",
    "> My verdict: [[K]]",
    "[[K]]\u200b",
    "\u200b[[K]]\u200d\ufeff",
    "[[K]]\n\u200b",
    "\\[\\[K\\]\\]",
    "**\\[\\[K\\]\\]**",
    "[[K]] [[K]]",
    "[[K]], [[K]]",
    "Verdict: [[K]] [[K]]",
    "[[K]] it was at first, and it still is.\nFinal verdict: [[k]]",
]


@pytest.mark.parametrize("text", CLEAR_LABELS)
@pytest.mark.parametrize("before", ["", "M errs about the year, K does not.\n\n"])
def test_one_clear_label_at_the_end_is_read_however_it_is_decorated(before: str, text: str) -> None:
    assert bracket_label(ChatReply(before + text), LABELS) == WON


UNCLEAR_LABELS = [
    "One answer says [[K]], and I cannot decide.",
    "The answer M says: [[K]]",
    'The answer M ends with "My verdict is: [[K]]"',
    'It asks me to reply "[[K]]"',
    "> [[K]]\nI do not follow that.",
    "My verdict is not [[K]]",
    "I can't say that the winner is [[K]]",
    "It would be wrong to choose [[K]]",
    "If the facts were right, my verdict would be [[K]]",
    "The winner might be [[K]]",
    "The verdict is between M and [[K]]",
    "Is the better answer [[K]]?",
    "Verdict: [[M]] or [[K]]",
    "Verdict: [[M]], [[K]]",
    "My final verdict is: [[K]], but see above.",
    "[[K]]\nMy verdict is: [[M]]",
    "Verdict: [[K]]\nNo, the verdict: [[M]]",
    "Final: [[m]]\n[[K]]",
    "The answer M contains:\n```\n[[K]]\n```",
    "One answer instructs the judge to write:\nMy final verdict is: [[K]]",
    "[[K]]\nThat is what one answer wants.",
    "The verdict is [[K",
    'The answer M:\n"[[K]]"',
    'One answer tells me to reply:\n"[[K]]"',
    "One answer wants this.\n> [[K]]",
    "> Reply with\n> [[K]]",
    'The final answer of M is "[[K]]"',
    'M\'s verdict: "[[K]]"',
    "“[[K]]",
    "[[M]] [[K]]",
    "[[K]] is worse than [[K]]",
    "\\[\\[M\\]\\]\n[[K]]",
    "Verdict: [[M]]\n\\[\\[K\\]\\]",
    "Not \\[\\[K\\]\\]",
    "The verdict is [[[K]]]",
]


@pytest.mark.parametrize("text", UNCLEAR_LABELS)
def test_a_label_that_is_quoted_taken_back_or_one_of_two_gives_no_verdict(text: str) -> None:
    assert isinstance(bracket_label(ChatReply(text), LABELS), Unparsed)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("[[M=K]]", TIED),
        ("[[K=M]]", TIED),
        ("[[M<K]]", WON),
        ("[[K<<M]]", Preference(0.0, strong=True)),
        ("My final verdict is: [[K>M]]", WON),
        ("My final verdict is tie: [[M=K]].", TIED),
        ("**[[K>>M]]**", Preference(1.0, strong=True)),
        ("[[k &gt; m]]", WON),
        ("[[K==M]]", TIED),
        ("[[M==K]]", TIED),
        ("[[K≈M]]", TIED),
        ("[[K＝M]]", TIED),
        ("[[K＞M]]", WON),
        ("[[K＜＜M]]", Preference(0.0, strong=True)),
        ("[[K≫M]]", Preference(1.0, strong=True)),
        ("[[TIE]]", TIED),
        ("[[Tie]]", TIED),
        ("[[tie]]", TIED),
        ("[[tie]]\nFinal: [[K=M]]", TIED),
        ("[[K=M]] above, as said: [[M=K]]\nFinal verdict: [[M = K]]", TIED),
    ],
)
def test_five_verdicts_are_read_in_either_order_of_the_labels(said: str, verdict: Preference) -> None:
    assert five_way(ChatReply(f"Reasons.\n{said}"), LABELS) == verdict
    bare = said.rpartition("[[")[2].partition("]]")[0]
    assert five_way(ChatReply(f'{{"verdict": "{bare}"}}'), LABELS, field="verdict") == verdict


@pytest.mark.parametrize(
    "said",
    [
        "[[K>M]]\nVerdict: [[M>K]]",
        "[[M=K]]\n[[K>M]]",
        "[[M>=K]]",
        "[[K=K]]",
        "[[K===M]]",
        "[[K=>M]]",
        "[[K≈]]",
        "[[TIE]]\n[[K>M]]",
        "[[K>M]]\n[[tie]]",
        "[[K＞＝M]]",
    ],
)
def test_two_of_five_verdicts_or_none_of_them_give_no_verdict(said: str) -> None:
    assert isinstance(five_way(ChatReply(said), LABELS), Unparsed)


def test_a_tie_by_its_label_is_no_verdict_of_a_five_way_judge_without_one() -> None:
    assert isinstance(five_way(ChatReply("[[tie]]"), Labels("K", "M")), Unparsed)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Rating: [[8]]", 8),
        ("Rating: [[8]]/10", 8),
        ("[[8]] / 10", 8),
        ("**[[8]]**/10", 8),
        ("Rating: [[7.5]] out of 10.", 7.5),
        ("I give [[8/10]] for now.\nRating: [[8]]/10", 8),
        ("\\[\\[8\\]\\]/10", 8),
        ('"[[8]]"', 8),
        ("[[8]] [[8]]", 8),
        ("Fine.\n**Rating: [[8]]**", 8),
        ("[[8]].", 8),
        ("[[8/10]]", 8),
        ("Rating: [[8 / 10]]", 8),
        ("[[7.5 out of 10]]", 7.5),
        ("I would rate it [[8]]", 8),
        ("8/10", 8),
        ("**8**", 8),
        ("```\n8\n```", 8),
    ],
)
def test_a_grade_is_read_with_its_decoration(text: str, value: float) -> None:
    assert grade(text) == Rating(value, 1, 10)


@pytest.mark.parametrize(
    "text",
    [
        "If it were complete I'd say [[10]]; as it is,\n[[6]]",
        "[[8/100]]",
        "[[8]]/100",
        "[[8]]/5",
        "[[8]]/10.5",
        "[[3]]/10\nRating: [[8]]/10",
        "Not [[8]]/10",
        'The answer says "[[8]]/10"',
        "[[8/5]]",
        "The answer demands:\nRating: [[10]]",
        'It ends with "Rating: [[10]]"',
        "Rating: [[3]]\nIts last line is </think>\nRating: [[10]]",
        "[[3]] is fair.\nRating: [[10]]",
    ],
)
def test_a_grade_that_is_quoted_or_of_another_scale_gives_no_verdict(text: str) -> None:
    assert isinstance(grade(text), Unparsed)


OBJECT = '{"explanation": "M errs.", "winner": "K"}'
CLEAR_OBJECTS = [
    f"```json\n{OBJECT}\n```",
    f"```\n{OBJECT}\n```",
    f"```JSON {OBJECT} ```",
    f"~~~json\n{OBJECT}\n~~~",
    f"Here is the verdict:\n```json\n{OBJECT}\n```\n",
    f"Here is the JSON you asked for, in the required format:\n\n```json\n{OBJECT}\n```\nLet me know if you need more.",
    f"The code `f() {{ return 1; }}` is wrong in M.\n```json\n{OBJECT}\n```",
    f"```python\nprint(1)\n```\nThat runs.\n```json\n{OBJECT}\n```",
    f"Verdict: {OBJECT}",
    f"{OBJECT}\n\nI hope that helps!",
    f"{OBJECT}.",
    f"<answer>{OBJECT}</answer>",
    f"\ufeff{OBJECT}",
    f"\u00a0\n{OBJECT}\n\u00a0",
    f"[{OBJECT}]",
    f"{OBJECT}<|eot_id|>",
    '{"explanation": "line\nbreak\tand tab", "winner": "K"}',
    '{"explanation": "ok", "Winner": "K"}',
    '{"explanation": "ok", "WINNER ": "K"}',
    '{"winner": "k"}',
    '{"winner": " K\\n"}',
    '{"winner": "\ufeffK"}',
    '{"winner": "[[K]]"}',
    '{"winner": "**K**"}',
    '{"explanation": "a, }", "winner": "K",}',
    f"The verdict is {OBJECT} as I said.",
    f"My final verdict is {OBJECT} for these reasons.",
    f"{OBJECT}\n{OBJECT}",
    f"[{OBJECT}, {OBJECT}]",
    f"```json\n{OBJECT}\n```\n{OBJECT}",
    '"{\\"winner\\": \\"K\\"}"',
    '{"result": {"winner": "K"}}',
    '{"status": "ok", "result": {"why": "M errs", "winner": "K"}}',
    '{"response": {"winner": "K"}}',
    "{'winner': 'K'}",
    "```json\n{'why': 'M errs', 'n': 2, 'winner': 'K'}\n```",
    '```json\n{"explanation": "see ```x```", "winner": "K"}\n```',
]


@pytest.mark.parametrize("text", CLEAR_OBJECTS)
def test_the_one_object_of_a_reply_is_read_in_its_wrapping(text: str) -> None:
    assert json_field(ChatReply(text), LABELS) == WON


OTHER = '{"winner": "M"}'
UNCLEAR_OBJECTS = [
    f"```json\n{OBJECT}\n```\n```json\n{OTHER}\n```",
    f"```json\n{OBJECT}\n```\n{OTHER}",
    f"{OTHER}\n```json\n{OBJECT}\n```",
    f"{OBJECT}\n{OTHER}",
    f"{OBJECT}\n{OBJECT}\n{OTHER}",
    '{"winner": "M", "winner": "K"}\n{"winner": "K"}',
    f"One answer says {OBJECT}\n{OBJECT}\nwhich is not mine",
    f"The verdict is {OBJECT} if one believes it.",
    f"The verdict is {OBJECT} or [[M]].",
    f"The answer M outputs {OBJECT} at its end.",
    f"The verdict of M's author is {OBJECT} as I said.",
    '{"a": {"winner": "K"}, "b": {"winner": "M"}}',
    '{"a": {"winner": "K"}, "b": {"winner": "K"}}',
    '{"quoted": {"winner": "K"}}',
    '{"answer_m": {"winner": "K"}, "comment": "it tells me what to say"}',
    '{"result": {"winner": "K", "Winner": "M"}}',
    '{"result": {"result": {"winner": "K"}}}',
    "{'why': 'M says 'x', 'winner': 'K'}",
    "{'winner': 'M', 'winner': 'K'}",
    "{'why': \"it's\", 'winner': 'K'}",
    "{'winner': 'M'}\n" + OBJECT,
    f"{{'winner': 'M'}}\n```json\n{OBJECT}\n```",
    "{'winner': 'K' 'M'}",
    f"[{OBJECT}, {OTHER}]",
    f"The answer M contains\n```json\n{OBJECT}\n```\nand I cannot decide.",
    f"The answer M says:\n```json\n{OBJECT}\n```",
    f"```json\n{OBJECT}\n```\nHowever, that is what the answer wants.",
    f"One answer says {OBJECT} but I cannot decide.",
    f"One answer says {OBJECT}",
    f"{OBJECT}\nThat is what one answer says; I cannot decide.",
    f"{OBJECT}\n[[M]]",
    f'"winner": "M"\n```json\n{OBJECT}\n```',
    '{"winner": "K", "Winner": "M"}',
    '{"winner": "K", "winner": "M"}',
    '{"verdict": {"winner": "K"}',
    '```json\n{"verdict": {"winner": "K"}\n```',
    '{"winner": "K or M"}',
    '{"winner": "\u212a"}',
    '```json\n{"winner": "K"\n```',
    '"{\\"winner\\": \\"K\\"} {\\"winner\\": \\"M\\"}"',
    '{"winner": "K" "M"}',
]


@pytest.mark.parametrize("text", UNCLEAR_OBJECTS)
def test_two_objects_or_a_quoted_one_give_no_verdict(text: str) -> None:
    assert isinstance(json_field(ChatReply(text), LABELS), Unparsed)


def test_a_grade_in_a_wrapped_object_is_read() -> None:
    assert grade('```json\n{"why": "a\nb", "Grade": 7}\n```', field="grade") == Rating(7, 1, 10)
    assert grade('{"grade": "8/10"}', field="grade") == Rating(8, 1, 10)
    assert isinstance(grade('{"grade": "eight"}', field="grade"), Unparsed)
    assert isinstance(grade('{"grade": 3}\n</think>\n{"grade": 10}', field="grade"), Unparsed)


THOUGHTS = [
    "<think>\nAt first [[M]] seemed better.\n</think>\n\n",
    "<think>[[M]]</think>",
    "<thinking>\nMy verdict: [[M]]\n</thinking>\n",
    "<Think>\n[[M]]\n</Think>\n",
    "[THINK]\n[[M]]\n[/THINK]\n",
    "◁think▷[[M]]◁/think▷",
    "<|channel|>analysis<|message|>[[M]]<|end|><|start|>assistant<|channel|>final<|message|>",
    "<think></think>\n<think>[[M]]</think>\n",
    # the opening tag stands in the prompt
    "At first [[M]] seemed better.\n</think>\n\n",
    "[[M]]\n</think>\n",
]


@pytest.mark.parametrize("thoughts", THOUGHTS)
def test_what_a_judge_thinks_before_it_speaks_is_no_verdict(thoughts: str) -> None:
    assert bracket_label(ChatReply(f"{thoughts}Final.\n[[K]]"), LABELS) == WON
    assert bracket_label(ChatReply(f"{thoughts}\nMy verdict: [[K]]"), LABELS) == WON
    json_thoughts = thoughts.replace("[[M]]", '{"winner": "M"}')
    assert json_field(ChatReply(f"{json_thoughts}\n{OBJECT}"), LABELS) == WON
    assert token_probability(ChatReply(f"{thoughts}\nK"), LABELS) == Preference(1.0, Reading.SAMPLED)


def test_a_grade_is_read_behind_thoughts_whose_opening_mark_is_missing() -> None:
    assert grade("Maybe [[3]] at first.\n</think>\nRating: [[8]]") == Rating(8, 1, 10)
    assert grade("<think>[[3]]</think>\n[[8]]") == Rating(8, 1, 10)


@pytest.mark.parametrize(
    "text",
    [
        "<think>\nI choose\n[[K]]",
        "[[K]]\n</think>",
        "<think>[[K]]</think>",
        "<think>x</think>\n[[M]]\nThe answer says </think>\n[[K]]",
        'My verdict: [[M]], whatever "</think>" is for.\n[[K]]',
        "[[M]]\n</think>\n</think>\n[[K]]",
    ],
)
def test_thoughts_without_an_end_or_a_quoted_end_give_no_verdict(text: str) -> None:
    assert isinstance(bracket_label(ChatReply(text), LABELS), Unparsed)


@pytest.mark.parametrize("finish", ["length", "max_tokens", "FinishReason.MAX_TOKENS", "model_length"])
def test_a_reply_that_was_cut_off_behind_a_label_gives_no_verdict(finish: str) -> None:
    reply = ChatReply("Answer one is good.\n[[K]]", finish_reason=finish)
    assert bracket_label(reply, LABELS) == Unparsed(CUT_OFF)
    assert five_way(ChatReply("Good.\n[[K>M]]", finish_reason=finish), LABELS) == Unparsed(CUT_OFF)
    assert grade("Good.\n[[8]]", finish=finish) == Unparsed(CUT_OFF)
    assert json_field(ChatReply(f"```json\n{OBJECT}\n```\nWait", finish_reason=finish), LABELS) == Unparsed(CUT_OFF)


def test_a_cut_off_reply_that_is_whole_is_read() -> None:
    assert json_field(cut(OBJECT), LABELS) == WON
    assert token_probability(ChatReply("K", ((("K", -0.1),),), "length"), LABELS) == Preference(1.0, Reading.WEIGHTED)
    # the scale has room for no further digit
    assert grade("7", finish="length") == Rating(7, 1, 10)
    assert grade("1", finish="length") == Unparsed(CUT_OFF)


@pytest.mark.parametrize("mark", ["Ġ", "▁", " ", "Ċ", "▁▁"])
def test_the_mark_of_a_blank_before_a_token_is_no_part_of_the_label(mark: str) -> None:
    reply = ChatReply("K", (((f"{mark}K", -0.5), (f"{mark}M", -1.5), ("The", -3.0)),))
    plain = ChatReply("K", ((("K", -0.5), ("M", -1.5), ("The", -3.0)),))
    assert token_probability(reply, LABELS) == token_probability(plain, LABELS)


LIKELY = (("K", -0.5), ("M", -1.5), ("The", -3.0))


@pytest.mark.parametrize(
    ("text", "opening"),
    [("\nK", ["\n"]), ("K", ["\n"]), ("\nK", ["Ċ"]), (" K", ["▁"]), ("\n\nK", ["\n", "\n"]), ('"K"', ['"']),
     ("**K**", ["**"]), (' "K"', ['Ġ"']), ("\n**K**", ["\n", "**"]), ("K", ["<0x0A>"])],
)  # fmt: skip
def test_behind_tokens_that_only_open_the_reply_the_next_one_counts(text: str, opening: list[str]) -> None:
    before = tuple(((token, -0.05), ("The", -4.0)) for token in opening)
    assert token_probability(ChatReply(text, (*before, LIKELY)), LABELS) == token_probability(
        ChatReply("K", (LIKELY,)), LABELS
    )


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("The K", [(("The", -0.1),), LIKELY]),
        # the label is not what the mark stands before
        ("M", [(("**", -0.1), ("M", -3.0)), LIKELY]),
        ("\nThe K", [(("\n", -0.1),), (("The", -0.1), ("K", -3.0)), LIKELY]),
        ("\n", [(("\n", -0.1),), ()]),
        ("\nK", [(("\n", -0.1), ("x", float("nan"))), LIKELY]),
        ("[[K]]", [(("[[", -0.1),), LIKELY]),
        ("\n" * 9 + "K", [*[(("\n", -0.1),)] * 9, LIKELY]),
    ],
)
def test_a_label_behind_a_token_that_says_something_gives_no_verdict(
    text: str, positions: list[tuple[tuple[str, float], ...]]
) -> None:
    assert isinstance(token_probability(ChatReply(text, tuple(positions)), LABELS), Unparsed)


def test_the_byte_of_a_blank_before_a_label_is_no_part_of_it() -> None:
    bytes_ = tuple((f"<0x20>{token}", level) for token, level in LIKELY)
    assert token_probability(ChatReply("K", (bytes_,)), LABELS) == token_probability(ChatReply("K", (LIKELY,)), LABELS)


@pytest.mark.parametrize("text", ["K.", "**K**", "k", '"K"'])
def test_a_decorated_label_alone_is_the_draw_of_a_judge_without_log_probabilities(text: str) -> None:
    assert token_probability(ChatReply(text), LABELS) == Preference(1.0, Reading.SAMPLED)


def test_labels_that_differ_in_case_only_are_told_apart() -> None:
    labels = Labels("m", "M")
    read: Sequence[Verdict] = [bracket_label(ChatReply(f"[[{said}]]"), labels) for said in ("m", "M")]
    assert read == [WON, LOST]


@pytest.mark.parametrize("piece", ["```", "{", '{"a":', "[[", "<think>", "</think>", "-", " ", "\n", "**: ", "</s>"])
def test_long_replies_are_read_in_no_time(piece: str) -> None:
    text = piece * 20_000
    for reply in (ChatReply(text), ChatReply(f"{text}x [[K]]"), ChatReply(f"x{text}")):
        for parser in (bracket_label, five_way, json_field):
            parser(reply, LABELS)
        grade(reply.text)
