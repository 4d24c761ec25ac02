"""Judge language models against a baseline, control for length, and say how sure the answer is."""

__version__ = "0.1.0"

# name -> the module that has it, loaded when the name is first used; types stand in the stub beside this file
_LAZY = {
    "AuditFailed": "evalkit.errors",
    "AuditLimits": "evalkit.auditing.limits",
    "ChatReply": "evalkit.types",
    "ChatRequest": "evalkit.types",
    "ConfigError": "evalkit.errors",
    "Correlations": "evalkit.api.agreements",
    "Estimate": "evalkit.types",
    "EvalkitError": "evalkit.errors",
    "Forecasts": "evalkit.api.forecasts",
    "GateDecision": "evalkit.api.decisions",
    "GateFailed": "evalkit.errors",
    "Incomplete": "evalkit.errors",
    "Inconclusive": "evalkit.errors",
    "InputError": "evalkit.errors",
    "JudgeConfig": "evalkit.types",
    "JudgeFunction": "evalkit.api.python_judges",
    "Labels": "evalkit.types",
    "Leaderboard": "evalkit.api.leaderboards",
    "Metric": "evalkit.boards.metrics",
    "ModelComparison": "evalkit.api.comparisons",
    "NoVerdict": "evalkit.errors",
    "Pair": "evalkit.clients.functions",
    "PairVerdict": "evalkit.api.pairs",
    "ParserFunction": "evalkit.api.python_judges",
    "PowerPlan": "evalkit.api.planning",
    "Preference": "evalkit.types",
    "Ratings": "evalkit.api.rated",
    "Run": "evalkit.api.annotation",
    "Sample": "evalkit.stats.sample",
    "Single": "evalkit.clients.functions",
    "Turn": "evalkit.clients.functions",
    "Unparsed": "evalkit.types",
    "VerdictTable": "evalkit.api.verdict_tables",
    "WinRateCallback": "evalkit.api.training",
    "aannotate": "evalkit.api.annotation",
    "annotate": "evalkit.api.annotation",
    "compare": "evalkit.api.comparisons",
    "correlate": "evalkit.api.agreements",
    "forecast": "evalkit.api.forecasts",
    "gate": "evalkit.api.decisions",
    "judge": "evalkit.api.python_judges",
    "judge_pair": "evalkit.api.pairs",
    "leaderboard": "evalkit.api.leaderboards",
    "metric": "evalkit.api.metrics",
    "parser": "evalkit.api.python_judges",
    "power": "evalkit.api.planning",
    "ratings": "evalkit.api.rated",
    "verdicts": "evalkit.api.verdict_tables",
    "win_rate_callback": "evalkit.api.training",
}
__all__ = [*_LAZY]  # noqa: PLE0604 (names, all of them)


def __getattr__(name: str) -> object:
    import importlib

    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_LAZY[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
