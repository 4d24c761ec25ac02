import pytest

from evalkit.reporting.reasons import (
    brief_words,
    causes,
    grouped_failures,
    reason_words,
    shared_causes,
    status_words,
    with_words,
)
from evalkit.types import OK, degraded, not_estimable

AS_LONG = "of answers are about as long as the baseline's"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("all_wins", "it won every comparison, so that how far its verdicts spread is not known"),
        ("no_variance", "its verdicts are all the same, so that how far they spread is not known"),
        ("identical", "the baseline itself, which is 50 by definition"),
        ("compat: no sampling error", "a published formula made its LC win rate (no sampling error)"),
        (f"thin: 6.0% {AS_LONG} on the longer side",
         "only 6 % of its answers are about as long as the baseline's on the longer side, so that its LC win rate is "
         "an extrapolation"),
        ("extrapolated: 6.2% of answers have as many lists as the baseline's",
         "only 6.2 % of its answers have as many lists as the baseline's, so that its LC win rate is an extrapolation"),
        ("misfit: predicts 4.2 points too much at equal length (z = 3.4, n = 57)",
         "the regression behind its LC win rate predicts 4.2 points too much at equal length (z = 3.4, n = 57)"),
        ("coverage: 217 of 300 verdicts are missing",
         "217 of 300 verdicts are missing, so that its LC win rate is that of the other instructions only"),
        ("2 instructions, at least 30 needed", "2 instructions, at least 30 needed"),
        ("never_heard_of: 3.0% of it", "never_heard_of: 3.0% of it"),
        ("thin", "thin"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_code_is_a_sentence_with_its_figures_and_what_is_not_known_stays_as_it_is(reason: str, words: str) -> None:
    assert reason_words(reason, number="LC win rate") == words


def test_reasons_that_are_joined_are_told_apart_and_details_may_hold_semicolons() -> None:
    details = "3.0% of answers are as long as the baseline's; 2.0% of answers have as many lists as the baseline's"
    found = causes(f"separated; extrapolated: {details}; coverage: 2 of 9 verdicts are missing")
    assert [one.code for one in found] == ["separated", "extrapolated", "coverage"]
    assert found[1].details == details
    mixed = "mixed: 3 are weighted; --allow-mixed averages them all the same"
    assert [(one.code, one.details) for one in causes(mixed)] == [("", mixed)]


def test_models_of_one_cause_share_a_sentence_from_the_least_figure_to_the_greatest() -> None:
    shares = (9.5, 0.7, 10.0)
    models = [(f"m{n}", causes(f"thin: {share}% {AS_LONG}")) for n, share in enumerate(shares)]
    one, other = shared_causes([*models, ("won", causes("all_wins"))], number="LC win rate")
    assert one.models == ("m0", "m1", "m2") and one.code == "thin"
    assert one.words == (
        "only 0.7 to 10 % of their answers are about as long as the baseline's, so that their LC win rates are "
        "extrapolations"
    )
    assert (other.models, other.words) == (("won",), reason_words("all_wins"))
    shorter = ("m3", causes(f"thin: 2.0% {AS_LONG} on the shorter side"))
    assert [one.models for one in shared_causes([*models, shorter])] == [("m0", "m1", "m2"), ("m3",)]


def test_a_model_with_two_causes_stands_in_both() -> None:
    both = causes("all_wins; coverage: 2 of 9 verdicts are missing")
    assert [one.models for one in shared_causes([("a", both), ("b", causes("all_wins"))])] == [("a", "b"), ("a",)]


def test_a_status_is_a_word_and_a_sentence() -> None:
    assert status_words(OK) == "ok"
    assert status_words(not_estimable("no verdicts")) == "not estimable: no verdicts"
    assert status_words(degraded("identical")) == "degraded: the baseline itself, which is 50 by definition"
    assert brief_words("separated") == "the length or style of its answers alone explains the verdicts"


def test_names_of_controls_in_a_reason_are_harmless() -> None:
    assert "\x1b" not in reason_words("extrapolated: 1.0% of answers are as high in \x1b]0;x as the baseline's {it}")
    assert "\x1b" not in shared_causes([("m", causes("\x1b[31m unknown"))])[0].words


def test_each_of_two_compared_models_has_its_own_reason() -> None:
    both = f"one: thin: 6.0% {AS_LONG}; other: all_wins"
    assert (
        brief_words(both)
        == f"for one, only 6 % {AS_LONG.replace('of', 'of its', 1)}; for other, it won every comparison"
    )


def test_a_code_within_a_text_becomes_words() -> None:
    assert with_words("the number is degraded(separated), but 3 is below 4") == (
        "the number is degraded: the length or style of its answers alone explains the verdicts, but 3 is below 4"
    )
    assert with_words("nothing to say") == "nothing to say"


def test_reasons_that_differ_in_what_a_judge_said_are_one() -> None:
    said = {"no [[label]] alone on the last line, which reads '[[K]].'": 3, "several verdicts: K, M": 2, "empty": 4}
    more = {"no [[label]] alone on the last line, which reads 'It\\'s M'": 3, "several verdicts: A, B": 1}
    assert grouped_failures({**said, **more}) == {
        "no [[label]] alone on the last line, which reads …": 6,
        "empty": 4,
        "several verdicts": 3,
    }
    assert grouped_failures(said) == {
        "empty": 4,
        "no [[label]] alone on the last line, which reads '[[K]].'": 3,
        "several verdicts: K, M": 2,
    }


def test_what_all_replies_share_stays_in_their_reason() -> None:
    said = {"field 'winner' holds 'K', not a label": 1, "field 'winner' holds 'M', not a label": 1}
    assert grouped_failures(said) == {"field 'winner' holds …, not a label": 2}
