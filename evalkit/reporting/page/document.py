"""The frame of every page: its style, its script, and a policy that allows these two by their digests."""

import base64
import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evalkit import __version__
from evalkit.redaction import redact
from evalkit.reporting.plots.palette import DARK, LIGHT
from evalkit.text import printable

PAGE = Path(__file__).parent
# what every page can do, and what reads comparisons; the scripts are joined in the order of a page's list: a function
# may be used before its definition, a constant may not
SCRIPTS: tuple[str, ...] = (
    *("elements", "theme", "boards", "tables", "chunks", "data", "filters", "list"),
    *("links", "comparison", "differences", "keys", "reading"),
)
STYLES: tuple[str, ...] = ("page",)
_POLICY = (
    "default-src 'none'; style-src 'sha256-{style}'{data}; script-src 'sha256-{script}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)


def render(
    template: str, *, scripts: Sequence[str], styles: Sequence[str] = STYLES, data: str = "", **values: Any
) -> str:
    """Return a page without secrets that holds its whole style and script.

    Args:
        data: sources of the policy from which the page may load more style sheets; a style sheet cannot run.
    """
    style, script = page_style(styles), page_script(scripts)
    written = environment().get_template(template).render(
        version=__version__,
        policy=_POLICY.format(style=_digest(style), script=_digest(script), data=data and f" {data}"),
        # both are made of files of this package, with no markup from anywhere else
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        **values,
    )  # fmt: skip
    return redact(written)


@functools.cache
def environment() -> Environment:
    """Return the environment of the templates, which escapes every value; templates are compiled once."""
    found = Environment(
        loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["shown"] = printable
    return found


def page_script(names: Sequence[str]) -> str:
    """Return the named scripts as one, in a scope of its own."""
    parts = [_read(f"js/{name}.js") for name in names]
    return "\n".join(['(() => {\n"use strict";\n', *parts, "})();\n"])


def page_style(names: Sequence[str]) -> str:
    """Return the named style sheets as one, after the colours of the plots."""
    colours = "".join(f"  --{role}: light-dark({LIGHT[role]}, {DARK[role]});\n" for role in LIGHT)
    marks = "".join(
        f".ek-fill-{role} {{ fill: var(--{role}); }}\n.ek-stroke-{role} {{ stroke: var(--{role}); }}\n"
        for role in LIGHT
    )
    return f":root {{\n{colours}}}\n{marks}{''.join(_read(f'{name}.css') for name in names)}"


def _read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
