"""Labels and verdicts go into a text without anybody's answers, and come out of it as they were."""

import dataclasses
import json

import pytest

from evalkit.errors import StoreError
from evalkit.formats.human.evidence import decode_evidence, encode_evidence, evidence_of_labels
from evalkit.formats.human.labelled import HumanFile, LabelledComparison, Opinion
from evalkit.types import Annotation, Comparison, Example, Order, Output
from tests.builders import given

SECRET = "a text of somebody"


def labelled(key: str, *opinions: Opinion, cluster: str | None = None) -> LabelledComparison:
    example = Example(key, (SECRET,), cluster=cluster)
    return LabelledComparison(
        Comparison(example, Output(key, "output_1", (SECRET,)), Output(key, "output_2", (SECRET,))), opinions
    )


def verdict(key: str, preference: float | None, order: Order | None, *, failure: str | None = None) -> Annotation:
    made = given(preference, order, failure=failure)
    return dataclasses.replace(made, slot=dataclasses.replace(made.slot, key=key))


COMPARISONS = (
    labelled("k2", Opinion("b", 1.0), Opinion("a", 0.5), cluster="other"),
    labelled("k1", Opinion("a", 0.0)),
    labelled("k3", Opinion("a", 0.0)),
)
VERDICTS = [
    verdict("k2", None, Order.CANDIDATE_FIRST, failure=f"cannot read {SECRET}"),
    verdict("k2", 0.25, Order.BASELINE_FIRST),
    verdict("k1", 1.0, None),
    verdict("k9", 1.0, None),
]


def test_evidence_has_keys_labels_and_verdicts_and_no_text_of_an_answer() -> None:
    text = encode_evidence(evidence_of_labels(COMPARISONS, VERDICTS))
    assert SECRET not in text
    assert json.loads(text) == {
        "version": 1,
        "labels": [
            ["k1", 0, [["a", 0.0]]],
            ["k2", 1, [["a", 0.5], ["b", 1.0]]],
            # of one instruction with k1
            ["k3", 0, [["a", 0.0]]],
        ],
        "verdicts": [
            ["k1", "", 0, 1.0],
            ["k2", "baseline_first", 0, 0.25],
            ["k2", "candidate_first", 0, None],
        ],
    }


def test_evidence_is_read_back_and_does_not_depend_on_the_order_of_a_file() -> None:
    evidence = evidence_of_labels(COMPARISONS, VERDICTS)
    text = encode_evidence(evidence)
    assert decode_evidence(text) == evidence
    assert encode_evidence(evidence_of_labels(COMPARISONS[::-1], VERDICTS[::-1])) == text
    file = HumanFile("auto_j", "auto_j.jsonl", "auto_j", COMPARISONS, named_people=True)
    assert evidence.labels_digest == file.digest


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version":2}', '{"version":1,"labels":[["k"]],"verdicts":[]}'])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match="the kept labels and verdicts of an evaluation are none"):
        decode_evidence(text)
