"""Refuses a database with anything in it that evalkit did not lay out: it could change what a run reads or writes."""

import re
from collections.abc import Iterator

import sqlalchemy as sa

from evalkit.errors import StoreError
from evalkit.store.naming import OTHER_FILE
from evalkit.store.tables import metadata

_SHOWN = 3
# SQLite's own: counters and what ANALYZE writes
_OWN_TABLES = {"sqlite_sequence", "sqlite_stat1", "sqlite_stat3", "sqlite_stat4"}
_TOKEN = re.compile(r"\"(?:[^\"]|\"\")*\"|'[^']*'|\w+|\S")
# all that the statements of this layout and of earlier ones are made of, besides names
_WORDS = {"CREATE", "TABLE", "NOT", "NULL", "DEFAULT", "PRIMARY", "KEY", "(", ")", ",", "1", "'1'"}
_TRIGGERS = """
SELECT 'trigger', tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND pg_table_is_visible(pg_class.oid) AND relname IN :ours
UNION ALL
SELECT 'rule', rulename, tablename FROM pg_rules
WHERE schemaname = ANY (current_schemas(false)) AND tablename IN :ours
"""


def refuse_foreign(connection: sa.Connection, where: str) -> None:
    """Refuse triggers, rules, views, tables and indexes of others, and statements in tables that ours do not have.

    Nothing of the database is read but its layout, so that nothing in it runs.

    Raises:
        StoreError: the message names what was found, and the cure.
    """
    found = list(_foreign_to_sqlite(connection) if connection.dialect.name == "sqlite" else _foreign_rules(connection))
    if not found:
        return
    changed = [name for kind, name in found if kind == "table" and name in metadata.tables]
    if changed:
        raise StoreError(f"{where}: its table {changed[0]} was changed, and nothing in it was run. {OTHER_FILE}")
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    kind, name = found[0]
    raise StoreError(
        f"{where}: holds what evalkit did not make: {', '.join(f'{kind} {name!r}' for kind, name in found[:_SHOWN])}"
        f"{more}. It could change what is read or written, so nothing was run. Take back a copy, or remove it with "
        f'DROP {kind.upper()} "{name}" in the database\'s own shell'
    )


def refuse_changed(connection: sa.Connection, where: str) -> None:
    """Refuse tables with other columns than those of this layout.

    Raises:
        StoreError: the message names the table and what is different.
    """
    for table in metadata.sorted_tables:
        expected, found = _expected(table), _columns(connection, table)
        if expected != found:
            different = sorted({name for name, _ in set(expected.items()) ^ set(found.items())})
            raise StoreError(
                f"{where}: its table {table.name} was changed: column {', '.join(map(repr, different[:_SHOWN]))}. "
                f"{OTHER_FILE}"
            )


def _foreign_to_sqlite(connection: sa.Connection) -> Iterator[tuple[str, str]]:
    indexes = {str(index.name): index for table in metadata.sorted_tables for index in table.indexes}
    for kind, name, statement in connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master"):
        tokens = [_plain(token) for token in _TOKEN.findall(statement or "")]
        if kind == "table" and name in metadata.tables:
            allowed = _WORDS | {name} | {word for column in metadata.tables[name].columns for word in _words(column)}
            ours = {token if token in allowed else token.upper() for token in tokens} <= allowed
        elif kind == "index" and name in indexes:
            index = indexes[name]
            columns = [column.name for column in index.columns]
            assert index.table is not None
            ours = tokens == ["CREATE", "INDEX", name, "ON", index.table.name, "(", *columns, ")"]
        elif kind == "index":
            ours = statement is None and str(name).startswith("sqlite_autoindex_")
        else:
            ours = kind == "table" and name in _OWN_TABLES
        if not ours:
            yield str(kind), str(name)


def _words(column: "sa.Column[object]") -> tuple[str, str]:
    return column.name, str(column.type).upper()


def _plain(token: str) -> str:
    return token[1:-1].replace('""', '"') if token.startswith('"') else token


def _foreign_rules(connection: sa.Connection) -> Iterator[tuple[str, str]]:
    query = sa.text(_TRIGGERS).bindparams(sa.bindparam("ours", expanding=True))
    for kind, name, table in connection.execute(query, {"ours": list(metadata.tables)}):
        yield str(kind), f"{name} on {table}"


def _expected(table: sa.Table) -> dict[str, tuple[object, ...]]:
    key = [column.name for column in table.primary_key]
    return {
        column.name: (str(column.type).upper(), not column.nullable, _place(column.name, key))
        for column in table.columns
    }


def _columns(connection: sa.Connection, table: sa.Table) -> dict[str, tuple[object, ...]]:
    if connection.dialect.name != "sqlite":
        # another database has its own names of kinds: only the names of columns are compared
        names = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
        return {name: kind for name, kind in _expected(table).items() if name in names} | dict.fromkeys(
            names - {column.name for column in table.columns}, ()
        )
    # xinfo, because it names computed columns as well
    rows = connection.exec_driver_sql(f'PRAGMA table_xinfo("{table.name}")').all()
    key = [name for place, name in sorted((row[5], row[1]) for row in rows) if place]
    return {row[1]: (str(row[2]).upper(), bool(row[3]), _place(row[1], key)) for row in rows}


def _place(name: str, key: list[str]) -> int | None:
    return key.index(name) if name in key else None
