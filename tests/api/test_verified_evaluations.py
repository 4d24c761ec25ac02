"""A stored evaluation follows from its labels and verdicts, these from the replies, and whatever was edited shows."""

import dataclasses
import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

import evalkit as ek
from evalkit.api.verified_evaluations import verify_evaluations
from evalkit.errors import Unequal
from evalkit.formats.human.evidence import decode_evidence, encode_evidence, evidence_of_labels
from evalkit.formats.human.labelled import HumanFile, LabelledComparison, Opinion
from evalkit.judging import annotate_all
from evalkit.metaeval import kept_numbers
from evalkit.store import Store, open_store
from evalkit.store.encoding import reply_checksum
from evalkit.store.evaluations import evidence_name, keep_evaluation
from evalkit.store.tables import asked_table, evaluation_table, reply_table
from evalkit.types import LABELLED, Comparison, Estimate, EvaluationRecord
from tests.builders import output_set
from tests.store.filling import BENCHMARK, JUDGE, fill, url
from tests.store.test_database import execute

N = 6
# where the judge's verdicts on the labels are filed
PLACES = f"{LABELLED}{BENCHMARK}"


def labels(n: int = N) -> HumanFile:
    """One person says that the second answer is better, every other time with a second person who sees a tie."""
    first, second = output_set("base", ["a"] * n), output_set("cand", ["b"] * n)
    found = [
        LabelledComparison(
            Comparison(example, one, other),
            (Opinion("anna", 1.0), Opinion("ben", 0.5)) if number % 2 else (Opinion("anna", 1.0),),
        )
        for number, (example, one, other) in enumerate(zip(first.examples, first.outputs, second.outputs, strict=True))
    ]
    return HumanFile(BENCHMARK, "labels.jsonl", "auto_j", tuple(found), named_people=True)


def evaluate(store: Store, **changes: object) -> EvaluationRecord:
    """Keep the agreement of the stored verdicts with the labels, or a record that says something else."""
    file = labels()
    answered = store.answered(JUDGE.digest, benchmark=PLACES)
    evidence = evidence_of_labels(file.comparisons, annotate_all(answered, JUDGE))
    text, numbers = encode_evidence(evidence), kept_numbers(evidence)
    assert numbers.agreement.value == pytest.approx(agreement(text))
    record = EvaluationRecord(
        judge=JUDGE.name,
        judge_digest=JUDGE.digest,
        labels=file.name,
        labels_digest=file.digest,
        orders="one",
        repeats=1,
        n=N,
        n_people=2,
        at=datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC),
        agreement=numbers.agreement,
        ceiling=numbers.ceiling,
        evidence=evidence_name(text),
    )
    return keep_evaluation(store, dataclasses.replace(record, **changes), text)  # type: ignore[arg-type]


def agreement(text: str) -> float:
    """The half rule by hand: the first comparison is a tie by rule, and the replies are 0 or 1."""
    evidence = decode_evidence(text)
    said = {verdict.key: verdict.preference for verdict in evidence.verdicts}
    shares = []
    for label in (one for one in evidence.labels if one.key in said):
        own = said[label.key]
        assert own in (0.0, 0.5, 1.0)
        each = [{0.0: 1.0, 0.5: 0.5, 1.0: 0.0}[abs(own - one.preference)] for one in label.opinions]
        shares += each
    return 100 * sum(shares) / len(shares)


def test_an_evaluation_that_nobody_touched_is_equal(store: Store) -> None:
    fill(store, N, benchmark=PLACES)
    record = evaluate(store)
    (found,) = verify_evaluations(store)
    assert (found.differences, found.notes, found.n_verdicts) == ((), (), N)
    assert record.agreement.value is not None and 0 < record.agreement.value < 100
    assert verify_evaluations(store, digests=["another"]) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"agreement": Estimate(99.0, 1.0, 98.0, 100.0, N)},
            "agreement.value: the record says 99.0, its labels and verdicts give {agreement} (the number was edited)",
        ),
        ({"n": 3500}, "n: the record says 3500, its labels and verdicts give 6 (the number was edited)"),
        ({"n_people": 9}, "n_people: the record says 9, its labels and verdicts give 2 (the number was edited)"),
        (
            {"labels_digest": "0123456789abcdef"},
            "labels: the record says 0123456789abcdef, its labels and verdicts give {labels} (the labels are others)",
        ),
    ],
)
def test_an_edited_record_says_what_follows_from_its_evidence(
    store: Store, changes: dict[str, object], said: str
) -> None:
    fill(store, N, benchmark=PLACES)
    right = evaluate(store)
    with store.transaction() as connection:
        connection.execute(sa.delete(evaluation_table))
    evaluate(store, **changes)
    (found,) = verify_evaluations(store)
    assert right.agreement.value is not None
    differences = list(map(str, found.differences))
    assert said.format(agreement=round(right.agreement.value, 9), labels=right.labels_digest) in differences
    # an edited agreement has other ends as well
    assert len(differences) == (3 if "agreement" in changes else 1)


