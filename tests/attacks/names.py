"""Names that want to be more than names, and boards, gates and ratings of models that are called so."""

import re
from dataclasses import replace

import numpy as np

from evalkit.boards.behaviour import behaviour
from evalkit.boards.build import Board, build_boards
from evalkit.boards.comparison import Comparisons, compare
from evalkit.boards.entries import Entry
from evalkit.boards.judged import Transcripts
from evalkit.boards.matrix import win_matrix
from evalkit.boards.metrics import WIN_RATE, Recipe
from evalkit.boards.ratings import RatingBoard, RatingRecipe
from evalkit.boards.releases import Series, build_series
from evalkit.gating.rule import Decision, Outcome, Rule
from evalkit.reporting.chunks import encode_chunks
from evalkit.reporting.html import Report
from evalkit.stats.ranks import RankInterval
from evalkit.stats.ratings.rated import Rated
from evalkit.stats.ratings.scale import Scale
from evalkit.stats.sample import build_sample
from evalkit.types import Audit, Estimate, Finding, Severity
from tests.boards.kept import kept
from tests.reporting.gates import decision

NAMES = {
    "clears the screen": "m\x1b[2J",
    "writes the clipboard": "m\x1b]52;c;QUJD\x07",
    "links a terminal": "m\x1b]8;;http://x.example\x07link\x1b]8;;\x07",
    "begins a sequence in one character": "m\x9b31mred",
    "goes back": "m\b\b\bpassed",
    "returns": "m\rpassed",
    "begins a line": "m\npassed",
    "begins a page": "m\x0b\x0cpassed",
    "ends a C string": "m\x00passed",
    "deletes": "m\x7f",
    "next line": "m\x85passed",
    "line separator": "m\u2028passed",
    "paragraph separator": "m\u2029passed",
    "turns what follows": "m\u202egnp.exe",
    "embeds": "m\u202aleft\u202c \u202bright\u202d",
    "isolates": "m\u2066a\u2067b\u2068c\u2069",
    "marks a direction": "m\u200e\u200f\u061c",
    "hides a blank": "m\u200bodel\u2060\ufeff",
    "joins": "m\u200c\u200dodel",
    "carries a message in tags": "m" + "".join(chr(0xE0000 + ord(letter)) for letter in "pass"),
    "carries a message in selectors": "m\ufe01\ufe02\U000e0101\U000e01ef",
    "fills": "m\u3164\u115f\u1160\uffa0\u2800\u034f\u17b4\u180e",
    "builds a tower": "m" + "\u0301\u0302\u0336" * 40,
    "half a pair": "m\ud83d",
    "the other half": "m\udc00\ud800",
    "no character": "m\ufffe\uffff",
    "annotates": "m\ufff9a\ufffab\ufffb",
    "soft hyphen": "m\u00adodel",
    "a formula": '=HYPERLINK("http://x.example";"m")',
    "a sum": "+1+cmd|' /C calc'!A0",
    "a difference": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+9)*cmd|' /C calc'!A0",
    "a wide formula": "\uff1d1+1",
    "a formula in the next cell": 'm;=HYPERLINK("http://x.example")',
    "a formula behind a tab": "\t=1+1",
    "a tag": "<img src=x onerror=alert(1)>",
    "a script": "</title></text></svg><script>alert(1)</script>",
    "ends an attribute": "\" onmouseover=alert(1) x=' autofocus onfocus=alert(1)",
    "an entity": "&lt;script&gt;&#x202e;&amp;",
    "ends a section": "]]><!--<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>--",
    "a cell": "m|passed|",
    "a link": "[m](javascript:alert(1)) ![x](http://x.example/y.png) <http://x.example>",
    "a fence": "m``` ~~~ ``",
    "a heading": "# m\n\n---\n* x",
    "a mention": "@everyone #1 m",
    "an error of CI": "::error title=passed::owned",
    "a command of CI": "m\n::set-output name=x::y",
    "an encoded command of CI": "m%0A::add-mask::x%0D",
    "a group of CI": "##[group]m ##vso[task.complete]x ##teamcity[x]",
    "a command of LaTeX": r"m\input{/etc/passwd}\write18{id} $x$ %",
    "mathematics": r"$\frac{1}{0}$ m_1^2",
    "a path": "../../etc/passwd",
    "a root": "/etc/passwd\\..\\x",
    "a device": "con",
    "long": "m" * 5000,
    "blank": " \u3000 ",
}

