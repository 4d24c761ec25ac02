"""A prompt as a template in a small part of jinja's language, rendered under limits of steps, size and time.

A prompt may come with somebody else's judge. It has no macros, imports, or filters that make much of little, so that
whatever it does is done in steps that can be counted.
"""

import functools
import itertools
import time
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Sized, ValuesView
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from jinja2 import StrictUndefined, Template, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from evalkit.errors import ConfigError

MAX_STEPS = 20_000
MAX_SECONDS = 5.0
# beyond what the judged texts are long
MAX_CHARS = 1_000_000
_MAX_BITS = 256
_LARGEST_WIDTH = 100

_STATEMENTS = (
    nodes.Template, nodes.Block, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign, nodes.With,
    nodes.Expr, nodes.Helper,
)  # fmt: skip
_FUNCTIONS = {"range", "namespace"}
_METHODS = {
    "upper", "lower", "strip", "lstrip", "rstrip", "split", "splitlines", "startswith", "endswith", "title",
    "capitalize", "count", "find", "isdigit", "items", "keys", "values", "get", "cycle", "changed",
}  # fmt: skip
_FILTERS = {
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "forceescape", "groupby",
    "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr",
    "replace", "reverse", "round", "safe", "select", "selectattr", "sort", "string", "striptags", "sum", "title",
    "tojson", "trim", "truncate", "unique", "upper", "urlencode", "wordcount", "wordwrap",
}  # fmt: skip
_CONTAINERS = (list, tuple, dict, set, frozenset, range, KeysView, ValuesView, ItemsView)
_UNSHOWN = (*_CONTAINERS, Namespace, Iterator)
_LANGUAGE = "blocks, names, if, for, set and with"
_STEP, _JOINED, _SCALAR = "evalkit step", "evalkit joined", "evalkit scalar"


class _OverLimit(Exception):
    """A prompt does more than one may."""


@dataclass(slots=True)
class Budget:
    """The steps that one rendering has left, and the number of characters that it may make at a time."""

    chars: int
    steps: int = MAX_STEPS
    until: float = field(default_factory=lambda: time.thread_time() + MAX_SECONDS)

    def step(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise _OverLimit(f"it takes more than {MAX_STEPS:,} steps")
        if time.thread_time() > self.until:
            raise _OverLimit(f"it takes more than {MAX_SECONDS:g} seconds")

    def hold(self, n_chars: int) -> None:
        """Refuse a text of this length, before it is made where that is possible."""
        if n_chars > self.chars:
            raise _OverLimit(f"it makes more than {self.chars:,} characters")


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


def rendered(template: Template, variables: dict[str, Any], *, n_chars: int) -> Iterator[tuple[str, str]]:
    """Each block's name and text; `n_chars` is the length of all judged texts.

    Raises:
        Exception: whatever the template does wrong, or beyond its limits.
    """
    budget = Budget(chars=MAX_CHARS + 2 * n_chars)
    before = _budget.set(budget)
    try:
        context = template.new_context(variables)
        total = 0
        for name, block in template.blocks.items():
            pieces = []
            for piece in block(context):
                total += len(piece)
                budget.hold(total)
                pieces.append(piece)
            yield name, "".join(pieces)
    finally:
        _budget.reset(before)


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which counts steps and refuses what makes a text much longer than its parts."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=False,
            keep_trailing_newline=True,
            finalize=_plain_value,
            optimized=False,
        )
        self.filters = {
            **{name: _limited(name, made) for name, made in self.filters.items() if name in _FILTERS},
            _STEP: _counted,
            _JOINED: _joined,
            _SCALAR: _scalar,
        }

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        _now().step()
        texts = [side for side in (left, right) if isinstance(side, str)]
        if any(isinstance(side, _CONTAINERS) for side in (left, right)) or (texts and operator == "%"):
            raise _OverLimit(f"it uses {operator} on a list, or to format a text")
        if operator == "*" and texts:
            times = next((side for side in (left, right) if isinstance(side, int)), 1)
            _now().hold(len(texts[0]) * times)
        elif operator == "+":
            _now().hold(sum(map(len, texts)))
        if operator == "**" and not (abs(left) < 2**16 and abs(right) < 16):
            raise _OverLimit("it raises a number to a large power")
        made = super().call_binop(context, operator, left, right)
        if isinstance(made, int) and made.bit_length() > _MAX_BITS:
            raise _OverLimit("it makes a number too large")
        return made

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        _check_language(source)
        guarded = _WithSteps().visit(source)
        assert isinstance(guarded, nodes.Template)
        return super()._generate(guarded, *args, **kwargs)


def _check_language(source: nodes.Template) -> None:
    for node in _all(source):
        if refused := _refused(node):
            raise ConfigError(f"the prompt is not a valid template: line {node.lineno}: {refused}")


