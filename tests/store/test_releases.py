"""The store keeps what showed or decided a model's number, and nothing replaces it."""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from evalkit.errors import ConfigError, StoreError
from evalkit.store import Store, check, collect, open_store, repair, require_sealed, statistics
from evalkit.store.releases import categories_of, keep_release, kept_verdicts, releases_of, verdicts_name
from evalkit.store.seal import KEY_VARIABLE
from evalkit.store.tables import release_table, release_verdict_table
from evalkit.types import ReleaseRun
from tests.store.filling import BENCHMARK, fill, put_release, url, work
from tests.store.test_database import execute


def test_what_was_kept_is_read_back_and_a_later_run_of_the_model_changes_none_of_it(store: Store) -> None:
    first = put_release(store, "v1")
    second = put_release(store, "v2", verdicts='{"version":1,"keys":[]}')
    put_release(store, "v1", model="other")
    # a run of other outputs under the same name takes the places of the earlier ones away
    fill(store, 6)
    fill(store, 3)
    assert releases_of(store, benchmark=BENCHMARK, model="cand") == sorted(
        [first, second], key=lambda run: run.verdicts
    )
    assert len(releases_of(store)) == 3
    assert releases_of(store, benchmark="none") == []
    assert kept_verdicts(store, [second.verdicts]) == {second.verdicts: '{"version":1,"keys":[]}'}
    assert (statistics(store).n_releases, check(store).n_releases) == (3, 3)
    assert collect(store, keep_days=0, dry_run=False).n_plans == 0
    assert len(releases_of(store)) == 3


def test_the_same_run_is_kept_once(store: Store) -> None:
    put_release(store, "v1")
    put_release(store, "v1")
    assert len(releases_of(store)) == 1


def keep_at_once(address: str, n: int = 6) -> list[ReleaseRun]:
    """What several processes keep that show the same numbers, each at a time of its own."""
    with open_store(address) as store:
        run = put_release(store, "v1", model="known")
    met = threading.Barrier(n)

    def keep(number: int) -> None:
        own = replace(run, group=replace(run.group, model="cand"), at=run.at + datetime.timedelta(seconds=number))
        with open_store(address) as store:
            met.wait()
            keep_release(store, own, '{"version":1}', adds=lambda last: last.outputs != own.outputs)

    with ThreadPoolExecutor(n) as pool:
        list(pool.map(keep, range(n)))
    with open_store(address) as store:
        return releases_of(store, model="cand")


def test_processes_that_show_the_same_numbers_at_once_keep_one_release(tmp_path: Path) -> None:
    assert len(keep_at_once(url(tmp_path / "store.db"))) == 1


def test_a_label_that_is_a_key_is_refused(store: Store) -> None:
    with pytest.raises(ConfigError, match="the label of a release looks like a key"):
        put_release(store, "sk-proj-" + "a1B2" * 12)
    assert releases_of(store) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE releases SET document = replace(document, '\"v1\"', '\"v9\"')",
            "a release of model 'cand' is damaged",
        ),
        ("UPDATE releases SET model = 'better'", "a release of model 'better' is damaged"),
        ("UPDATE release_verdicts SET document = '{}'", "the verdicts of a release are damaged"),
        ("DELETE FROM release_verdicts", "the verdicts of a release are damaged"),
    ],
)
def test_a_damaged_release_is_told_and_a_repair_takes_it_away(
    store: Store, tmp_path: Path, statement: str, said: str
) -> None:
    run = put_release(store, "v1")
    execute(tmp_path / "store.db", statement)
    with pytest.raises(StoreError, match=said):
        kept_verdicts(store, [one.verdicts for one in releases_of(store)])
    assert not check(store).sound
    assert repair(store).n_repaired
    assert check(store).sound
    assert releases_of(store) == []
    keep_release(store, run, '{"version":1}')
    assert check(store).sound


def test_a_seal_covers_releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "a key of the tests, and of nobody else")
    with open_store(url(tmp_path / "store.db")) as store:
        put_release(store, "v1")
        put_release(store, "v2")
        require_sealed(store)
        with store.connect() as connection:
            for table in (release_table, release_verdict_table):
                assert connection.execute(sa.select(table.c.seal).where(table.c.seal.is_(None))).all() == []
        execute(tmp_path / "store.db", "DELETE FROM releases WHERE document LIKE '%v2%'")
        with pytest.raises(StoreError, match="sealed rows were removed"):
            require_sealed(store)


def test_categories_are_those_of_the_places(store: Store) -> None:
    fill(store, 3)
    group = work(store, 3).group
    assert categories_of(store, group) == {}
    with store.transaction() as connection:
        connection.execute(sa.text("UPDATE asked SET category = 'coding' WHERE key = 'k001'"))
    assert categories_of(store, group) == {"k001": "coding"}
    assert verdicts_name("a") != verdicts_name("b")
