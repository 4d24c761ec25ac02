"""Gathers battles from all kinds of comparisons: tables of votes, judgment files and tables of preferences."""

from collections.abc import Sequence
from pathlib import Path

from evalkit.boards import CollectedBattles, battles_of
from evalkit.errors import ConfigError, UnknownName
from evalkit.formats import CONTROLS, Source, Votes, column_names, read_votes
from evalkit.sources.entries import entries_of_files

NO_CLUSTER = "none"


def gather_battles(
    sources: Sequence[Source], *, cluster: str | None = None, controls: Sequence[str] = (), judge: str | None = None
) -> CollectedBattles:
    """Gather the battles of files, folders and values, as `evalkit leaderboard` reads them, and of tables of votes.

    Args:
        cluster: a column of the vote tables, `none`, or None for the first known one.
        controls: style covariates of vote tables, by name.
        judge: only this judge's verdicts, of the sources that name judges.

    Raises:
        InputError: wrong content, named by file, row and field; several judges and none chosen.
        StatsError: no battle is left.
    """
    for name in controls:
        if name not in CONTROLS:
            raise UnknownName("control", name, CONTROLS)
    votes: list[Votes] = []
    judged: list[Source] = []
    for path in sources:
        if (isinstance(path, Path) and path.is_dir()) or not {"model_a", "model_b"} & {*column_names(path)}:
            judged.append(path)
            continue
        column = None if cluster == NO_CLUSTER else cluster
        votes.append(read_votes(path, cluster=column, clustered=cluster != NO_CLUSTER, controls=controls))
    if judged and (controls or cluster not in (None, NO_CLUSTER)):
        raise ConfigError(
            f"{judged[0]}: --control and --cluster COLUMN are for tables of votes; this one has judged pairs"
        )
    return battles_of(votes, entries_of_files(judged), judge=judge, clustered=cluster != NO_CLUSTER)
