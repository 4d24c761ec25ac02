import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from evalkit.boards.agreement import Agreement, agree
from evalkit.boards.joined import join
from evalkit.boards.paired_agreement import BesideReference, beside_reference
from evalkit.catalog.references import Reference
from evalkit.formats.scores import Score, ScoreTable
from evalkit.reporting.agreement import (
    agreement_document,
    agreement_line,
    correlated_csv,
    correlated_json,
    correlated_markdown,
    correlated_text,
)
from evalkit.reporting.paired_agreement import difference_line
from evalkit.stats import Coefficient

NAMES = [f"m{number:02d}" for number in range(20)]
REFERENCE = Reference("human", {name: float(place) for place, name in enumerate(NAMES)}, "source", "2024-01-01")
ORDER = np.random.default_rng(1).permutation(20)
SCORES = [Score(name, float(value)) for name, value in zip(NAMES, ORDER, strict=True)]


def beside(*tables: ScoreTable) -> list[BesideReference]:
    return [beside_reference(joined) for joined in join(tables, [REFERENCE], {})]


@pytest.fixture
def agreement() -> Agreement:
    return agree([*SCORES[:18], Score("m18", None)], REFERENCE, {}, degraded={"m01"})


def test_a_line_names_the_interval_the_models_and_what_has_no_number(agreement: Agreement) -> None:
    estimate = agreement.spearman
    assert agreement_line(agreement) == (
        f"Spearman with human: {estimate.value:.3f} [{estimate.lower:.3f}, {estimate.upper:.3f}], 18 shared models, "
        "1 of them not ok; without a number: m18"
    )
    none = agree([], REFERENCE, {})
    assert agreement_line(none) == "Spearman with human: 0 shared models, at least 4 needed"


def test_a_document_holds_a_status_for_what_could_not_be_estimated(agreement: Agreement) -> None:
    document = agreement_document(agreement)
    json.dumps(document, allow_nan=False)
    assert (document["spearman"], document["n_models"]) == (agreement.spearman.value, 18)
    assert document["kendall"]["value"] == agreement.kendall.value
    assert document["separability"]["value"] is None
    assert document["separability"]["status"].startswith("not_estimable(the board gives no interval")


def test_long_lists_of_models_are_cut_on_a_terminal_and_whole_in_json() -> None:
    rows = [*SCORES[:5], *(Score(f"=x{number}", 1.0) for number in range(30))]
    found = beside(ScoreTable("=board", "score", tuple(rows)))
    text = correlated_text(found)
    assert "30 models not in the reference" in text
    assert "separability" not in text.splitlines()[0], "no board has a number"
    assert "and 24 more" in text
    assert len(json.loads(correlated_json(found))["boards"][0]["unknown_to_reference"]) == 30
    assert correlated_csv(found).splitlines()[1].startswith("'=board,")


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_a_table_fits_the_terminal_and_loses_no_measure(columns: int) -> None:
    rows = [replace(score, lower=score.value - 1, upper=score.value + 1) for score in SCORES if score.value is not None]
    found = beside(ScoreTable("a board with quite a long name", "score", tuple(rows)))
    table, _, notes = correlated_text(found, columns=columns).partition("a board with quite a long name: ")
    assert notes and all(len(line) <= columns for line in table.splitlines())
    assert {"Spearman", "Kendall", "Pearson", "separability"} <= set(table.split())


def test_a_board_that_shares_too_few_models_has_no_line_in_the_table_and_one_reason() -> None:
    stranger = ScoreTable("strange", "score", (Score("nobody", 1.0),))
    text = correlated_text(beside(stranger))
    assert text.splitlines()[0] == (
        "strange: nothing can be correlated with human: 0 shared models, at least 4 needed. Match the names of models "
        "with --map FILE.json"
    )


def test_a_difference_is_told_with_its_interval_its_verdict_and_what_so_many_models_would_show() -> None:
    noise = np.random.default_rng(6).normal(size=(2, 20))
    near, far = (
        ScoreTable(name, "score", tuple(Score(model, place + error) for place, (model, error) in
                                        enumerate(zip(NAMES, errors, strict=True))))
        for name, errors in (("=near", noise[0]), ("far", 8 * noise[1]))
    )  # fmt: skip
    found = beside(near, far)
    (pair,) = found[0].differences
    estimate = pair.spearman.estimate
    assert estimate.value is not None and estimate.lower is not None and estimate.lower > 0
    text = correlated_text(found)
    assert f"=near less far  20      {estimate.value:+.3f} [{estimate.lower:+.3f}, {estimate.upper:+.3f}]" in text
    assert f", significant; 20 models like these would show a difference of {pair.spearman.detectable:.2f} or more" in (
        difference_line(pair)
    )
    assert "differences are paired by model, over the models that both boards and the reference know" in text
    document = json.loads(correlated_json(found))["differences"][0]
    assert document["spearman"]["significant"] is True
    assert document["spearman"]["difference"]["value"] == estimate.value
    assert document["kendall"]["p_adjusted"] == pair.differences[Coefficient.KENDALL].p_value
    *_, kendall = csv.DictReader(correlated_csv(found).splitlines())
    assert (kendall["board"], kendall["versus"], kendall["measure"]) == ("'=near", "far", "kendall_difference")


def test_pairs_that_cannot_be_compared_have_the_reason_and_several_pairs_one_note_on_p() -> None:
    tables = [ScoreTable(name, "score", tuple(SCORES[:n])) for name, n in (("a", 20), ("b", 20), ("c", 4))]
    text = correlated_text(beside(*tables))
    assert "a less c: not estimable: 4 shared models cannot show a difference, at least 6 needed\n" in text
    assert "adjusted for 3 pairs by Holm's method" in text
    assert "a less b" in text and ", not significant; 20 models like these" in text


def test_each_ranking_has_a_block_with_its_date_and_its_number_of_models() -> None:
    newer = replace(REFERENCE, name="newer", scores={name: REFERENCE.scores[name] for name in NAMES[:9]}, date="")
    found = [beside_reference(one) for one in join([ScoreTable("b", "score", tuple(SCORES))], [REFERENCE, newer], {})]
    lines = correlated_text(found).splitlines()
    assert lines[0] == "Beside human, 2024-01-01, 20 models" and "Beside newer, 9 models" in lines
    assert correlated_markdown(found).splitlines()[0] == "### Beside human, 2024-01-01, 20 models"
    assert correlated_markdown(found).count("| board |") == 2
