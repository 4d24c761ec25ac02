"""evalkit correlate: how far boards agree with a human ranking of the same models."""

from pathlib import Path

import click

from evalkit.boards import Correlated, correlate, correlate_common
from evalkit.catalog import read_aliases, read_name_map, read_reference
from evalkit.cli.notes import print_notes
from evalkit.cli.options import json_option, plot_option
from evalkit.errors import ConfigError
from evalkit.files import write_text
from evalkit.formats import read_scores
from evalkit.reporting import correlated_csv, correlated_json, correlated_markdown, correlated_text

FORMATS = {"table": correlated_text, "csv": correlated_csv, "json": correlated_json, "markdown": correlated_markdown}


@click.command("correlate")
@click.argument("boards", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--reference", metavar="NAME|FILE", required=True, help="The ranking to compare with.")
@click.option("--metric", metavar="COLUMN", help="What of a board is compared. [default: score, or a win rate]")
@click.option("--reference-metric", metavar="COLUMN", help="The same of the reference. [default: score or rating]")
@click.option("--map", "maps", multiple=True, metavar="FILE.json", type=click.Path(path_type=Path),
              help="Names of a board's models and the reference's, either way round; repeatable.")  # fmt: skip
@click.option("--common", is_flag=True, help="Only the models that all boards share.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="table", show_default=True,
              help="How the result is written.")  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
@plot_option
@json_option
def command(
    boards: tuple[Path, ...],
    reference: str,
    metric: str | None,
    reference_metric: str | None,
    maps: tuple[Path, ...],
    common: bool,
    form: str,
    out: Path | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Correlate BOARDS with a reference ranking, with intervals.

    A board is a csv file, or JSON lines, with a model and a score in each row, and lower and upper where known.
    """
    if plot is not None and len(boards) > 1:
        raise ConfigError(f"--plot draws one board beside the reference, and these are {len(boards)}; name one")
    tables = [read_scores(path, metric=metric) for path in boards]
    human = read_reference(reference, metric=reference_metric)
    name_maps = [read_name_map(path) for path in maps]
    compare = correlate_common if common else correlate
    correlated = compare(tables, human, read_aliases(), maps=name_maps)
    if plot is not None:
        _draw(correlated[0], plot)
    text = FORMATS["json" if as_json else form](correlated)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
    if plot is not None:
        print_notes([f"{plot}: written"])


def _draw(one: Correlated, path: Path) -> None:
    # the library takes longer to load than a correlation to compute
    from evalkit.reporting import agreement_plot

    agreement_plot(one.agreement, f"{one.board} beside {one.agreement.reference.name}", measure=one.metric).save(path)
