"""Judge language models against a baseline, control for length, and say how sure the answer is."""

__version__ = "0.1.0"

# name -> the module that has it, loaded when the name is first used; types stand in the stub beside this file
_LAZY = {
    "Answers": "evalkit.api.generation",
    "AnswersForecast": "evalkit.api.generation",
    "AuditFailed": "evalkit.errors",
    "AuditLimits": "evalkit.auditing.limits",
    "Audits": "evalkit.api.audits",
    "Benchmarks": "evalkit.api.listings",
    "ChatReply": "evalkit.types",
    "ChatRequest": "evalkit.types",
    "ClientError": "evalkit.errors",
    "ConfigError": "evalkit.errors",
    "Correlations": "evalkit.api.agreements",
    "EndpointRefused": "evalkit.errors",
    "Estimate": "evalkit.types",
    "EvalkitError": "evalkit.errors",
    "ExportedFiles": "evalkit.api.foreign_files",
    "Forecasts": "evalkit.api.forecasts",
    "GateDecision": "evalkit.api.decisions",
    "GateFailed": "evalkit.errors",
    "ImportedFiles": "evalkit.api.foreign_files",
    "Incomplete": "evalkit.errors",
    "Inconclusive": "evalkit.errors",
    "InputError": "evalkit.errors",
    "Interrupted": "evalkit.errors",
    "JudgeConfig": "evalkit.types",
    "JudgeFunction": "evalkit.api.python_judges",
    "Judges": "evalkit.api.listings",
    "Labels": "evalkit.types",
    "Leaderboard": "evalkit.api.leaderboards",
    "Metric": "evalkit.boards.metrics",
    "ModelComparison": "evalkit.api.comparisons",
    "ModelConfig": "evalkit.types",
    "ModelFunction": "evalkit.api.python_models",
    "NoVerdict": "evalkit.errors",
    "OverviewTable": "evalkit.api.overviews",
    "Page": "evalkit.api.pages",
    "Pair": "evalkit.clients.functions",
    "PairVerdict": "evalkit.api.pairs",
    "ParserFunction": "evalkit.api.python_judges",
    "PowerPlan": "evalkit.api.planning",
    "Preference": "evalkit.types",
    "RateLimited": "evalkit.errors",
    "Ratings": "evalkit.api.rated",
    "References": "evalkit.api.listings",
    "RejectedRequest": "evalkit.errors",
    "RetryableError": "evalkit.errors",
    "Releases": "evalkit.api.releases",
    "Run": "evalkit.api.annotation",
    "Sample": "evalkit.stats.sample",
    "Single": "evalkit.clients.functions",
    "SiteFolder": "evalkit.api.sites",
    "StatsError": "evalkit.errors",
    "StoreError": "evalkit.errors",
    "Turn": "evalkit.clients.functions",
    "UnknownName": "evalkit.errors",
    "Unparsed": "evalkit.types",
    "Unreachable": "evalkit.errors",
    "VerdictTable": "evalkit.api.verdict_tables",
    "VerifiedRows": "evalkit.api.verified_rows",
    "WinRateCallback": "evalkit.api.training",
    "aannotate": "evalkit.api.annotation",
    "agenerate": "evalkit.api.generation",
    "annotate": "evalkit.api.annotation",
    "audit": "evalkit.api.audits",
    "benchmarks": "evalkit.api.listings",
    "compare": "evalkit.api.comparisons",
    "correlate": "evalkit.api.agreements",
    "export_files": "evalkit.api.foreign_files",
    "forecast": "evalkit.api.forecasts",
    "forecast_answers": "evalkit.api.generation",
    "gate": "evalkit.api.decisions",
    "generate": "evalkit.api.generation",
    "import_files": "evalkit.api.foreign_files",
    "judge": "evalkit.api.python_judges",
    "judge_pair": "evalkit.api.pairs",
    "judges": "evalkit.api.listings",
    "leaderboard": "evalkit.api.leaderboards",
    "metric": "evalkit.api.metrics",
    "model": "evalkit.api.python_models",
    "parser": "evalkit.api.python_judges",
    "power": "evalkit.api.planning",
    "ratings": "evalkit.api.rated",
    "references": "evalkit.api.listings",
    "releases": "evalkit.api.releases",
    "report": "evalkit.api.pages",
    "site": "evalkit.api.sites",
    "verdicts": "evalkit.api.verdict_tables",
    "verify": "evalkit.api.verified_rows",
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
