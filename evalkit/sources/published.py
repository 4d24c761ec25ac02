"""Published tables of scores that stand beside boards: those that ship, those of the store, and those of files."""

from collections.abc import Sequence

from evalkit.boards import Choice, read_choice
from evalkit.catalog import PublishedTable, published_names, published_of, published_table, read_published
from evalkit.errors import InputError
from evalkit.formats import Record, Rows, from_json, published_rows
from evalkit.sources.selection import Sources
from evalkit.sources.stored import LEADERBOARDS, board_documents
from evalkit.store import Store, open_store, records, store_exists, store_url


def published_of_several(
    sources: Sequence[Sources], wanted: Sequence[str | Rows]
) -> tuple[list[tuple[PublishedTable, ...]], Choice]:
    """The published tables that are meant for each of several benchmarks, none where there is none of it, and the
    choice among their rows.

    A named table is meant for its own benchmark, and for every one if it does not name its own.

    Raises:
        InputError: there is no table of any of the benchmarks, or one has wrong content.
        UnknownName: no such table.
    """
    named, rest = _tables_named(wanted)
    names = {one.benchmark.name for one in sources}
    for table in named:
        if table.benchmark and table.benchmark not in names:
            raise InputError(
                f"--published {table.name}: a table of benchmark {table.benchmark!r}, and the boards are of "
                f"{', '.join(sorted(names))}"
            )
    found = [
        tuple(table for table in named if table.benchmark in (None, "", one.benchmark.name))
        if named
        else tuple(_of_benchmark(one))
        for one in sources
    ]
    if not any(found):
        listed = ", ".join(sorted(names))
        raise InputError(
            f"--published: no published table is of {listed}. Tables that ship: {', '.join(published_names())}"
        )
    return found, read_choice(rest, named=bool(named))


def published_beside(sources: Sources, wanted: Sequence[str | Rows]) -> tuple[tuple[PublishedTable, ...], Choice]:
    """The published tables that are meant, and the choice among their rows.

    Args:
        wanted: names of tables, csv files or values, and what `read_choice` takes. Without a table, all those of the
            benchmark are meant: the shipped ones, and the ones that were imported into the store.

    Raises:
        InputError: there is no table, or one has wrong content.
        UnknownName: no such table.
    """
    named, rest = _tables_named(wanted)
    tables = tuple(named or _of_benchmark(sources))
    if not tables:
        raise InputError(
            f"--published: no published table is of benchmark {sources.benchmark.name!r}. Name a csv file of one, or "
            f"import it into the store. Tables that ship: {', '.join(published_names())}"
        )
    return tables, read_choice(rest, named=bool(named))


def _tables_named(wanted: Sequence[str | Rows]) -> tuple[list[PublishedTable], list[str]]:
    """The tables that are named or given, and what else is wanted."""
    shipped = published_names()
    named: list[PublishedTable] = []
    rest: list[str] = []
    for given in wanted:
        if isinstance(given, Rows):
            named.append(published_table(given.name, published_rows(given.records()), {}))
        elif given in shipped or given.casefold().endswith(".csv"):
            named.append(read_published(given))
        else:
            rest.append(given)
    return named, rest


def _of_benchmark(sources: Sources) -> list[PublishedTable]:
    found = list(published_of(sources.benchmark.name))
    url = store_url(sources.store, sources.results)
    if store_exists(url):
        with open_store(url) as opened:
            found += [table for table in imported_tables(opened) if table.benchmark == sources.benchmark.name]
    return found


def imported_tables(store: Store) -> list[PublishedTable]:
    """The published leaderboards that were imported, each under the name of its file.

    Raises:
        InputError: a row is not one of a leaderboard.
        StoreError: a record is damaged.
    """
    found = []
    for document in board_documents(store):
        rows = (from_json(row) for row in records(store, document))
        numbered = (Record(f"{document.name}: row {number}", row) for number, row in enumerate(rows, start=1))
        header = {"benchmark": LEADERBOARDS[document.format]}
        found.append(published_table(document.name, published_rows(numbered), header))
    return found
