"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError

if TYPE_CHECKING:
    from evalkit.store import Store

results_option = click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("results"),
    envvar="EVALKIT_RESULTS",
    show_default=True,
    help="Folder of the store and the written rows.",
)
store_option = click.option(
    "--store",
    metavar="URL",
    envvar="EVALKIT_STORE",
    help="Database of replies. [default: sqlite:///RESULTS/evalkit.db]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def open_existing(store: str | None, results: Path) -> "Store":
    """The store that earlier commands made.

    Raises:
        InputError: there is none.
    """
    from evalkit.store import open_store, store_exists

    url = store_url(store, results)
    if not store_exists(url):
        raise InputError(f"{url}: no store yet. Run evalkit annotate first, or name sources")
    return open_store(url)


def store_url(store: str | None, results: Path) -> str:
    return store or f"sqlite:///{results / 'evalkit.db'}"
