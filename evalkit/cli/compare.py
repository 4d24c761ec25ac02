"""evalkit compare: estimate differences between models on their common instructions, with their uncertainty."""

import sys

import click

from evalkit.boards import SLICES, Aggregation, Comparisons, compare
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import columns_of, print_notes, print_text
from evalkit.cli.options import Range, json_option
from evalkit.cli.sources import control_option, metric_option, source_options
from evalkit.reporting import comparison_json, comparison_text
from evalkit.sources import Scope, Sources, read_entries, read_recipe, texts_of_files, texts_of_store
from evalkit.stats import CONFIDENCE
from evalkit.store import open_existing, store_url


@click.command(
    "compare",
    cls=Command,
    used_most=("--benchmark", "--source", "--judge", "--metric", "--by"),
    examples={
        "Say how far two judged models are apart.": "evalkit compare careful wordy --benchmark example",
        "Compare three by plain win rates.": (
            "evalkit compare careful wordy terse --benchmark example --metric win_rate"
        ),
    },
)
@click.argument("models", nargs=-1, required=True, metavar="A B [C...]")
@source_options
@metric_option
@control_option
@Title.NUMBERS.option("--confidence", type=Range(0.5, 1, max_open=True), default=CONFIDENCE, show_default=True,
                      metavar="SHARE",
                      help="Give the intervals, and all differences of several models together, this "
                           "confidence.")  # fmt: skip
@Title.SHOWN.option("--by", multiple=True, type=click.Choice(SLICES),
                    help="Show the difference of two models in each turn or category as well.")  # fmt: skip
@Title.SHOWN.option("--swings", type=click.IntRange(0), default=5, show_default=True, metavar="N",
                    help="Show the N instructions on which the verdicts on two models differ most.")  # fmt: skip
@json_option
def command(
    models: tuple[str, ...],
    sources: Sources,
    metric: str | None,
    control: str | None,
    confidence: float,
    by: tuple[str, ...],
    swings: int,
    as_json: bool,
) -> None:
    """Compare models A and B, or each of several with each other.

    All are compared under one judge and against one baseline. A difference is positive where the model named first is
    ahead.
    """
    recipe = read_recipe(sources, metric=metric, control=control, confidence=confidence)
    entries = read_entries(sources, Aggregation(by=by))
    found = compare(entries, recipe, models=models, n_swings=swings)
    texts = _instructions(found, sources)
    if as_json:
        click.echo(comparison_json(found, texts), nl=False)
    else:
        print_text(comparison_text(found, texts, columns=columns_of(sys.stdout)))
    if by and found.detail is None:
        print_notes(["--by shows parts of the difference between two models; name two to see them"])


def _instructions(found: Comparisons, sources: Sources) -> dict[str, str]:
    """Return the texts of the instructions that the comparison shows, by key."""
    keys = {swing.key for swing in found.detail.swings} if found.detail else set()
    if not keys or sources.files:
        return texts_of_files(sources.files, keys)
    wanted = Scope(sources.benchmark.name, found.judge, found.models[0])
    with open_existing(store_url(sources.store, sources.results)) as opened:
        return texts_of_store(opened, wanted, keys, results=sources.results)
