"""Docstrings and private names of the package are plain English: the actor, then the act, in the words of the field."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import evalkit

PACKAGE = Path(evalkit.__file__).parent
# a docstring that begins so answers a question that its reader has not asked
RIDDLES = re.compile(r"(?:What|How|Whether|Where|Of|Or)\b")
# a participle alone does not tell what a function returns
PARTICIPLES = ("_said", "_told", "_shown", "_named")
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def documented() -> Iterator[tuple[str, Documented]]:
    """Every module, class and function, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, Documented):
                yield f"{'/'.join(parts)}:{getattr(node, 'lineno', 1)}", node


def test_no_docstring_begins_like_a_riddle() -> None:
    found = [(place, text) for place, node in documented() if RIDDLES.match(text := ast.get_docstring(node) or "")]
    assert not found, "begin with the actor or the act, as in 'Return ...' or 'The share of ...'"


def test_no_private_function_is_named_by_a_participle_alone() -> None:
    found = [place for place, node in documented() if getattr(node, "name", "") in PARTICIPLES]
    assert not found, "name what the function returns or does, as in _failure_line"