def turn_a_reply(store: Store) -> None:
    """Let the judge's first reply name the other answer, with a checksum that fits."""
    with store.transaction() as connection:
        row = connection.execute(sa.select(reply_table).order_by(reply_table.c.key)).mappings().first()
        assert row is not None
        labels = connection.execute(
            sa.select(asked_table.c.labels).where(asked_table.c.reply_key == row["key"])
        ).scalar_one()
        first, second, _ = json.loads(labels)
        said, other = (first, second) if f"[[{first}]]" in row["reply"] else (second, first)
        turned = row["reply"].replace(f"[[{said}]]", f"[[{other}]]")
        values = {"reply": turned, "checksum": reply_checksum(row["key"], turned, row["exchange"])}
        connection.execute(sa.update(reply_table).where(reply_table.c.key == row["key"]).values(values))


def lose_a_place(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute(sa.delete(asked_table).where(asked_table.c.key == "k002"))


def damage_a_place(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute(sa.update(asked_table).where(asked_table.c.key == "k002").values(candidate_chars=1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (turn_a_reply, "(the verdicts are others)"),
        (lose_a_place, "the store gives nothing (not in the store)"),
        (damage_a_place, "(damaged in the store)"),
    ],
)
def test_verdicts_that_the_replies_do_not_give_are_named(
    store: Store, change: Callable[[Store], None], said: str
) -> None:
    fill(store, N, benchmark=PLACES)
    evaluate(store)
    change(store)
    (found,) = verify_evaluations(store)
    (difference,) = found.differences
    assert str(difference).endswith(said), difference


def test_an_earlier_evaluation_whose_places_a_later_run_took_away_still_follows_from_its_evidence(store: Store) -> None:
    fill(store, N, benchmark=PLACES)
    evaluate(store)
    fill(store, N - 1, benchmark=PLACES)
    evaluate(store, at=datetime.datetime(2026, 1, 6, tzinfo=datetime.UTC), n=N - 1)
    earlier, later = verify_evaluations(store)
    assert earlier.equal
    with store.transaction() as connection:
        connection.execute(sa.delete(asked_table))
    for one in verify_evaluations(store):
        assert one.equal and "the store does not hold its verdicts" in one.notes[0]
    assert later.record.n == N - 1


def test_the_command_and_python_verify_a_folder_that_holds_evaluations_alone(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from evalkit.cli.main import group

    (tmp_path / "results").mkdir()
    with open_store(url(tmp_path / "results" / "evalkit.db")) as store:
        fill(store, N, benchmark=PLACES)
        evaluate(store)
    folder = str(tmp_path / "results")
    found = ek.verify(folder, results=folder)
    assert found.equal and str(found) == f"equal: evaluation of {JUDGE.name} on bench, 2026-01-05, 6 verdicts\n"
    assert json.loads(found.to_json())["evaluations"][0]["equal"]
    with open_store(url(tmp_path / "results" / "evalkit.db")) as store:
        turn_a_reply(store)
    found = ek.verify(folder, results=folder)
    with pytest.raises(Unequal, match="evaluation of pairwise_label on bench, 2026-01-05: verdict on k00"):
        found.raise_for_differences()
    done = CliRunner().invoke(group, ["verify", folder, "--results", folder])
    assert (done.exit_code, done.stdout) == (5, str(found))
    execute(tmp_path / "results" / "evalkit.db", "UPDATE evaluation_evidence SET document = '{}'")
    done = CliRunner().invoke(group, ["verify", folder, "--results", folder])
    assert isinstance(done.exception, Exception) and "are damaged" in str(done.exception)
