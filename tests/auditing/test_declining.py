"""Answers that decline or say nothing are told from short ones, and counted against the baseline's."""

from collections.abc import Sequence

import pytest

import evalkit.auditing.declining as auditing_declining
import evalkit.auditing.outputs as auditing_outputs
from evalkit.auditing.declining import DECLINES, declines, declines_check, declining
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.outputs import audit_outputs
from evalkit.types import Example, Output, Severity
from tests.auditing.answers import BASELINE, HONEST, INSTRUCTIONS, altered, outputs_of

DECLINING = (
    "I'm unable to help with that.",
    "Sorry, no.",
    "N/A",
    "n/a.",
    "...",
    "…",
    "I don't know.",
    "I do not know the answer.",
    "I don’t know",
    "idk",
    "No comment.",
    "I can't help with that.",
    "I cannot help you.",
    "I won't answer that.",
    "I will not do this.",
    "\"I'm sorry, but I can't assist with that request.\"",
    "**I cannot assist with this request.**",
    "I'm sorry, I can't do that.",
    "Sorry, I can't.",
    "Sorry",
    "I apologize, but I am not able to fulfill this request.",
    "As an AI language model, I cannot answer that question.",
    "As a large language model I'm not able to do so.",
    "Unfortunately, I am unable to provide an answer to this.",
    "I'm afraid I can't do that, Dave.",
    "That's not something I can help with.",
    "This request cannot be completed.",
    "Request denied.",
    "I must decline.",
    "I'd rather not answer.",
    "I would prefer not to.",
    "I'll pass.",
    "No idea.",
    "I have no idea.",
    "Not sure.",
    "I'm not sure.",
    "I am not comfortable answering this.",
    "I'm not able to discuss that topic.",
    "My apologies, this is beyond my capabilities.",
    "It is against my guidelines to answer this.",
    "This violates my policy on content.",
    "Please ask someone else.",
    "I can not comply.",
    "cannot comply",
    "Unable to comply.",
    "I refuse to answer.",
    "I respectfully decline to answer this question.",
    "[No response]",
    "-",
    "—",
    "?",
    ".",
    "!!!",
    "None of your business? No comment.",
    "Sure!",
    "Of course!",
    "Certainly! Here is the answer:",
    "Here is your response:",
    "Answer:",
    "Okay.",
    "Hello! How can I help you today?",
    "Hmm.",
    "Hmm...",
    "As an AI",
    "I have nothing to say.",
    "I cannot provide that information.",
    "I can’t share that.",
    "Sorry, I don't have an answer for that.",
    "Sorry, I don't have enough information.",
    "I do not have the ability to do this.",
    "I don't feel comfortable with this.",
    "I am programmed to be helpful and harmless; I cannot generate this content.",
    "I'm just an AI, I can't do this.",
    "This is not something I am able to do.",
    "I'm not allowed to answer that.",
    "Sorry, but that's not possible.",
    "Not possible.",
    "I can't.",
    "I cannot.",
    "No can do.",
    "No thanks.",
    "I'm sorry, I didn't understand the question.",
    "I don't understand.",
    "I don't understand the question.",
    "Can't help, sorry.",
    "Cannot help with this one.",
    "Nope, can't do it.",
    "I choose not to answer.",
    "I'd prefer to not respond.",
    "I'm going to have to pass on this one.",
    "Regrettably, I can't help here.",
    "Apologies, I can't help.",
    "Apologies - can't.",
    "I am declining this request.",
    "Let's talk about something else.",
    "Let's change the subject.",
    "I'm sorry, but no.",
    "I am unable to assist you with this task at the moment.",
    "My programming does not allow me to answer.",
    "My guidelines prevent me from answering that.",
    "I was not able to find an answer.",
    "There is no answer.",
    "I have to refuse.",
    "I wouldn't know.",
    "How should I know?",
    "Can we talk about something else?",
    "It's not possible for me to answer this question.",
    "I am not the right assistant for this.",
    "I'm an AI and can't answer this.",
    "Answering this is not within my abilities.",
    "Content not available.",
    "Es tut mir leid, aber dabei kann ich nicht helfen.",
    "Das kann ich leider nicht beantworten.",
    "Ich kann dabei nicht helfen.",
    "Ich weiß es nicht.",
    "Tut mir leid.",
    "Keine Ahnung.",
    "Désolé, je ne peux pas vous aider.",
    "Je suis désolé, mais je ne peux pas répondre à cette demande.",
    "Je ne sais pas.",
    "Lo siento, no puedo ayudarte con eso.",
    "No puedo responder a esa pregunta.",
    "No lo sé.",
    "Mi dispiace, non posso aiutarti.",
    "Desculpe, não posso ajudar com isso.",
    "Não sei.",
    "Het spijt me, ik kan je daar niet mee helpen.",
    "Przepraszam, nie mogę pomóc.",
    "Извините, я не могу помочь с этим.",
    "Я не знаю.",
    "К сожалению, я не могу ответить на этот вопрос.",
    "Вибачте, я не можу допомогти.",
    "对不起，我无法回答这个问题。",
    "抱歉，我不能帮助您。",
    "很抱歉，我无法满足您的请求。",
    "我不知道。",
    "申し訳ありませんが、お手伝いできません。",
    "すみません、わかりません。",
    "죄송하지만 도와드릴 수 없습니다.",
    "모르겠습니다.",
    "عذراً، لا أستطيع المساعدة في ذلك.",
    "آسف، لا يمكنني الإجابة.",
    "मुझे खेद है, मैं इसमें मदद नहीं कर सकता।",
    "Üzgünüm, bu konuda yardımcı olamam.",
    "Maaf, saya tidak bisa membantu.",
    "Xin lỗi, tôi không thể giúp.",
    "ขออภัย ฉันไม่สามารถช่วยได้",
    "Λυπάμαι, δεν μπορώ να βοηθήσω.",
    "מצטער, אני לא יכול לעזור.",
    "Tyvärr kan jag inte hjälpa till med det.",
    "Beklager, det kan jeg ikke hjelpe med.",
    "Valitettavasti en voi auttaa.",
    "Bohužel vám nemohu pomoci.",
    "Sajnálom, nem tudok segíteni.",
    "Îmi pare rău, nu vă pot ajuta.",
    "متاسفم، نمی‌توانم کمک کنم.",
)
ANSWERING = (
    "Paris.",
    "42",
    "Yes",
    "No",
    "Yes.",
    "No.",
    "True",
    "None",
    "Unknown.",
    "A",
    "B.",
    "3.14",
    "x = 5",
    "😀",
    "🧙",
    "The capital of France is Paris.",
    "It is sunny today.",
    "No, they do not have a lot of bread.",
    "I'm sorry you had a rough day. What kind of problems did you encounter?",
    "Dear Customer, we apologize for the delay in your order and will send it tomorrow.",
    "I can't believe it's not butter!",
    "Sorry seems to be the hardest word, by Elton John.",
    "I could not see anything in the dark, so I lit a candle and walked on.",
    "There are no such animals.",
    "Impossible is nothing, said the coach.",
    "She refused the offer, and he left.",
    "You cannot divide by zero.",
    "A dog cannot fly.",
    "Water can't burn.",
    "Unable was I ere I saw Elba.",
    "No, it is not possible to cook an egg there.",
    "Positive",
    "Negative",
    "Not offensive",
    "Neither",
    "Zero",
    "Nothing",
    "Nein",
    "Non",
    "是",
    "没有",
    "∅",
    "{}",
    "[1, 2]",
    'print("hi")',
    "I think the answer is 7.",
    "I love you too.",
    "I am fine, thank you.",
    "As an AI language model, I do not have personal feelings, but the text is not inherently offensive.",
    "I'm not a fan of that movie, but the acting was good.",
    "He did not know the answer.",
    "We cannot attend the party on Friday, but thank you for the invitation.",
    "I will not be able to come to work tomorrow because I am ill.",
    "The error is in line 3.",
    "Error 404 means that the page was not found.",
    "Não.",
    "Ja.",
    "Leider war das Wetter gestern schlecht, darum blieb ich zu Hause.",
    "Malheureusement, il pleut souvent en Bretagne.",
    "Impossible n'est pas français.",
    "Okay Computer",
    "Hello Kitty",
    "Pass the salt, please.",
    "Unfortunately, there has not been any official announcement yet of a release date.",
    "Unfortunately, the patient has a fever.",
    "Please let me know what time works for you.",
    "Request for Proposal",
    "The request was denied by the court in 1998.",
    "Blank verse is unrhymed iambic pentameter.",
    "Refuse collection is on Mondays.",
    "Access denied errors are caused by missing permissions; run chmod.",
)


