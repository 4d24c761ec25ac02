"""Candidates of which a part of the answers is bad, and an honest judge of them, made from AlpacaEval's own files."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.types import ChatReply, ChatRequest, Example, Order, Output, OutputSet
from tests.builders import question_of
from tests.scripted import Script

BASELINE = "gpt4_1106_preview"
MODEL = "mixture"
REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I'm unable to help with that.",
    "Sorry, no.",
    "I cannot assist with this request.",
    "I don't know.",
    "N/A",
    "...",
    "",
)
# a short bad answer of the second and third file is one of this model's
WEAK = "alpaca-7b"
_WORDS = {
    "However": "Still",
    "important": "essential",
    "such as": "for instance",
    "Additionally": "Besides",
    "ensure": "make sure",
    "various": "several",
    "often": "frequently",
    "help": "assist",
    "including": "among them",
}
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_CLOSING = (
    "That is the short of it.", "This should cover the essentials of what was asked.",
    "There is more to say, but these points matter most, and the rest follows from them.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mixture:
    """A candidate's and the baseline's answers by instruction, and P(candidate beats baseline) as a judge sees it who
    looks at what is said and at nothing else.
    """

    instructions: tuple[str, ...]
    answers: tuple[str, ...]
    baseline: tuple[str, ...]
    chances: tuple[float, ...]

    @property
    def verdicts(self) -> Mapping[str, float]:
        """Wins and losses, drawn by the chances; the same in every run."""
        return {
            asked: float(uniform(asked, "verdict") < chance)
            for asked, chance in zip(self.instructions, self.chances, strict=True)
        }

    def outputs(self, model: str = MODEL) -> OutputSet:
        examples = tuple(Example(f"k{n:04d}", (asked,)) for n, asked in enumerate(self.instructions))
        texts = self.baseline if model == BASELINE else self.answers
        said = tuple(Output(one.key, model, (text,)) for one, text in zip(examples, texts, strict=True))
        return OutputSet(model, model, examples, said)

    def write_outputs(self, path: Path) -> Path:
        """The candidate's outputs.json."""
        rows = [
            {"instruction": asked, "output": answer, "generator": MODEL}
            for asked, answer in zip(self.instructions, self.answers, strict=True)
        ]
        path.write_text(json.dumps(rows), encoding="utf-8")
        return path

    def write_annotations(self, path: Path, *, judge: str = "honest") -> Path:
        """AlpacaEval's annotations.json with the judge's verdicts, texts and all."""
        verdicts = self.verdicts
        rows = [
            {
                "instruction": asked, "output_1": theirs, "generator_1": BASELINE, "output_2": answer,
                "generator_2": MODEL, "annotator": judge, "preference": 1.0 + verdicts[asked],
            }
            for asked, answer, theirs in zip(self.instructions, self.answers, self.baseline, strict=True)
        ]  # fmt: skip
        path.write_text(json.dumps(rows), encoding="utf-8")
        return path

    def script(self) -> Script:
        """The same judge as a client that is asked for a label, whoever is shown first."""
        verdicts = self.verdicts

        def say(request: ChatRequest) -> ChatReply:
            question = question_of(request)
            wins = verdicts[question.subject.example.instruction] == 1.0
            first = wins == (question.order == Order.CANDIDATE_FIRST)
            return ChatReply(f"[[{question.labels.first if first else question.labels.second}]]")

        return say


def mixed(
    folder: Path,
    bad: Callable[[str, str], str],
    *,
    share: float,
    good_chance: float,
    bad_chance: float = 0.04,
    n: int | None = None,
) -> Mixture:
    """The baseline's own answers in other words and about as long, and a `share` of bad ones instead.

    Args:
        folder: of AlpacaEval's files.
        bad: from the instruction and the baseline's answer to it.
        n: how many of the instructions, from the first; all without it.
    """
    rows = read_rows(folder, BASELINE)[:n]
    worst = sorted(rows, key=lambda one: uniform(one["instruction"], "bad"))[: round(share * len(rows))]
    is_bad = [one in worst for one in rows]
    asked = tuple(one["instruction"] for one in rows)
    theirs = tuple(one["output"] for one in rows)
    return Mixture(
        asked,
        tuple(
            bad(instruction, text) if worse else reworded(text)
            for instruction, text, worse in zip(asked, theirs, is_bad, strict=True)
        ),
        theirs,
        tuple(bad_chance if worse else good_chance for worse in is_bad),
    )


def refusing(folder: Path, *, share: float = 0.45, refusals: Sequence[str] = REFUSALS, n: int | None = None) -> Mixture:
    """Short refusals and otherwise good answers of the baseline's length."""
    return mixed(folder, lambda asked, _: pick(refusals, asked), share=share, good_chance=0.74, n=n)


def weak_half(folder: Path, *, n: int | None = None) -> Mixture:
    """Half of the answers are those of a much weaker model, which are shorter."""
    weak = {one["instruction"]: one["output"] for one in read_rows(folder, WEAK)}
    return mixed(folder, lambda asked, _: weak[asked], share=0.5, good_chance=0.7, n=n)


def padded_half(folder: Path, *, blank: str = " ", n: int | None = None) -> Mixture:
    """The same with blanks behind the weaker answers, up to the baseline's length."""
    weak = {one["instruction"]: one["output"] for one in read_rows(folder, WEAK)}

    def bad(asked: str, theirs: str) -> str:
        return weak[asked] + blank * max(0, len(theirs) - len(weak[asked]))

    return mixed(folder, bad, share=0.5, good_chance=0.7, n=n)


def read_rows(folder: Path, model: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads((folder / "outputs" / f"{model}.json").read_text(encoding="utf-8"))
    return rows


def reworded(text: str) -> str:
    """The same said in some other words, a sentence shorter or longer."""
    for word, other in _WORDS.items():
        text = text.replace(word, other)
    kept = _SENTENCE.split(text)
    if uniform(text, "length") < 0.5 and len(kept) > 2:
        return text[: text.rindex(kept[-1])].rstrip()
    return f"{text.rstrip()} {pick(_CLOSING, text)}"


def pick(texts: Sequence[str], seed: str) -> str:
    return texts[int(uniform(seed, "pick") * len(texts))]


def uniform(*parts: str) -> float:
    """From 0 to 1, by the parts and nothing else."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:6], "big") / 2**48
