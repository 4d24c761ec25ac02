"""Options that several commands share."""

from pathlib import Path

import click

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


def store_url(store: str | None, results: Path) -> str:
    return store or f"sqlite:///{results / 'evalkit.db'}"