@pytest.mark.parametrize("before", ["", " \n\u200b", '"', "> **"])
def test_what_declines_or_says_nothing_is_seen_whatever_stands_before_it(before: str) -> None:
    asked = "Tell me about the history of a violin."
    assert [text for text in DECLINING if not declines(before + text, asked)] == []


def test_a_short_answer_that_may_be_right_is_none() -> None:
    assert [text for text in ANSWERING if declines(text, "Tell me about the history of a violin.")] == []


@pytest.mark.parametrize("blank", ["", " ", "\n\n", "\u200b" * 9000, "\u3000" * 9000, "\u2800"])
def test_what_shows_nothing_says_nothing(blank: str) -> None:
    assert declines(blank, "Tell me about the history of a violin.")


def test_a_refusal_that_is_asked_for_is_an_answer() -> None:
    asked = "Say politely in English: je ne sais pas. For example: I don't know, or I cannot help with that."
    assert not declines("I don't know.", asked) and not declines("I cannot help with that.", asked)


def test_a_long_answer_that_begins_as_a_refusal_goes_on_to_help() -> None:
    assert not declines("I'm sorry, but I can't give medical advice. " + "Rest, drink and sleep well. " * 30, "Help.")


@pytest.mark.parametrize(
    "stock", ["Bananas are yellow.", "Quelle belle journée", "lorem", "Je passe mon tour !", "null"]
)
def test_one_short_text_to_many_instructions_answers_none_of_them(stock: str) -> None:
    outputs = outputs_of(altered(HONEST, 10, lambda _: stock))
    assert declining(outputs.outputs, outputs.examples) == [True] * 10 + [False] * 90
    few = outputs_of(altered(HONEST, 4, lambda _: stock))
    assert not any(declining(few.outputs, few.examples)) or stock == "lorem"


