"""Looks up in a store what is known of how far judges agree with people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from evalkit.boards import Board, KnownJudge, known_judge
from evalkit.judge_spec import ORDERS, with_orders
from evalkit.store import Address, Store, evaluations_of, open_existing
from evalkit.types import EvaluationRecord, JudgeConfig


def with_known_judges(boards: Iterable[Board], url: Address) -> list[Board]:
    """The boards of a store's verdicts, each with what the store knows of its judge.

    Raises:
        StoreError: an evaluation in the store is damaged.
    """
    with open_existing(url) as store:
        records, configs = _read(store)
    return [
        replace(
            board,
            known=_known(records, configs, judge=board.judge, digest=board.digest, grades=board.rows[0].entry.graded),
        )
        for board in boards
    ]


def known_of(store: Store, *, judge: str, digest: str, grades: bool) -> KnownJudge:
    """The measurements of one judge that a store holds.

    Raises:
        StoreError: an evaluation in the store is damaged.
    """
    return _known(*_read(store), judge=judge, digest=digest, grades=grades)


def _read(store: Store) -> tuple[Sequence[EvaluationRecord], Mapping[str, JudgeConfig]]:
    """The evaluations of a store, and its judges by digest."""
    return evaluations_of(store), {config.digest: config for config in store.judges()}


def _known(
    records: Sequence[EvaluationRecord],
    configs: Mapping[str, JudgeConfig],
    *,
    judge: str,
    digest: str,
    grades: bool,
) -> KnownJudge:
    config = configs.get(digest)
    return known_judge(
        records,
        judge=judge,
        digest=digest,
        alike=_alike(config),
        orders=None if config is None else config.orders,
        grades=grades,
    )


def _alike(config: JudgeConfig | None) -> list[str]:
    """The digests of the same judge asked in other orders."""
    if config is None or config.asks != "pair":
        return []
    return [with_orders(config, orders).digest for orders in ORDERS if orders != config.orders]
