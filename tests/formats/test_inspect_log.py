"""Logs of inspect_ai in both of their forms, and their scores as verdicts."""

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.inspect_log import parse_log, read_log, score_verdicts
from evalkit.types import Annotation, ChatReply, Order, Rating

EVAL = {"task": "hellaswag", "model": "openai/gpt-4.1", "created": "2025-01-01"}


def sample(name: int | str = 1, *, epoch: int = 1, **scores: Any) -> dict[str, Any]:
    return {
        "id": name, "epoch": epoch, "input": "?", "target": "x", "messages": [],
        "output": {"model": "m", "completion": "**x**", "choices": []},
        "scores": {scorer: {"value": value, "answer": "x", "explanation": "why"} for scorer, value in scores.items()},
    }  # fmt: skip


def log(*samples: Any) -> dict[str, Any]:
    return {"version": 2, "status": "success", "eval": EVAL, "samples": list(samples)}


def as_json(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def as_archive(path: Path, document: dict[str, Any], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("_journal/start.json", json.dumps({"version": 2}))
        for one in document["samples"]:
            archive.writestr(f"samples/{one['id']}_epoch_{one['epoch']}.json", json.dumps(one))
        archive.writestr("header.json", json.dumps({**document, "samples": None}))
    return path


def verdicts(path: Path) -> list[Annotation]:
    return list(score_verdicts(read_log(path)))


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as error:
        verdicts(path)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


@pytest.mark.parametrize("name", ["log.json", "log.eval"])
def test_a_score_keeps_sample_epoch_scorer_and_model(tmp_path: Path, name: str) -> None:
    document = log(sample(7, accuracy=0.25), sample(7, epoch=2, accuracy=1))
    path = (as_json if name == "log.json" else as_archive)(tmp_path / name, document)
    first, second = verdicts(path)
    slot = first.slot
    assert (slot.key, slot.cluster, slot.repeat, second.slot.repeat) == ("7", "7", 0, 1)
    assert (slot.judge, slot.model, slot.order) == ("accuracy", "openai/gpt-4.1", Order.ALONE)
    assert (first.rating, first.reply) == (Rating(0.25, 0.0, 1.0), ChatReply("why"))
    assert (slot.candidate_chars, slot.candidate_measures["bold"]) == (5, 1)
    assert read_log(path).task == "hellaswag"


@pytest.mark.parametrize(
    ("value", "rating"), [("C", 1.0), ("P", 0.5), ("I", 0.0), ("N", 0.0), (True, 1.0), (7, 7.0), (-1.5, -1.5)]
)
def test_letters_and_numbers_are_grades(tmp_path: Path, value: object, rating: float) -> None:
    (verdict,) = verdicts(as_json(tmp_path / "log.json", log(sample(match=value))))
    assert (verdict.rating, verdict.failure) == (Rating(rating, 0.0, 1.0), None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "unscored"),
        (None, "unscored"),
        (float("inf"), "the score is beyond all bounds"),
        pytest.param(10**400, "the score is beyond all bounds", id="no float"),
        ("good", "the score is 'good', which is no grade"),
        ([1, 2], "the score is a list, which is no grade"),
    ],
)
def test_a_score_without_a_number_is_a_failure(tmp_path: Path, value: object, reason: str) -> None:
    (verdict,) = verdicts(as_json(tmp_path / "log.json", log(sample(match=value))))
    assert (verdict.rating, verdict.failure) == (None, reason)


def test_a_sample_without_scores_is_a_failure(tmp_path: Path) -> None:
    (verdict,) = verdicts(as_json(tmp_path / "log.json", log({"id": "a"})))
    assert verdict.failure == "the sample has no scores"
    assert verdict.slot.candidate_chars is None


def test_several_numbers_of_one_scorer_are_a_verdict_each(tmp_path: Path) -> None:
    found = verdicts(as_json(tmp_path / "log.json", log(sample(rubric={"style": 3, "truth": "C"}, match="I"))))
    assert [(one.slot.judge, one.rating) for one in found] == [
        (judge, Rating(value, 0.0, 1.0)) for judge, value in (("rubric:style", 3), ("rubric:truth", 1), ("match", 0))
    ]


def test_an_answer_may_be_that_of_the_first_choice(tmp_path: Path) -> None:
    choices = [{"message": {"role": "assistant", "content": "four"}}]
    (verdict,) = verdicts(as_json(tmp_path / "log.json", log({**sample(match="C"), "output": {"choices": choices}})))
    assert verdict.slot.candidate_chars == 4


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], ": expected an object, found a list"),
        ({"status": "success"}, ': field "eval": expected a mapping, found null'),
        ({"eval": {"task": "t"}, "samples": [sample()]}, ': field "eval": field "model": missing'),
        ({**log(), "samples": None}, ": the log holds no samples"),
        ({**log(), "samples": 3}, ': field "samples": expected a list, found a number'),
        (log("x"), ': field "samples[0]": expected a mapping, found text'),
        (log({}), ': samples[0]: field "id": missing'),
        (log({**sample(), "epoch": 0}), ': samples[0]: field "epoch": expected a number that counts from 1'),
        (log({**sample(), "scores": [1]}), ': samples[0]: field "scores": expected a mapping, found a list'),
        (log({**sample(), "scores": {"a": 1}}), ': samples[0]: field "scores.a": expected a mapping, found a number'),
    ],
)
def test_what_is_no_log_is_refused_with_its_place(tmp_path: Path, document: Any, reason: str) -> None:
    path = as_json(tmp_path / "log.json", document)
    assert refusal(path).startswith(f"{path}{reason}")


