"""The limits of an audit, as the commands that make one share them."""

from collections.abc import Callable
from typing import Any

import click

from evalkit.auditing.limits import read_limits

audit_limits_options: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--audit-limit",
    "audit_limits",
    multiple=True,
    metavar="NAME=VALUE",
    envvar="EVALKIT_AUDIT_LIMIT",
    callback=lambda _context, _option, named: read_limits(named),
    help="How much of what an audit looks for is too much, as in min-distinct=0.2; repeat for more.",
)
"""Gives a command all limits together, as `audit_limits`."""
