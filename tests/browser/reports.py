"""Reports that the browser opens."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.browser.payloads import PAYLOADS
from tests.cli.running import evalkit

N = 60
# hard to find in any other text
NEEDLE = "zymurgical"
_WORDS = (
    *("river", "stone", "light", "paper", "garden", "window", "quiet", "morning", "letter", "bridge"),
    *("music", "silver", "forest", "engine", "harbour", "copper", "lantern", "meadow", "thunder", "compass"),
)
_SUBJECTS = (
    *("astronomy", "botany", "cookery", "dancing", "economics", "fishing"),
    *("geology", "history", "insurance", "jewellery", "knitting", "logic"),
)
_BASELINE = "reference-model"


def made_report(folder: Path) -> Path:
    """Three models and a baseline, judged offline by two judges in both orders."""
    outputs = {name: _write_outputs(folder, name, length) for name, length in _LENGTHS.items()}
    judges = ["--judge", "surface", "--judge", "random"]
    candidates = [outputs[name] for name in _LENGTHS if name != _BASELINE]
    _run(
        folder,
        "annotate",
        "--audit",
        "off",
        *candidates,
        "--baseline",
        outputs[_BASELINE],
        *judges,
        "--orders",
        "both",
        "--repeats",
        2,
    )
    return _report(folder, "--title", "Three models")


def shared_reports(made: Path) -> tuple[Path, Path]:
    """Of the same verdicts a page without texts, and one with few instructions to read."""
    pages = made.with_name("no-text.html"), made.with_name("sample.html")
    for page, options in zip(pages, (["--no-text"], ["--sample", "9"]), strict=True):
        _run(made.parent, "report", *options, "--out", page)
    return pages


def graded_report(folder: Path) -> Path:
    """One model's answers, each graded alone."""
    outputs = _write_outputs(folder, "brief model", _LENGTHS["brief model"])
    _run(folder, "annotate", outputs, "--judge", "surface_grade")
    return _report(folder)


def recorded_report(real: Path, folder: Path) -> Path:
    return _report(folder, real / "annotations", "--title", "Recorded judgments")


def preferences_report(real: Path, folder: Path) -> Path:
    judge = "weighted_alpaca_eval_gpt4_turbo"
    return _report(folder, real / "preferences.parquet", "--judge", judge, "--reference", "chatbot_arena_20240329")


def hostile_texts(folder: Path) -> Path:
    return _annotated(folder, hostile_rows())


def hostile_rows() -> list[dict[str, Any]]:
    """Every payload as instruction, as both answers, as reply and as category of one comparison."""
    return [
        {
            "instruction": f"{number} {payload}",
            "output_1": f"baseline {payload}",
            "output_2": payload,
            "generator_1": _BASELINE,
            "generator_2": "model",
            "annotator": "judge",
            "dataset": payload,
            "preference": 1 + number % 2,
            "raw_completion": payload,
        }
        for number, payload in enumerate(PAYLOADS)
    ]


def hostile_names(folder: Path) -> Path:
    """Every payload as the name of a model under one judge, and all of them in the names of ten more judges."""
    rows = named_verdicts("judge", PAYLOADS, n=3)
    for start in range(0, len(PAYLOADS), 20):
        rows += named_verdicts(" ".join(PAYLOADS[start : start + 20]), PAYLOADS[start : start + 2], n=12)
    return _annotated(folder, rows, "--title", " ".join(PAYLOADS))


def long_texts_report(folder: Path) -> Path:
    """Answers of up to a million characters, of all kinds that are hard to lay out."""
    texts = {
        "words": "several words " * 70_000,
        "lines": "a\n" * 100_000,
        "letters": "\U0001f600\n" * 25_000,
        "one word": "x" * 200_000,
        "invisible": "\u200b" * 200_000,
        "nothing but ends of lines": "\r\n" * 100_000,
        "towers": "\u0301\u0302" * 1_000,
        "one mark": "a" + "\u0301" * 200_000,
        "strange": "\u200b\u202e" * 100_000,
    }
    rows = [
        _row(f"about {name}", f"{text} of the baseline", text, 1 + place % 2, raw_completion=text)
        for place, (name, text) in enumerate(texts.items())
    ]
    return _annotated(folder, rows)


def two_baselines_report(folder: Path) -> Path:
    """A judge that finds a model a little worse than one baseline, and surely better than another one."""
    rows = [
        _row(f"instruction {number}", baseline, "an answer", preference, generator_1=baseline)
        for number in range(10)
        for baseline, preference in (("a baseline", 1.499), ("the other", 1.999))
    ]
    return _annotated(folder, rows)


def _row(instruction: str, baseline: str, answer: str, preference: float, **more: str) -> dict[str, Any]:
    return {
        "instruction": instruction,
        "output_1": baseline,
        "output_2": answer,
        "generator_1": _BASELINE,
        "generator_2": "model",
        "annotator": "judge",
        "preference": preference,
        **more,
    }


_LENGTHS = {_BASELINE: 40, "brief model": 20, "model.of=names&such": 45, "wordy-model": 80}


def _write_outputs(folder: Path, model: str, length: int) -> Path:
    draw = random.Random(model)
    # an audit wants answers to have something to do with their questions
    topics = [f"{_WORDS[number % len(_WORDS)]} {_SUBJECTS[number // 5]}" for number in range(N)]
    texts = [f"About {topic}: {' '.join(draw.choices(_WORDS, k=length + draw.randrange(10)))}" for topic in topics]
    if model != _BASELINE:
        texts[7] = f"{texts[7]} {NEEDLE}"
        texts[8] = "same opening words here\n\na line of its own and \u202eturned\u200b text\x07 at the end"
    else:
        texts[8] = "same opening words here\n\na line of another and plain text at the end"
    rows = [
        {
            "instruction": f"Question {number}: write about {topics[number]}.",
            "output": text,
            "generator": model,
            "dataset": ("essays", "letters")[number % 2],
        }
        for number, text in enumerate(texts)
    ]
    path = folder / f"{list(_LENGTHS).index(model)}.json"
    path.write_text(json.dumps(rows))
    return path


def named_verdicts(judge: str, models: Sequence[str], *, n: int) -> list[dict[str, Any]]:
    return [
        {
            "instruction": f"instruction {number}",
            "output_1": "the baseline's answer",
            "output_2": f"an answer {number}",
            "generator_1": _BASELINE,
            "generator_2": model,
            "annotator": judge,
            "preference": 1 + (place + number) % 2,
        }
        for place, model in enumerate(models)
        for number in range(n)
    ]


def _annotated(folder: Path, rows: Sequence[dict[str, Any]], *options: str) -> Path:
    (folder / "annotations.json").write_text(json.dumps(rows))
    return _report(folder, folder / "annotations.json", *options)


def _report(folder: Path, *arguments: object) -> Path:
    _run(folder, "report", *arguments, "--out", folder / "report.html")
    return folder / "report.html"


def _run(folder: Path, *arguments: object) -> None:
    done = evalkit(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