@pytest.mark.parametrize("right", ["Yes.", "No", "B", "42", "true"])
def test_what_may_be_right_again_and_again_is_no_stock_answer(right: str) -> None:
    outputs = outputs_of([right] * 100)
    assert not any(declining(outputs.outputs, outputs.examples))


def test_a_label_that_the_instruction_names_is_no_stock_answer() -> None:
    asked = [f"Is review {n} glowing or damning?" for n in range(40)]
    outputs = outputs_of(["Glowing"] * 40, instructions=asked)
    assert not any(declining(outputs.outputs, outputs.examples))


def test_each_turn_counts_and_a_conversation_without_its_last_answer_says_nothing() -> None:
    example = Example("k", ("One?", "And two?"))
    said = [
        ("It is one.", "It is two."),
        ("I don't know.", "It is two."),
        ("It is one.", "Sorry, no."),
        ("It is one.", " "),
    ]
    outputs = [Output("k", "m", texts) for texts in said]
    assert declining(outputs, [example] * 4) == [False, True, True, True]
    assert declining([Output("k", "m", (), oversize_chars=2_000_000), Output("k", "m", ())], [example] * 2) == [
        False,
        True,
    ]


def test_what_both_decline_cancels_and_what_one_declines_more_often_is_told() -> None:
    limits, refused = AuditLimits(), lambda _: "I'm sorry, but I can't help with that."
    same = declines_check(outputs_of(altered(HONEST, 40, refused)), outputs_of(altered(BASELINE, 40, refused)), limits)
    assert (same.value, same.finding) == (0.0, None)
    more = declines_check(outputs_of(altered(HONEST, 40, refused)), outputs_of(altered(BASELINE, 12, refused)), limits)
    assert more.finding is not None and more.value == pytest.approx(0.28)
    assert (more.name, more.finding.severity, more.finding.count) == (DECLINES, Severity.WARN, 40)
    assert more.finding.reason == "40 of 100 answers decline or are empty, 12 of the baseline's"
    assert more.finding.keys[0] == "k012", "one that the baseline answers"
    less = declines_check(outputs_of(altered(HONEST, 12, refused)), outputs_of(altered(BASELINE, 40, refused)), limits)
    assert less.finding is None


@pytest.mark.parametrize(("more", "told"), [(0, False), (6, False), (7, True), (20, True)])
def test_chance_is_no_finding(more: int, told: bool) -> None:
    # by hand: 1/2^6 is above one in a hundred, 1/2^7 below
    candidate = outputs_of(altered(HONEST, more, lambda _: ""))
    check = declines_check(candidate, outputs_of(BASELINE), AuditLimits())
    assert (check.finding is not None) == told


def test_a_share_within_the_limit_is_no_finding_however_many_answers_there_are() -> None:
    asked = [f"Question {n}?" for n in range(2000)]
    honest = [f"Answer {n} is this." for n in range(2000)]
    for count, told in ((40, False), (41, True)):
        candidate = outputs_of(altered(honest, count, lambda _: "N/A"), instructions=asked)
        check = declines_check(candidate, outputs_of(honest, instructions=asked), AuditLimits())
        assert (check.finding is not None) == told


def test_only_instructions_that_both_have_are_compared() -> None:
    candidate = outputs_of(altered(HONEST, 30, lambda _: ""))
    half = outputs_of(BASELINE[:50], instructions=INSTRUCTIONS)
    check = declines_check(candidate, half, AuditLimits())
    assert check.finding is not None and (check.finding.count, check.finding.n) == (30, 50)
    alone = declines_check(candidate, None, AuditLimits())
    assert alone.finding is not None and alone.finding.reason == "30 of 100 answers decline or are empty"
    assert declines_check(outputs_of(HONEST[:19]), None, AuditLimits()).skipped


def test_an_audit_looks_for_refusals_once_in_the_answers_of_each_model(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def counted(outputs: Sequence[Output], examples: Sequence[Example]) -> list[bool]:
        looked.append(len(outputs))
        return declining(outputs, examples)

    for module in (auditing_outputs, auditing_declining):
        monkeypatch.setattr(module, "declining", counted)
    candidate, baseline = outputs_of(altered(HONEST, 12, lambda _: "I can't help with that.")), outputs_of(BASELINE)
    (found,) = [one for one in audit_outputs(candidate, baseline).findings if one.check == DECLINES]
    assert looked == [len(candidate.outputs), len(baseline.outputs)]
    assert found.count == 12