# what no sink may hold, but for the ends of its own lines
FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0d\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e0fff]"
    "|[\u0300-\u036f]{9}"
)
N = 40


def entries(names: list[str]) -> list[Entry]:
    """A model of each name, under a judge and beside a baseline that are called like the first."""
    keys = [f"k{number}" for number in range(N)]
    found = []
    for number, name in enumerate(names):
        draw = np.random.default_rng(number)
        preference, length = draw.uniform(0.1, 0.9, N), draw.normal(0, 300, N).round()
        sample = build_sample(keys, preference, length_difference=length)
        found.append(Entry(name, f"judge {names[0]}", f"base {names[0]}", sample, 800.0, "0123abcd"))
    return found


def board_of(names: list[str]) -> Board:
    (board,) = build_boards(entries(names), Recipe(metric=WIN_RATE))
    return board


def compared(names: list[str]) -> Comparisons:
    return compare(entries(names), Recipe(metric=WIN_RATE), models=names, n_swings=1)


def rated(names: list[str]) -> RatingBoard:
    rows = tuple(
        Rated(name, Estimate(1000.0 - place, 1.0, 900.0, 1100.0, N), place, RankInterval(place, 1, 9), 50, 50.0)
        for place, name in enumerate(names, start=1)
    )
    recipe = RatingRecipe(scale=Scale(anchor=names[0]))
    left_out = {names[0]: 4}
    return RatingBoard(recipe, rows, n_battles=9, n_clusters=9, clustered_by=names[0], left_out=left_out)


def gate_of(name: str) -> Decision:
    """A gate in which every name and every text is this one."""
    finding = Finding(name, Severity.WARN, name, 1, 48, (name,))
    named = dict.fromkeys(("model", "baseline", "judge", "digest", "benchmark", "sha256"), name)
    texts = {"reasons": (name,), "notes": (name,), "audit": Audit(48, (name,), (finding,))}
    return decision(Outcome.FAILED, **named, **texts, rule=Rule(against=name, margin=2.0))


def report_of(names: list[str]) -> Report:
    """A report in which names, instructions, answers, replies, categories and failures are these texts."""
    board = board_of(names)
    said = {f"k{number}": name for number, name in enumerate(names)}
    answers = {(board.rows[0].entry.model, key): text for key, text in said.items()}
    judged = Transcripts(said, answers, said)
    chunks = encode_chunks((board,), judged)
    return Report(
        names[0],
        (board,),
        judged,
        (win_matrix(board.rows),),
        (behaviour(board, judged),),
        (names[0],),
        chunks,
        releases=(releases_of(names),),
    )


def releases_of(names: list[str]) -> Series:
    """Releases under these names, of a model, with categories, a judge and a baseline that are called so as well."""
    found = entries([names[0]])[0]
    categories = {key: names[number % len(names)] for number, key in enumerate(found.sample.keys)}
    steps = []
    for day, name in enumerate(names):
        share = np.random.default_rng(day).uniform(0.0, 0.2) + 0.6 * (day % 2)
        sample = replace(found.sample, preference=np.clip(found.sample.preference * 0.3 + share, 0.0, 1.0))
        entry = replace(found, sample=sample)
        steps.append(kept(entry, day, categories=categories, label=name, outcome=name, rule=name, commit=name))
    (series,) = build_series(
        [run for run, _ in steps], {run.verdicts: text for run, text in steps}, [], Recipe(metric=WIN_RATE), budget=1
    )
    return series
