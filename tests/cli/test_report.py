"""evalkit report from files and from a store."""

import base64
import gzip
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Done, evalkit
from tests.cli.test_compare import INSTRUCTIONS, rows

CHUNK = re.compile(r"data-chunk=[\"']?([a-z]+[0-9-]*)[\"']?[^>]*>([^<]*)<")


def report(folder: Path, *arguments: object) -> Done:
    done = evalkit("report", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done


def chunks(page: Path) -> dict[str, Any]:
    """What the page holds to browse."""
    found = CHUNK.findall(page.read_text(encoding="utf-8"))
    return {name: json.loads(gzip.decompress(base64.b64decode(packed))) for name, packed in found}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, (model, level) in enumerate({"good": 0.6, "fair": 0.0}.items()):
        place = tmp_path / "recorded" / model
        place.mkdir(parents=True)
        given = [{**row, "output_2": f"secret {model} {row['output_2']}"} for row in rows(model, level, seed=seed)]
        (place / "annotations.json").write_text(json.dumps(given))
    return tmp_path


def test_one_file_shows_the_boards_of_a_folder_and_every_comparison(folder: Path) -> None:
    done = report(folder, "recorded", "--out", "out/page.html", "--title", "Two <models>")
    assert re.fullmatch(r"wrote out/page\.html, \d+\.\d MB\n", done.stdout)
    page = (folder / "out" / "page.html").read_text(encoding="utf-8")
    assert "<title>Two &lt;models&gt;</title>" in page and "good" in page
    found = chunks(folder / "out" / "page.html")
    assert found["index"]["models"] == ["base", "fair", "good"] and len(found["index"]["rows"]["key"]) == 120
    assert sorted(found["instructions"]) == sorted(INSTRUCTIONS)
    assert all(text.startswith("secret good c") for text in found["answers-2"])
    # no text stands in the page but in its pieces
    assert "secret good" not in page


def test_the_same_sources_give_the_same_bytes(folder: Path) -> None:
    report(folder, "recorded", "--out", "a.html")
    report(folder, "recorded", "--out", "b.html")
    assert (folder / "a.html").read_bytes() == (folder / "b.html").read_bytes()


def test_a_sample_says_that_it_is_one_and_changes_no_number(folder: Path) -> None:
    whole, sampled = _page(folder), _page(folder, "--sample", "7", "--seed", "3")
    assert re.findall(r"\d+\.\d+", _bare(whole)) == re.findall(r"\d+\.\d+", _bare(sampled))
    found = chunks(folder / "page.html")
    assert found["index"]["sampled"] == {"n": 7, "of": 60, "seed": 3} and len(found["instructions"]) == 7


def test_a_report_without_text_holds_no_instruction_no_answer_and_no_reply(folder: Path) -> None:
    page = _page(folder, "--no-text")
    found = chunks(folder / "page.html")
    assert not any(name.startswith(("instructions", "answers")) for name in found)
    assert "secret" not in json.dumps(found) + page and "Instruction number" not in json.dumps(found) + page
    assert all(place[5] is None for name in found if name.startswith("places") for (place,) in found[name].values())


def test_scores_by_category_are_shown_without_being_asked_for(folder: Path) -> None:
    assert "coding" in _bare(_page(folder))


def test_a_judge_that_nobody_knows_is_refused(folder: Path) -> None:
    done = evalkit("report", "recorded", "--judge", "jugde", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "unknown judge 'jugde'. Did you mean 'judge'?" in done.stderr
    assert not (folder / "results").exists()


def test_without_sources_the_store_is_shown_with_texts_and_refused_models(
    write_outputs: Callable[..., Path], tmp_path: Path
) -> None:
    baseline = write_outputs("base", [f"The number is {n}, of course." for n in range(40)])
    answers = write_outputs("cand", [f"It is {n} " + "and more words " * (n % 5) for n in range(40)])
    copies = write_outputs("copies", ["Always the same answer."] * 40)
    judged = evalkit("annotate", answers, copies, "--baseline", baseline, "--judge", "surface", "--orders", "both",
                     "--audit", "warn", cwd=tmp_path)  # fmt: skip
    assert judged.returncode == 0, judged.stderr
    done = report(tmp_path)
    assert done.stdout.startswith("wrote results/report.html, ")
    found = chunks(tmp_path / "results" / "report.html")
    assert found["index"]["models"] == ["base", "cand", "copies"]
    # an offline judge is sent nothing: the texts are those of the written annotations
    assert None not in found["instructions"] + found["answers-0"] + found["answers-1"] + found["answers-2"]
    places = [place for given in found["places-0-1"].values() for place in given]
    assert {place[0] for place in places} == {0, 1} and all(len(place[6]) >= 1 for place in places)
    page = _bare((tmp_path / "results" / "report.html").read_text())
    assert "copies" in page and "refused" in page


def test_a_store_that_is_not_there_is_named_with_the_cure(tmp_path: Path) -> None:
    done = evalkit("report", cwd=tmp_path)
    assert done.returncode == 2 and "no store yet. Run evalkit annotate first, or name sources" in done.stderr


def test_a_file_name_that_is_no_text_is_shown_as_its_bytes_are_written(folder: Path) -> None:
    named = folder / os.fsdecode(b"a\xff.json")
    named.write_bytes((folder / "recorded" / "good" / "annotations.json").read_bytes())
    report(folder, named, "--out", "page.html")
    assert "a\\udcff.json" in (folder / "page.html").read_text(encoding="utf-8")


def test_forty_four_real_models_of_numbers_only(real_outputs: Path, tmp_path: Path) -> None:
    report(tmp_path, real_outputs / "preferences.parquet", "--judge", "weighted_alpaca_eval_gpt4_turbo",
           "--reference", "chatbot_arena_20240329", "--out", "page.html")  # fmt: skip
    found = chunks(tmp_path / "page.html")
    assert list(found) == ["index"] and len(found["index"]["models"]) > 44
    assert len(found["index"]["categories"]) == 5 and found["index"]["text"] is False
    assert (tmp_path / "page.html").stat().st_size < 2e6


def _bare(page: str) -> str:
    """What is read without a script."""
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def _page(folder: Path, *options: object) -> str:
    report(folder, "recorded", "--out", "page.html", *options)
    return (folder / "page.html").read_text(encoding="utf-8")