def test_nan_is_a_number_of_a_log_and_all_else_stays_strict() -> None:
    assert parse_log('{"a": [NaN, -Infinity]}', "log")["a"][1] == float("-inf")
    for text in ('{"a": 1, "a": 2}', '{"a": 1e999}', '{"a": 1} x', "", "[" * 100_000, '{"a": ' + "9" * 5000 + "}"):
        with pytest.raises(InputError, match=r"^log: "):
            parse_log(text, "log")


class TestArchives:
    @pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(18)], ids=["empty", "torn", "of nothing"])
    def test_what_is_no_archive_of_a_log_is_refused(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "log.eval"
        path.write_bytes(content)
        assert refusal(path).startswith(f"{path}: not an archive of a log: ")

    def test_a_member_that_is_compressed_with_zstd_is_refused_with_the_cure(self, tmp_path: Path) -> None:
        path = as_archive(tmp_path / "log.eval", log(sample(match="C")), method=zipfile.ZIP_STORED)
        content = path.read_bytes()
        # method 93 in both headers of every member
        for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            at = content.find(mark)
            while at >= 0:
                content = content[: at + place] + struct.pack("<H", 93) + content[at + place + 2 :]
                at = content.find(mark, at + 1)
        path.write_bytes(content)
        assert "compressed in a way that cannot be read here, as with zstd. Convert the log: inspect log" in refusal(
            path
        )

    def test_a_member_that_would_fill_the_memory_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("evalkit.formats.inspect_log.MAX_MEMBER_BYTES", 50)
        assert "more than the 50 that are read" in refusal(as_archive(tmp_path / "log.eval", log(sample(match="C"))))

    def test_a_damaged_member_is_named(self, tmp_path: Path) -> None:
        path = as_archive(tmp_path / "log.eval", log(sample(match="C")), method=zipfile.ZIP_STORED)
        path.write_bytes(path.read_bytes().replace(b'"epoch": 1', b'"epoch": 2'))
        assert refusal(path).startswith(f"{path}: 'samples/1_epoch_1.json': cannot be read: ")


def failed(name: int | str, **fields: Any) -> dict[str, Any]:
    return {**sample(name), "scores": None, **fields}


@pytest.mark.parametrize("name", ["log.json", "log.eval"])
def test_a_sample_that_failed_is_missing_for_every_scorer_with_the_reason(tmp_path: Path, name: str) -> None:
    broken = failed(2, error={"message": "time\nout", "traceback": "t"})
    document = log(broken, sample(1, a=1, b=0), failed(3), failed(4, error={"traceback": "t"}))
    path = (as_json if name == "log.json" else as_archive)(tmp_path / name, document)
    found = [(one.slot.key, one.slot.judge, one.failure) for one in verdicts(path)]
    assert found == [
        *(("2", judge, "the sample failed: time out") for judge in "ab"),
        *(("1", judge, None) for judge in "ab"),
        *(("3", judge, "the sample has no scores") for judge in "ab"),
        *(("4", judge, "the sample failed") for judge in "ab"),
    ]


@pytest.mark.parametrize(
    ("dataset", "lacking"),
    [
        ({"samples": 4, "sample_ids": [1, 2, 3, "x"]}, ["2", "3", "x"]),
        ({"samples": 3}, ["not run 1", "not run 2"]),
        ({}, []),
    ],
)
def test_the_samples_that_a_cancelled_log_lacks_are_missing(
    tmp_path: Path, dataset: dict[str, Any], lacking: list[str]
) -> None:
    document = {**log(sample(1, a=1)), "status": "cancelled", "eval": {**EVAL, "dataset": dataset}}
    found = verdicts(as_json(tmp_path / "log.json", document))
    assert [one.slot.key for one in found] == ["1", *lacking]
    told = f"the log ended as cancelled, with 1 of {1 + len(lacking)} samples"
    assert {one.failure for one in found[1:]} == ({told} if lacking else set())
    # a log that ended well says what it was to have
    whole = verdicts(as_json(tmp_path / "whole.json", {**document, "status": "success"}))
    assert len(whole) == 1


def test_each_epoch_of_a_cancelled_log_counts(tmp_path: Path) -> None:
    about = {**EVAL, "dataset": {"sample_ids": [1, 2]}, "config": {"epochs": 2}}
    document = {**log(sample(1, a=1), sample(1, epoch=2, a=1), sample(2, a=1)), "status": "error", "eval": about}
    found = verdicts(as_json(tmp_path / "log.json", document))
    assert [(one.slot.key, one.slot.repeat) for one in found] == [("1", 0), ("1", 1), ("2", 0), ("2", 1)]
