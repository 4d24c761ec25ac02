"""The background of a written row as JSON, so that the row can be computed again."""

from collections.abc import Mapping
from typing import Any

from evalkit.boards import Background, HistorySource
from evalkit.formats import check_document, check_of, prior_document, prior_of
from evalkit.stats import Confounding


def background_document(background: Background) -> dict[str, Any]:
    """A row's background as JSON, with numbers to the last digit, so that the row can be computed again."""
    confounding = background.confounding
    return {
        "source": background.source.value,
        "judge": background.judge or None,
        "models": background.models,
        "history": background.name or None,
        "prior": None if background.prior is None else prior_document(background.prior, decimals=None),
        "confounding": None
        if confounding is None
        else {"correlation": confounding.correlation, "effect": confounding.effect},
        "rests_on": dict(sorted(background.rests_on.items())),
        "check": None if background.check is None else check_document(background.check),
        "difficulty": None if background.values is None else dict(sorted(background.values.items())),
    }


def background_of(document: Mapping[str, Any]) -> Background:
    """The background of a written row, from the document that `background_document` made.

    Raises:
        ValueError, KeyError, TypeError: the document is not such a background.
    """
    prior, confounding, difficulty = (document[name] for name in ("prior", "confounding", "difficulty"))
    check = document.get("check")
    return Background(
        source=HistorySource(document["source"]),
        prior=None if prior is None else prior_of(prior),
        confounding=None
        if confounding is None
        else Confounding(float(confounding["correlation"]), float(confounding["effect"])),
        values=None if difficulty is None else {str(key): float(value) for key, value in difficulty.items()},
        judge=str(document["judge"] or ""),
        models=int(document["models"]),
        name=str(document["history"] or ""),
        rests_on={str(name): str(digest) for name, digest in document["rests_on"].items()},
        check=None if check is None else check_of(check),
    )
