"""Write how much better one board agrees with a reference than another, in words, cells and values."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evalkit.reporting.reasons import status_words
from evalkit.text import DECIMALS_STORED, estimate_document, plural, printable

if TYPE_CHECKING:
    # imported for types only, so that a board without a reference is printed without the imports of an agreement
    from evalkit.boards import AgreementDifference
    from evalkit.stats import CorrelationDifference

_TITLES = {"spearman": "Spearman", "kendall": "Kendall"}
_PAIRING = {
    "model": "paired by model",
    "instruction": "paired by model and by instruction",
}
_REACH_95 = 1.96


def difference_line(difference: "AgreementDifference") -> str:
    """Return one sentence that states the lead of one board, or one metric, over another."""
    found = difference.spearman
    names = f"{difference.first} less {difference.second}, Spearman with {difference.reference.name}"
    if found.estimate.value is None:
        return printable(f"{names}: {found.estimate.status.reason}")
    facts = f"{_difference_cell(found)}, p {found.p_value:.4f}, {_verdict(difference, found)}"
    return printable(f"{names}: {facts}; {_power(found)}{_fixed(found)}")


def differences_cells(differences: "Sequence[AgreementDifference]") -> tuple[list[str], list[list[str]]]:
    """Return the header and a line for each pair of boards."""
    several = any(pair.n_pairs > 1 for pair in differences)
    header = ["difference", "models", *_TITLES.values(), "p", *(["adjusted p"] if several else [])]
    lines = [
        [
            f"{pair.first} less {pair.second}",
            str(len(pair.models)),
            *(_difference_cell(found) for found in pair.differences.values()),
            _p_cell(pair.spearman.p_value),
            *([_p_cell(pair.adjusted_p(pair.spearman))] if several else []),
        ]
        for pair in differences
    ]
    return header, lines


def differences_notes(differences: "Sequence[AgreementDifference]") -> list[str]:
    """Return the facts behind the differences: a verdict for each pair, and what pairs them."""
    lines = [f"{pair.first} less {pair.second}: {'; '.join(_sentences(pair))}" for pair in differences]
    pairings = dict.fromkeys(_PAIRING[pair.paired_by.value] for pair in differences)
    lines += [f"differences are {words}, over the models that both boards and the reference know" for words in pairings]
    if any(pair.spearman.estimate.value is not None for pair in differences):
        lines.append("models show a difference if at least four of five samples of as many would find it significant")
    n_pairs = max((pair.n_pairs for pair in differences), default=1)
    if n_pairs > 1:
        lines.append(
            f"p is Spearman's; adjusted for {n_pairs} pairs by Holm's method it decides what is significant; intervals "
            "are those of each pair alone"
        )
    return lines


def difference_values(difference: "AgreementDifference") -> list[dict[str, Any]]:
    """Return a row for each coefficient, with None for a missing number."""
    return [
        {
            "board": difference.first,
            "versus": difference.second,
            "reference": difference.reference.name,
            "reference_date": difference.reference.date or None,
            "measure": f"{coefficient.value}_difference",
            **{
                name: _rounded(getattr(found.estimate, name)) for name in ("value", "lower", "upper", "stderr")
            },
            "n_models": found.estimate.n,
            "status": str(found.estimate.status),
            "p_value": _rounded(found.p_value),
            "p_adjusted": _rounded(difference.adjusted_p(found)),
            "detectable": _rounded(found.detectable),
        }
        for coefficient, found in difference.differences.items()
    ]  # fmt: skip


def difference_document(difference: "AgreementDifference") -> dict[str, Any]:
    return {
        "first": difference.first,
        "second": difference.second,
        "reference": difference.reference.name,
        "date": difference.reference.date,
        "paired_by": difference.paired_by.value,
        "n_models": len(difference.models),
        "n_pairs": difference.n_pairs,
        "models": list(difference.models),
        **{
            coefficient.value: {
                "first": found.first,
                "second": found.second,
                "difference": estimate_document(found.estimate, exact=True),
                "p_value": found.p_value,
                "p_adjusted": difference.adjusted_p(found),
                "significant": difference.significant(found),
                "detectable": found.detectable,
                "stderr_of_instructions": found.instructions,
            }
            for coefficient, found in difference.differences.items()
        },
    }


def _sentences(pair: "AgreementDifference") -> list[str]:
    """Return a sentence for each coefficient, or the one reason why there is none."""
    refused = {status_words(found.estimate.status) for found in pair.differences.values() if found.p_value is None}
    if len(refused) == 1 and all(found.p_value is None for found in pair.differences.values()):
        return list(refused)
    return [f"{_TITLES[coefficient.value]} {_sentence(pair, found)}" for coefficient, found in pair.differences.items()]


def _sentence(pair: "AgreementDifference", found: "CorrelationDifference") -> str:
    doubt = status_words(found.estimate.status) if found.estimate.status.reason else ""
    if found.estimate.value is None:
        return doubt
    facts = [f"{found.first:z.3f} and {found.second:z.3f}", _verdict(pair, found), *filter(None, [doubt])]
    return f"{', '.join(facts)}; {_power(found)}{_fixed(found)}"


def _verdict(pair: "AgreementDifference", found: "CorrelationDifference") -> str:
    return "significant" if pair.significant(found) else "not significant"


def _power(found: "CorrelationDifference") -> str:
    """Return the smallest difference that as many models would show."""
    return f"{plural(found.estimate.n, 'model')} like these would show a difference of {found.detectable:.2f} or more"


def _fixed(found: "CorrelationDifference") -> str:
    if found.instructions is None:
        return ""
    return f", and other instructions move the difference of these very models by ±{_REACH_95 * found.instructions:.3f}"


def _difference_cell(found: "CorrelationDifference") -> str:
    estimate = found.estimate
    if estimate.value is None:
        return "-"
    return f"{estimate.value:+.3f} [{estimate.lower:+.3f}, {estimate.upper:+.3f}]"


def _p_cell(p: float | None) -> str:
    return "-" if p is None else f"{p:.4f}"


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, DECIMALS_STORED)
