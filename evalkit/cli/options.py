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


def _drawable(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """A wrong ending is told before the work and not after it."""
    from evalkit.reporting.panels import form_of

    if path is not None:
        form_of(path)
    return path


plot_option = click.option(
    "--plot",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_drawable,
    help="Draw into this file as well: .svg, .png or .pdf.",
)
cluster_option = click.option(
    "--cluster",
    metavar="FIELD",
    help="Count instructions with the same value in this field as one cluster. [default: instructions that are "
    "near-duplicates]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
