"""Judge language models against a baseline, control for length, and say how sure the answer is."""

__version__ = "0.1.0"
__all__ = ["EvalkitError", "Leaderboard", "leaderboard"]

# name -> the module that has it, loaded when the name is first used; types stand in the stub beside this file
_LAZY = {
    "EvalkitError": "evalkit.errors",
    "Leaderboard": "evalkit.api.leaderboard",
    "leaderboard": "evalkit.api.leaderboard",
}


def __getattr__(name: str) -> object:
    import importlib

    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_LAZY[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
