"""Write the reference of Python's functions, docs/python.md, from their signatures and docstrings."""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import evalkit

ORIGIN = "<!-- written by docs/generate.py from the docstrings: edit these, then run the script again -->\n"
TITLES: Mapping[str, tuple[str, ...]] = {
    "Judge": ("annotate", "aannotate", "forecast", "generate", "agenerate", "forecast_answers", "judge_pair"),
    "Measure a judge": ("evaluate_judges", "forecast_evaluation"),
    "Make a judge, a parser, a model or a metric": ("judge", "parser", "model", "metric"),
    "Read": ("leaderboard", "report", "site", "releases", "verdicts", "compare", "ratings", "correlate"),
    "Decide": ("gate", "power", "audit"),
    "Bring along": ("import_files", "export_files", "verify", "judges", "benchmarks", "references"),
    "Train": ("win_rate_callback",),
}
SECTION = re.compile(r"^(Args|Returns|Raises|Example|Reference):\s*$", re.MULTILINE)
PROMPT = re.compile(r"^(>>>|\.\.\.) ?", re.MULTILINE)
ENTRY = re.compile(r"^ {4}(\*{0,2}\w+): ", re.MULTILINE)


def page() -> str:
    """The text of the page."""
    lines = [
        ORIGIN,
        "# Python",
        "",
        "Every command is a function of `evalkit`, usually imported as `ek`, and its options are the keywords.",
        "The [tutorial](tutorial.md) shows them at work. A keyword that names outputs, a baseline, questions,",
        "verdicts, votes or a ranking takes a path or a value: a data frame, a list of records, a dictionary or a",
        "dataset.",
        "",
        "A result prints as the command does. `to_json()` gives the document of `--json`, `frame` a data frame,",
        "`metrics()` a flat dictionary of numbers, and `raise_for_...()` raises where the command's exit code is",
        "not 0.",
        "",
    ]
    for title, names in TITLES.items():
        lines += [f"## {title}", ""]
        for name in names:
            lines += [*_function(name), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _function(name: str) -> Iterator[str]:
    function = getattr(evalkit, name)
    yield f"### {name}"
    yield ""
    if inspect.iscoroutinefunction(function):
        plain = name.removeprefix("a")
        yield f"The same for coroutines: `await ek.{name}(...)` has the keywords of `{plain}`; the event loop goes on."
        return
    sections = _sections(inspect.getdoc(function) or "")
    yield sections.pop("")
    yield ""
    yield f"```text\n{_signature(name, function)}\n```"
    for title, text in sections.items():
        yield ""
        if title in ("Args", "Raises"):
            yield from _table(title, text)
        elif title == "Example":
            # nothing runs these: they name files of the user's
            yield f"```text\n{PROMPT.sub('', text)}\n```"
        else:
            yield f"**{title}:** {_joined(text)}"


def _sections(text: str) -> dict[str, str]:
    """The parts of a docstring by title; the part before any title has none."""
    before, *rest = SECTION.split(text)
    return {
        "": before.strip(),
        **{title: inspect.cleandoc(part) for title, part in zip(rest[::2], rest[1::2], strict=True)},
    }


def _table(title: str, text: str) -> Iterator[str]:
    _, *parts = ENTRY.split("\n" + "\n".join(f"    {line}" for line in text.split("\n")))
    yield {"Args": "| keyword | meaning |", "Raises": "| raises | when |"}[title]
    yield "|---|---|"
    for entry, meaning in zip(parts[::2], parts[1::2], strict=True):
        yield f"| `{entry}` | {_joined(meaning)} |"


def _joined(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _signature(name: str, function: Any) -> str:
    """The keywords with their defaults, a line each where there are many."""
    shown = []
    for parameter in inspect.signature(function).parameters.values():
        star = (
            "*"
            if parameter.kind == parameter.VAR_POSITIONAL
            else "**"
            if parameter.kind == parameter.VAR_KEYWORD
            else ""
        )
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        shown.append(f"{star}{parameter.name}{default}")
    short = f"{name}({', '.join(shown)})"
    return short if len(short) <= 100 else f"{name}(\n    " + ",\n    ".join(shown) + ",\n)"
