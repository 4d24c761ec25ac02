"""Samples from data frames with a row a verdict, such as `evalkit.verdicts(...).frame` gives them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import StatsError
from evalkit.stats.columns import Floats, Texts, floats, labels, shown
from evalkit.stats.sample import Combine, Sample, build_sample

ORDER, CLUSTER = "order", "cluster"
JUDGE, MODEL, BASELINE = "judge", "model", "baseline"
CHARS = MODEL_CHARS, BASELINE_CHARS = "model_chars", "baseline_chars"
_MOST_SHOWN = 3


class Frame(Protocol):
    """A data frame, or another mapping from names to columns of the same length."""

    def __getitem__(self, column: str, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


def build_sample_from_frame(
    frame: Frame,
    *,
    key: str = "key",
    preference: str = "preference",
    order: str | None = ORDER,
    cluster: str | None = CLUSTER,
    model_chars: str | None = MODEL_CHARS,
    baseline_chars: str | None = BASELINE_CHARS,
    weight: str | None = None,
    model: str | None = MODEL,
    judge: str | None = JUDGE,
    baseline: str | None = BASELINE,
    combine: Combine = Combine.MEAN,
) -> Sample:
    """Gather the verdicts of a data frame into the sample of one model under one judge and against one baseline.

    The frame has a row a verdict. The default names are those of `evalkit.verdicts(...).frame`. Apart from the key and
    the preference, a column of the default name is used if the frame has one; a column of another name must be there,
    and None leaves a column out.

    Args:
        frame: a data frame, or a mapping from names to columns.
        key: the column of the instructions' keys.
        preference: the column of P(candidate beats baseline) from 0 to 1, a tie 0.5, missing where there is no verdict.
        order: the column that says who was shown first.
        cluster: the column of clusters; rows of one cluster are dependent.
        model_chars: the column of the candidate's length in characters.
        baseline_chars: the column of the baseline's length in characters.
        weight: the column of the verdicts' weights; all verdicts count alike by default.
        model: the column of the models' names, of which there must be one; so for `judge` and `baseline`.
        combine: the rule by which the orders of one instruction become one preference.

    Raises:
        StatsError: a column is missing or wrong, or the frame has several models, judges or baselines.

    Example:
        >>> from evalkit.stats import build_sample_from_frame, win_rate
        >>> frame = {"key": ["a", "a", "b"], "order": ["x", "y", "x"], "preference": [1.0, 0.5, 0.0]}
        >>> win_rate(build_sample_from_frame(frame)).estimate.value
        37.5
    """
    columns = _columns(
        frame,
        key,
        preference,
        order=order,
        cluster=cluster,
        chars=(model_chars, baseline_chars),
        weight=weight,
    )
    _check_one(frame, {JUDGE: judge, BASELINE: baseline, MODEL: model}, (key, len(columns["keys"])))
    return build_sample(**columns, combine=combine)


def build_samples_by_model(
    frame: Frame,
    *,
    key: str = "key",
    preference: str = "preference",
    order: str | None = ORDER,
    cluster: str | None = CLUSTER,
    model_chars: str | None = MODEL_CHARS,
    baseline_chars: str | None = BASELINE_CHARS,
    weight: str | None = None,
    model: str = MODEL,
    judge: str | None = JUDGE,
    baseline: str | None = BASELINE,
    combine: Combine = Combine.MEAN,
) -> dict[str, Sample]:
    """Gather the verdicts of a data frame into a sample for each of its models, in the order of their names.

    The arguments are those of `build_sample_from_frame`; all verdicts are of one judge and against one baseline.

    Raises:
        StatsError: a column is missing or wrong, or the frame has several judges or baselines.

    Example:
        >>> from evalkit.stats import build_samples_by_model, win_rate
        >>> frame = {"model": ["a", "b"], "key": ["1", "1"], "preference": [1.0, 0.25]}
        >>> {name: win_rate(sample).estimate.value for name, sample in build_samples_by_model(frame).items()}
        {'a': 100.0, 'b': 25.0}
    """
    columns = _columns(
        frame,
        key,
        preference,
        order=order,
        cluster=cluster,
        chars=(model_chars, baseline_chars),
        weight=weight,
    )
    rows = (key, len(columns["keys"]))
    _check_one(frame, {JUDGE: judge, BASELINE: baseline}, rows)
    models = labels(_taken(frame, model, MODEL), model, like=rows)
    return {
        str(name): build_sample(**{one: values[models == name] for one, values in columns.items()}, combine=combine)
        for name in np.unique(models)
    }


def _columns(
    frame: Frame,
    key: str,
    preference: str,
    *,
    order: str | None,
    cluster: str | None,
    chars: tuple[str | None, str | None],
    weight: str | None,
) -> dict[str, Any]:
    """The arguments of `build_sample` that are columns, for all verdicts of the frame."""
    keys = labels(_taken(frame, key, "key"), key)
    rows = (key, len(keys))

    def numbers(name: str | None, default: str | None) -> Floats | None:
        values = _optional(frame, name, default)
        return None if values is None or name is None else floats(values, name, like=rows)

    candidate, baseline = (numbers(name, default) for name, default in zip(chars, CHARS, strict=True))
    clusters = _optional(frame, cluster, CLUSTER)
    columns: dict[str, NDArray[Any] | None] = {
        "keys": keys,
        "preference": floats(_taken(frame, preference, "preference"), preference, like=rows),
        "length_difference": None if candidate is None or baseline is None else candidate - baseline,
        "baseline_length": baseline,
        "clusters": None if clusters is None or cluster is None else labels(clusters, cluster, like=rows),
        "orders": _names(frame, order, ORDER, rows),
        "weight": numbers(weight, None),
    }
    return {argument: values for argument, values in columns.items() if values is not None}


def _check_one(frame: Frame, columns: Mapping[str, str | None], rows: tuple[str, int]) -> None:
    """Refuse several models, judges or baselines, by the default names of their columns."""
    for default, column in columns.items():
        names = _names(frame, column, default, rows)
        several = [] if names is None else np.unique(names).tolist()
        if len(several) > 1:
            some = ", ".join(map(shown, several[:_MOST_SHOWN])) + ", ..." * (len(several) > _MOST_SHOWN)
            each = "; `build_samples_by_model` takes all of them" if default == MODEL else ""
            raise StatsError(
                f"the frame has {len(several)} {default}s ({some}), and a sample is of one. Select one, as in "
                f"frame[frame[{column!r}] == {shown(several[0])}]{each}"
            )


def _names(frame: Frame, column: str | None, default: str, rows: tuple[str, int]) -> Texts | None:
    """The labels of a column in which rows without a label are alike; None without such a column."""
    values = _optional(frame, column, default)
    return None if values is None or column is None else labels(values, column, like=rows, unnamed="")


def _optional(frame: Frame, column: str | None, default: str | None) -> Collection[Any] | None:
    """A column, or None where the caller wants none or the frame has none of the default name."""
    if column is None or (column == default and column not in _known(frame)):
        return None
    return _taken(frame, column, default or "weight")


def _taken(frame: Frame, column: str, argument: str) -> Collection[Any]:
    known = _known(frame)
    if column not in known:
        has = ", ".join(str(name) for name in known) or "none"
        raise StatsError(f"the frame has no column {column!r}. Name one of its columns, as in {argument}=...: {has}")
    values: Collection[Any] = frame[column]
    return values


def _known(frame: Frame) -> list[object]:
    """The names of the columns, by which a frame of pandas and a mapping both iterate."""
    return list(frame)
