"""The commands whose output is kept, in the order in which they run in one folder.

They begin with a store that was exported earlier, as a store draws a secret of its own when it is made.
"""

import hashlib
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

REPOSITORY = Path(__file__).parents[2]
KEPT = Path(__file__).with_name("kept")
STORE = Path(__file__).with_name("store.jsonl.gz")
CAREFUL = "examples/outputs/careful.json"
ALL = f"{CAREFUL} examples/outputs/wordy.json examples/outputs/terse.json"
_LONGEST = 30_000
# what depends on the clock, the machine or the version, and what stands in its place
VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\d(T| )\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00)?"), "TIME"),
    (re.compile(r"\b1[7-9]\d{8}\.\d+\b"), "TIME"),
    (re.compile(r"made on \d{4}-\d\d-\d\d"), "made on DATE"),
    # an exported row ends with a digest that covers its times
    (re.compile(r'"sha256": "[0-9a-f]{16}"'), '"sha256": "DIGEST"'),
    # and so does the name of a release's run
    (re.compile(r'"run": "[0-9a-f]{64}"'), '"run": "DIGEST"'),
    (re.compile(r"\d+(\.\d+)? (ms|s|seconds?|minutes?)\b"), "DURATION"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command line without `evalkit`, the name under which its output is kept, and a file that it writes."""

    name: str
    line: str
    written: str | None = None


def commands() -> Iterator[Command]:
    """Every kind of output that the shipped example gives."""
    yield Command("store_import", f"store import {STORE}")
    yield Command("annotate", f"annotate {ALL} --benchmark example")
    yield Command("annotate_again", f"annotate {ALL} --benchmark example")
    yield Command("annotate_dry_run", f"annotate {ALL} --benchmark example --dry-run")
    for form in ("table", "csv", "json", "markdown", "latex", "html"):
        yield Command(f"leaderboard_{form}", f"leaderboard --benchmark example --format {form}")
    yield Command("leaderboard_by_category", "leaderboard --benchmark example --by category --format csv")
    yield Command("leaderboard_style", "leaderboard --benchmark example --control markdown --format csv")
    yield Command("leaderboard_raw", "leaderboard --benchmark example --metric win_rate")
    for form in ("table", "csv", "json", "markdown"):
        yield Command(f"ratings_{form}", f"ratings --benchmark example --format {form}")
    yield Command("compare_two", "compare careful wordy --benchmark example")
    yield Command("compare_three", "compare careful wordy terse --benchmark example")
    yield Command("compare_json", "compare careful wordy --benchmark example --json")
    yield Command("releases", "releases careful --benchmark example")
    yield Command("power", "power --true 55 --benchmark example")
    gate = f"gate {CAREFUL} --benchmark example"
    yield Command("gate_passes", f"{gate} --min 50")
    yield Command("gate_explains", f"{gate} --min 50 --explain")
    yield Command("gate_json", f"{gate} --min 50 --json")
    yield Command("gate_fails", f"{gate} --min 75")
    yield Command("gate_against", f"{gate} --against wordy")
    yield Command("audit", f"audit outputs {CAREFUL} --benchmark example")
    yield Command("audit_json", f"audit outputs {CAREFUL} --benchmark example --json")
    yield Command("report", "report --benchmark example --out report.html", "report.html")
    yield Command("store_export", "store export store.jsonl", "store.jsonl")
    yield Command("store_stats", "store stats")
    yield Command("store_check", "store check")
    yield Command("verify", "verify results/careful/surface/row.json")
    for listed in ("judges", "prompts", "benchmarks", "references"):
        yield Command(listed, listed)
    yield Command("help", "--help")


def kept(command: Command, run: Callable[..., CompletedProcess[str]], folder: Path) -> str:
    """What the command prints and writes in a folder, without what varies from run to run."""
    done = run(*shlex.split(command.line), cwd=folder, COLUMNS="120")
    parts = [f"$ evalkit {command.line}\nexit {done.returncode}\n", done.stdout, done.stderr]
    if command.written is not None:
        parts.append((folder / command.written).read_text(encoding="utf-8"))
    text = "".join(parts).replace(str(folder), "FOLDER").replace(str(REPOSITORY), "REPOSITORY")
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text


def shortened(text: str) -> str:
    """A short text as it is; of a long one its first line, its length and its SHA-256."""
    if len(text) <= _LONGEST:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text.partition(chr(10))[0]}\n{len(text)} characters, sha256 {digest}\n"


def all_kept(run: Callable[..., CompletedProcess[str]], folder: Path) -> Iterator[tuple[str, str]]:
    """The name of every command, and what is kept of it, from runs in an empty folder."""
    (folder / "examples").symlink_to(REPOSITORY / "examples")
    for command in commands():
        yield command.name, kept(command, run, folder)
