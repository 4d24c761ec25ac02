"""evalkit store: check, repair, tidy, move and count what is stored."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import click

from evalkit.cli.help import CommandGroup
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import Range, WrittenFile, json_option, results_option, store_option
from evalkit.errors import InputError, StoreError
from evalkit.reporting import values_table
from evalkit.store import (
    Checked,
    Statistics,
    Store,
    check,
    collect,
    export_store,
    fault,
    import_store,
    open_store,
    repair,
    seal_store,
    shown_url,
    statistics,
    store_exists,
    store_url,
    unchecked_seal,
)
from evalkit.text import plural, printable


@click.group(
    "store",
    cls=CommandGroup,
    examples={
        "Count what the store holds.": "evalkit store stats",
        "Write all of it into a file, for another machine.": "evalkit store export moved.jsonl.gz",
    },
)
def command() -> None:
    """Check the store, tidy it, move it, or count what it holds."""


@command.command(
    "check",
    examples={
        "See whether anything is damaged.": "evalkit store check",
        "Delete what is damaged, to have it asked for anew.": "evalkit store check --repair",
    },
)
@click.option("--repair", "repairing", is_flag=True,
                     help="Delete damaged rows, so that the next run asks for them anew.")  # fmt: skip
@store_option
@results_option
@json_option
def check_command(repairing: bool, store: str | None, results: Path, as_json: bool) -> None:
    """Compare every row with its checksum, and have the database check its file.

    With EVALKIT_SEAL_KEY, compare every row with its seal too.
    """
    with _open(store, results) as opened:
        checked = repair(opened) if repairing else check(opened)
        document = dataclasses.asdict(checked)
        if not repairing:
            del document["n_repaired"]
        if checked.sealing is None:
            del document["sealing"]
        _print(document, as_json=as_json, head=_soundness(opened, checked, repairing=repairing))
        print_notes([] if (said := unchecked_seal(opened)) is None else [said])
        if not repairing and not checked.sound:
            raise StoreError(
                f"{opened.where}: {fault(checked)}. Run evalkit store check --repair to delete what is damaged, and "
                "evalkit annotate to ask for it anew"
            )
        if checked.seal_fault is not None:
            raise StoreError(f"{opened.where}: {checked.seal_fault}")


@command.command(
    "seal",
    examples={
        "Seal what the store held before there was a key.": "evalkit store seal",
        "Seal the store of another folder.": "evalkit store seal --results results",
    },
)
@store_option
@results_option
def seal_command(store: str | None, results: Path) -> None:
    """Seal all rows that have no seal, because you trust what the store holds.

    The key is in EVALKIT_SEAL_KEY. Rows that were changed since they were sealed are refused.
    """
    with _open(store, results) as opened:
        n = seal_store(opened)
        print_text(
            f"{opened.where} is sealed: {plural(n, 'row')} got a seal" if n else f"{opened.where} was sealed already"
        )


@command.command(
    "gc",
    examples={
        "See what could be deleted.": "evalkit store gc --dry-run",
        "Delete what is older than a week and needed by no run.": "evalkit store gc --keep-days 7",
    },
)
@click.option("--keep-days", type=Range(0, 36500), default=30.0, show_default=True, metavar="DAYS",
                     help="Keep replies of the last DAYS days even if no run refers to them.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@store_option
@results_option
@json_option
def gc_command(keep_days: float, dry_run: bool, store: str | None, results: Path, as_json: bool) -> None:
    """Delete replies that no run refers to any more, outdated failures, and what killed runs left."""
    with _open(store, results) as opened:
        collected = collect(opened, keep_days=keep_days, dry_run=dry_run)
        document = dataclasses.asdict(collected)
        told = {name: number for name, number in document.items() if number} if not as_json else document
        nothing = f"{opened.where} holds nothing that is no longer needed"
        verb = "would delete " if dry_run else "deleted "
        _print(told, as_json=as_json, head=[] if told else [nothing], verb=verb)


@command.command(
    "export",
    examples={
        "Write the store into a compressed file.": "evalkit store export moved.jsonl.gz",
        "Write the store of another folder.": "evalkit store export other.jsonl --results results",
    },
)
@click.argument("file", type=WrittenFile())
@store_option
@results_option
def export_command(file: Path, store: str | None, results: Path) -> None:
    """Write the store into FILE as lines of JSON.

    They are gzipped where the name ends in .gz. FILE holds the store's secret, and instructions, outputs and replies in
    plain text.
    """
    with _open(store, results) as opened:
        moved = dataclasses.asdict(export_store(opened, file))
        del moved["n_places_left_out"], moved["n_unsealed"]
        _print(moved, as_json=False, head=[f"wrote {printable(str(file))}:"])


@command.command(
    "import",
    examples={
        "Add what another machine's store held.": "evalkit store import store.jsonl.gz",
        "Make a store of it in another folder.": "evalkit store import store.jsonl.gz --results elsewhere",
    },
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@store_option
@results_option
def import_command(file: Path, store: str | None, results: Path) -> None:
    """Add what an exported FILE holds to the store.

    The rows that the store has already stay as they are.
    """
    with open_store(store_url(store, results)) as opened:
        moved = dataclasses.asdict(import_store(opened, file))
        added = f"added to {opened.where}:" if any(moved.values()) else f"{opened.where} has all of {file} already"
        _print({name: number for name, number in moved.items() if number}, as_json=False, head=[printable(added)])


@command.command(
    "published",
    examples={},
)
@store_option
@results_option
def published_command(store: str | None, results: Path) -> None:
    """Show imported leaderboards, with the store's own models among theirs.

    Published numbers are shown as they came; those of the store's own models are of its judges, offline controls left
    out.
    """
    from evalkit.api import leaderboard
    from evalkit.reporting import published_text
    from evalkit.sources import imported_tables

    with _open(store, results) as opened:
        tables = imported_tables(opened)
        judged = opened.benchmarks()
        url = opened.where
    if not tables:
        raise InputError(f"{url}: holds no leaderboard. evalkit import auto FILE.csv brings one in")
    own = {
        name: leaderboard(benchmark=name, store=store, results=results, texts=False).rows
        for name in {table.benchmark for table in tables}
        if name in judged
    }
    # a control's number means nothing beside those of judges that read the answers
    rows = {name: [row for row in found if not row.entry.judging.notices] for name, found in own.items()}
    print_text(published_text(tables, rows))


@command.command(
    "stats",
    examples={
        "Count what the store holds, and what it cost.": "evalkit store stats",
        "The same as JSON.": "evalkit store stats --json",
    },
)
@store_option
@results_option
@json_option
def stats_command(store: str | None, results: Path, as_json: bool) -> None:
    """Count replies, places and failures, and the tokens and dollars of each judge."""
    with _open(store, results) as opened:
        found = statistics(opened)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found), indent=2))
    else:
        print_text(_statistics_text(found))


def _open(store: str | None, results: Path) -> Store:
    url = store_url(store, results)
    if not store_exists(url):
        raise InputError(
            f"{shown_url(url)}: no store yet. Run evalkit annotate first, or name another one with --store"
        )
    return open_store(url)


def _soundness(store: Store, checked: Checked, *, repairing: bool) -> list[str]:
    """Return the sentence that says whether anything was found damaged."""
    if repairing and checked.n_repaired:
        return [f"{store.where} is sound again: {plural(checked.n_repaired, 'damaged row')} deleted"]
    if checked.seal_fault is not None or not checked.sound:
        return []
    sealed = ", and every row fits its seal" if checked.sealing is not None else ""
    return [f"{store.where} is sound{sealed}"]


def _print(document: dict[str, object], *, as_json: bool, head: Sequence[str] = (), verb: str = "") -> None:
    """Print a document as JSON, or its head and its counts, one a line.

    Callers raise errors that name what its lists hold.
    """
    if as_json:
        click.echo(json.dumps(document, indent=2))
        return
    counts = {name.removeprefix("n_"): value for name, value in document.items() if isinstance(value, int)}
    print_text("\n".join([*head, *(f"{verb}{name.replace('_', ' ')}: {value:,}" for name, value in counts.items())]))


def _statistics_text(found: Statistics) -> str:
    counts = {name: value for name, value in dataclasses.asdict(found).items() if isinstance(value, int)}
    lines = [f"{name.removeprefix('n_').replace('_', ' ')}: {value:,}" for name, value in counts.items()]
    forms = {(spent.judge, spent.digest) for spent in found.spending}
    forms |= {(fill.judge, fill.digest) for fill in found.filling}
    several = len({judge for judge, _ in forms}) < len(forms)
    filling = [
        {
            **_form(fill.judge, fill.digest, several=several),
            "benchmark": fill.benchmark,
            "baseline": fill.baseline,
            "model": fill.model,
            "replied": f"{fill.n_replied:,}",
            "by rule": f"{fill.n_by_rule:,}",
            "missing": f"{fill.n_missing:,}",
        }
        for fill in found.filling
    ]
    spending = [
        {
            **_form(spent.judge, spent.digest, several=several),
            "replies": f"{spent.n_replies:,}",
            "without count": f"{spent.n_uncounted:,}",
            "tokens in": f"{spent.prompt_tokens:,}",
            "tokens out": f"{spent.completion_tokens:,}",
            "cost": "no prices" if spent.cost is None else f"${spent.cost:.4f}",
        }
        for spent in found.spending
    ]
    tables = [values_table(rows) for rows in (filling, spending) if rows]
    return "\n".join(lines) + "".join(f"\n\n{table.rstrip()}" for table in tables)


def _form(judge: str, digest: str, *, several: bool) -> dict[str, str]:
    """Return the cells that name a judge, with its digest where the store holds several forms of a judge."""
    return {"judge": judge, "digest": digest} if several else {"judge": judge}
