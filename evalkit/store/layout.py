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
# PostgreSQL's name of a kind of ours that it calls otherwise
_KINDS = {"DOUBLE PRECISION": "FLOAT"}
# all that the statements of this layout and of earlier ones are made of, besides names
_WORDS = {"CREATE", "TABLE", "NOT", "NULL", "DEFAULT", "PRIMARY", "KEY", "(", ")", ",", "1", "'1'"}
# what may run, hide rows or refuse them in PostgreSQL, for the tables of ours that a statement finds by their names
_RULES = """
WITH ours AS (SELECT * FROM pg_class WHERE relname IN :ours AND pg_table_is_visible(oid))
SELECT 'trigger' AS kind, tgname AS name, relname AS of FROM pg_trigger JOIN ours ON ours.oid = tgrelid
WHERE NOT tgisinternal
UNION ALL SELECT 'rule', rulename, relname FROM pg_rewrite JOIN ours ON ours.oid = ev_class WHERE relkind <> 'v'
UNION ALL SELECT 'policy', polname, relname FROM pg_policy JOIN ours ON ours.oid = polrelid
UNION ALL SELECT 'constraint', conname, theirs.relname FROM pg_constraint
    JOIN ours ON ours.oid IN (conrelid, confrelid) JOIN pg_class AS theirs ON theirs.oid = conrelid
    WHERE contype NOT IN ('p', 'n')
UNION ALL SELECT 'index', named.relname, ours.relname FROM pg_index JOIN ours ON ours.oid = indrelid
    JOIN pg_class AS named ON named.oid = indexrelid WHERE NOT indisprimary
    AND (named.relname NOT IN :indexes OR indisunique OR indexprs IS NOT NULL OR indpred IS NOT NULL)
UNION ALL SELECT 'table', relname, relname FROM ours
    WHERE relkind <> 'r' OR relpersistence <> 'p' OR relrowsecurity
    OR EXISTS (SELECT FROM pg_inherits WHERE ours.oid IN (inhparent, inhrelid))
    OR EXISTS (SELECT FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
        WHERE attrelid = ours.oid AND attnum > 0 AND NOT attisdropped
        AND (attgenerated <> '' OR typname NOT IN ('text', 'int4', 'float8')
            OR typnamespace <> 'pg_catalog'::regnamespace))
    OR EXISTS (SELECT FROM pg_attrdef WHERE adrelid = ours.oid
        AND pg_get_expr(adbin, adrelid) NOT IN ('1', 'nextval(''failures_id_seq''::regclass)'))
"""


def refuse_foreign(connection: sa.Connection, where: str) -> None:
    """Refuse triggers, rules, views, tables and indexes of others, and statements in tables that ours do not have.

    Nothing of the database is read but its layout, so that nothing in it runs.

    Raises:
        StoreError: the message names what was found, and the cure.
    """
    sqlite = connection.dialect.name == "sqlite"
    found = list(_foreign_to_sqlite(connection) if sqlite else _foreign_to_postgresql(connection))
    if not found:
        return
    changed = [name for kind, name, _ in found if kind == "table" and name in metadata.tables]
    if changed:
        raise StoreError(f"{where}: its table {changed[0]} was changed, and nothing in it was run. {OTHER_FILE}")
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise StoreError(
        f"{where}: holds what evalkit did not make: {', '.join(f'{kind} {name!r}' for kind, name, _ in found[:_SHOWN])}"
        f"{more}. It could change what is read or written, so nothing was run. Take back a copy, or remove it with "
        f"{_removal(*found[0])} in the database's own shell"
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


def _removal(kind: str, name: str, of: str | None) -> str:
    """The statement that removes a thing, which PostgreSQL looks for at the table that it belongs to."""
    if kind == "constraint":
        return f'ALTER TABLE "{of}" DROP CONSTRAINT "{name}"'
    return f'DROP {kind.upper()} "{name}"' + (f' ON "{of}"' if of is not None and kind != "index" else "")


def _foreign_to_sqlite(connection: sa.Connection) -> Iterator[tuple[str, str, None]]:
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
            yield str(kind), str(name), None


def _words(column: "sa.Column[object]") -> tuple[str, str]:
    return column.name, str(column.type).upper()


def _plain(token: str) -> str:
    return token[1:-1].replace('""', '"') if token.startswith('"') else token


def _foreign_to_postgresql(connection: sa.Connection) -> Iterator[tuple[str, str, str]]:
    indexes = [str(index.name) for table in metadata.sorted_tables for index in table.indexes]
    query = sa.text(_RULES).bindparams(*(sa.bindparam(name, expanding=True) for name in ("ours", "indexes")))
    for kind, name, of in connection.execute(query, {"ours": list(metadata.tables), "indexes": indexes}):
        yield str(kind), str(name), str(of)


def _expected(table: sa.Table) -> dict[str, tuple[object, ...]]:
    key = [column.name for column in table.primary_key]
    return {
        column.name: (str(column.type).upper(), not column.nullable, _place(column.name, key))
        for column in table.columns
    }


def _columns(connection: sa.Connection, table: sa.Table) -> dict[str, tuple[object, ...]]:
    if connection.dialect.name != "sqlite":
        there = sa.inspect(connection)
        key = there.get_pk_constraint(table.name)["constrained_columns"]
        return {
            column["name"]: (_KINDS.get(kind := str(column["type"]), kind), not column["nullable"],
                             _place(column["name"], key))
            for column in there.get_columns(table.name)
        }  # fmt: skip
    # xinfo, because it names computed columns as well
    rows = connection.exec_driver_sql(f'PRAGMA table_xinfo("{table.name}")').all()
    key = [name for place, name in sorted((row[5], row[1]) for row in rows) if place]
    return {row[1]: (str(row[2]).upper(), bool(row[3]), _place(row[1], key)) for row in rows}


def _place(name: str, key: list[str]) -> int | None:
    return key.index(name) if name in key else None