def _refused(node: nodes.Node) -> str | None:
    if not isinstance(node, _STATEMENTS):
        return f"a prompt cannot have this ({type(node).__name__}). It may have {_LANGUAGE}"
    if isinstance(node, nodes.For) and node.recursive:
        return f"a prompt cannot have a recursive loop. It may have {_LANGUAGE}"
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        return f"No filter named {node.name!r}. Known: {', '.join(sorted(_FILTERS))}"
    if isinstance(node, nodes.Call):
        called = node.node
        plain = isinstance(called, nodes.Name) and called.name in _FUNCTIONS
        if not plain and not (isinstance(called, nodes.Getattr) and called.attr in _METHODS):
            return f"a prompt can call only {', '.join(sorted(_FUNCTIONS))} and plain methods of texts"
    return None


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.iter_child_nodes())


class _WithSteps(NodeTransformer):
    """Puts a filter around whatever is looped over or joined, and around the members of lists."""

    def visit(self, node: nodes.Node, *_args: Any, **_kwargs: Any) -> nodes.Node:
        self.generic_visit(node)
        if isinstance(node, nodes.For) and isinstance(node.iter, nodes.Expr):
            node.iter = _filtered(node.iter, _STEP)
        elif isinstance(node, nodes.Concat):
            parts = [_filtered(one, _SCALAR) for one in node.nodes]
            return _filtered(nodes.List(parts, lineno=node.lineno), _JOINED)
        elif isinstance(node, nodes.List) or (isinstance(node, nodes.Tuple) and node.ctx == "load"):
            node.items = [_filtered(one, _SCALAR) for one in node.items]
        elif isinstance(node, nodes.Pair):
            node.value = _filtered(node.value, _SCALAR)
        return node


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _now() -> Budget:
    """The budget of the rendering under way; constants are worked out before, with one of their own."""
    return _budget.get() or Budget(chars=MAX_CHARS)


def _counted(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        _now().step()
        yield value


def _joined(parts: list[Any]) -> str:
    _now().step()
    texts = [str(part) for part in parts]
    _now().hold(sum(map(len, texts)))
    return "".join(texts)


def _scalar(value: Any) -> Any:
    if isinstance(value, _UNSHOWN):
        raise _OverLimit("it puts a list into another, or joins one to a text")
    return value


def _plain_value(value: Any) -> Any:
    """Let a template show texts and numbers, and no list, whose text may be far longer than it looks."""
    _now().step()
    # nearly all values are texts, and asking for the other kinds takes longer than all else here
    if not isinstance(value, str) and isinstance(value, _UNSHOWN):
        raise _OverLimit("it shows a list. Use the filter join")
    return value


def _limited(name: str, made: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(made)
    def limited(*args: Any, **kwargs: Any) -> Any:
        budget = _now()
        budget.step()
        # the first argument of some filters is jinja's own
        value, *further = [*args[hasattr(made, "jinja_pass_arg") :], *kwargs.values()]
        budget.hold(sum(_weight(one, budget.chars) for one in (value, *further)))
        _check_arguments(name, value, further, budget)
        result = made(*args, **kwargs)
        if isinstance(result, Iterator):
            result = list(itertools.islice(result, budget.chars + 1))
        budget.hold(_weight(result, budget.chars))
        return result

    return limited


def _check_arguments(name: str, value: Any, further: list[Any], budget: Budget) -> None:
    """Refuse arguments that would make a filter's text much longer than the texts given to it."""
    if name in ("indent", "tojson", "wordwrap", "round"):
        widths = [one if isinstance(one, int) else len(one) for one in further if isinstance(one, int | str)]
        if max(widths, default=0) > _LARGEST_WIDTH:
            raise _OverLimit(f"its filter {name} is given more than {_LARGEST_WIDTH}")
        if name in ("indent", "wordwrap"):
            budget.hold(len(str(value)) + (str(value).count("\n") + 1) * max(widths, default=0))
    if name == "wordwrap" and any(isinstance(one, str) for one in further):
        raise _OverLimit("its filter wordwrap is given a text")
    if name == "replace" and len(further) > 1:
        old, new = str(further[0]), str(further[1])
        budget.hold(len(str(value)) + str(value).count(old) * len(new))
    if name == "join" and isinstance(value, Sized):
        budget.hold(_weight(value, budget.chars) + len(value) * sum(len(str(one)) for one in further))
    if name == "sum" and any(isinstance(one, _CONTAINERS) for one in further):
        raise _OverLimit("its filter sum is given a list to begin with")


def _weight(value: Any, most: int) -> int:
    """The number of characters and members of a value, counted no further than just over `most`."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Namespace):
        raise _OverLimit("it gives a namespace to a filter")
    if not isinstance(value, _CONTAINERS):
        return 0
    total = len(value)
    for member in itertools.chain.from_iterable(value.items()) if isinstance(value, dict) else value:
        total += _weight(member, most)
        if total > most:
            break
    return total
