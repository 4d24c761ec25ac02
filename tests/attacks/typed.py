"""Keys that nobody owns, the ways in which a file or a terminal could hold one, and a run that types one somewhere."""

import base64
import gzip
import hashlib
import json
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from click.testing import CliRunner, Result

from evalkit.cli.main import group
from evalkit.errors import EvalkitError

# put together here, so that this file holds none itself
VENDOR_KEY = "-".join(["sk", "proj", "9fK2xQ7mB4tR8vW1zL5nH3cJ6yD0pS"])
RANDOM_KEY = "".join(["uR7kQ2vX9m", "Zt4LwB6yH1", "cN8sJ3dF5g", "Pa0EoK"])
PASSWORD = "".join(["q7&Zr", "/9 m", "Kx#2w"])

_LETTERS = string.ascii_letters + string.digits
# files that every test begins with
_ALWAYS = ("baseline.json", "candidate.json")
INSTRUCTIONS = [f"Name the colour number {number} of a rainbow." for number in range(6)]


@dataclass
class Typed:
    """What a test types: files, variables and the words behind `evalkit`; one command line after the other."""

    lines: list[list[str]]
    files: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


def judge_file(**changes: Any) -> str:
    """A judge's file as JSON, which is YAML too; a change to None leaves a key out."""
    fields = {
        "client": "openai",
        "model": "o4-mini",
        "prompt": "pairwise_label",
        "parser": "bracket_label",
        "base_url": "https://judge.example/v1",
        "key_variable": "none",
        **changes,
    }
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def outputs(model: str = "candidate", **of_first: Any) -> str:
    """A file of outputs, with changes to its first row."""
    rows = [
        {"instruction": text, "output": f"{model} says {number}.", "generator": model}
        for number, text in enumerate(INSTRUCTIONS)
    ]
    rows[0].update(of_first)
    return json.dumps(rows)


def annotate(*more: str, candidate: str = "candidate.json", judge: str = "mine.yaml") -> list[str]:
    options = ["--baseline", "baseline.json", "--judge", judge, "--log", "run.log"]
    return ["annotate", candidate, *options, *more]


def drawn(seed: str, *, prefix: str = "") -> str:
    """A key that is drawn by a seed, with the prefix of a vendor."""
    digest = hashlib.sha512(seed.encode()).digest()
    return prefix + "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:36])


def written_forms(secret: str) -> Iterator[bytes]:
    """A secret as it is, and as addresses, headers and JSON write it."""
    for text in dict.fromkeys((secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1])):
        yield text.encode()
    yield base64.b64encode(secret.encode()).rstrip(b"=")


def run(typed: Typed, folder: Path) -> list[Result]:
    """Type it in a folder; what was typed into files lies in them before."""
    for name, content in {_ALWAYS[0]: outputs("baseline"), _ALWAYS[1]: outputs(), **typed.files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    runner = CliRunner(catch_exceptions=True)
    results = [runner.invoke(group, line, prog_name="evalkit", env=typed.variables) for line in typed.lines]
    for result in results:
        assert result.exception is None or isinstance(result.exception, EvalkitError | SystemExit), result.exception
    return results


def places_of(typed: Typed, results: list[Result], folder: Path) -> dict[str, bytes]:
    """What each command line printed or raised, and the content of every file but those that were typed."""
    found = {}
    for number, result in enumerate(results):
        error = "" if result.exception is None else f"{result.exception} {result.exception!r}"
        said = f"{result.output}\n{result.stderr}\n{error}"
        found[f"{number}: evalkit {typed.lines[number][0]}"] = said.encode("utf-8", "replace")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in {*typed.files, *_ALWAYS}:
            found[name] = unpacked(path)
    return found


def holds(content: bytes, secret: str) -> bool:
    return any(form in content for form in written_forms(secret))


def unpacked(path: Path) -> bytes:
    """A file's bytes, and those that a report packs into them."""
    content = path.read_bytes()
    if path.suffix != ".html":
        return content
    return b"\n".join([content, *map(str.encode, packed_texts(content.decode()))])


def packed_texts(page: str) -> list[str]:
    """What a report packs into itself, its index first."""
    return [gzip.decompress(base64.b64decode(chunk)).decode() for chunk in re.findall(r"H4sI[A-Za-z0-9+/=]+", page)]
