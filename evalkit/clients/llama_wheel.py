"""llama.cpp's server from the wheel `xllamacpp`, which needs no compiler: a program with llama-server's options.

It is run by its path in a process of its own, with a key in LLAMA_API_KEY, and ends by a signal.
"""

import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, NoReturn

Said = str | bool

# where each option of llama-server has its place among the wheel's parameters
_NUMBERS = {
    "port": "port", "ctx_size": "n_ctx", "parallel": "n_parallel", "batch_size": "n_batch", "ubatch_size": "n_ubatch",
    "threads": "cpuparams.n_threads", "threads_batch": "cpuparams_batch.n_threads", "threads_http": "n_threads_http",
    "gpu_layers": "n_gpu_layers", "n_gpu_layers": "n_gpu_layers", "main_gpu": "main_gpu", "cache_ram": "cache_ram_mib",
    "seed": "sampling.seed", "yarn_orig_ctx": "yarn_orig_ctx", "keep": "n_keep", "poll": "cpuparams.poll",
    "timeout": "timeout_read timeout_write",
}  # fmt: skip
_FRACTIONS = {name: name for name in ("rope_freq_base", "rope_freq_scale", "yarn_ext_factor", "yarn_attn_factor")}
_TEXTS = {"model": "model.path", "chat_template": "chat_template"}
_SWITCHES = {
    "warmup": "warmup", "cont_batching": "cont_batching", "jinja": "use_jinja", "swa_full": "swa_full",
    "kv_unified": "kv_unified", "context_shift": "ctx_shift", "cache_prompt": "cache_prompt",
    "check_tensors": "check_tensors",
}  # fmt: skip
_CHOICES = {
    "cache_type_k": ("cache_type_k", "ggml_type", "GGML_TYPE_"),
    "cache_type_v": ("cache_type_v", "ggml_type", "GGML_TYPE_"),
    "split_mode": ("split_mode", "llama_split_mode", "LLAMA_SPLIT_MODE_"),
    "rope_scaling": ("rope_scaling_type", "llama_rope_scaling_type", "LLAMA_ROPE_SCALING_TYPE_"),
}
_ATTENTION = {"on": "ENABLED", "off": "DISABLED", "auto": "AUTO"}
_OWN = {"alias", "host", "flash_attn", "mmap", "mlock"}
OPTIONS = frozenset(_OWN.union(_NUMBERS, _FRACTIONS, _TEXTS, _SWITCHES, _CHOICES))


def main(arguments: Sequence[str]) -> NoReturn:
    """Serve until a signal ends the process.

    Raises:
        SystemExit: an option is unknown or its value cannot be, or the server cannot start.
    """
    try:
        import xllamacpp
    except ImportError as error:
        sys.exit(f"error: the wheel xllamacpp cannot be loaded: {error}")
    try:
        options = read_options(arguments)
        server = xllamacpp.Server(parameters(xllamacpp, options, key=os.environ.get("LLAMA_API_KEY")))
    except (RuntimeError, ValueError) as error:
        sys.exit(f"error: {error}")
    # the wheel's own way to stop may wait for ever where a stop follows a start closely
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.stderr.write(f"{server.listening_address}\n")
    while True:
        threading.Event().wait()


def read_options(arguments: Sequence[str]) -> dict[str, Said]:
    """Options as a command line has them: `--no-x` is false, `--x` without a value true.

    Raises:
        ValueError: an argument is no option, or one that the wheel does not know.
    """
    found: dict[str, Said] = {}
    left = list(arguments)
    while left:
        flag = left.pop(0)
        name, value = flag.removeprefix("--").replace("-", "_"), left[0] if left else "--"
        if name.startswith("no_") and name.removeprefix("no_") in OPTIONS:
            found[name.removeprefix("no_")] = False
        elif not flag.startswith("--") or name not in OPTIONS:
            raise ValueError(f"{flag}: the server of the wheel xllamacpp knows no such option")
        elif value.startswith("--"):
            found[name] = True
        else:
            found[name] = left.pop(0)
    return found


def parameters(library: ModuleType, options: Mapping[str, Said], *, key: str | None) -> Any:
    """The wheel's parameters as llama-server would take them from its command line.

    Raises:
        ValueError: a value is no number or none of the choices.
    """
    chosen = library.CommonParams()
    # as llama-server does: four places that share the context
    chosen.n_parallel = -1
    chosen.api_keys = [key] if key else []
    for name, value in options.items():
        try:
            for place, made in _placed(library, name, value, options):
                *holders, last = place.split(".")
                holder = chosen
                for one in holders:
                    holder = getattr(holder, one)
                setattr(holder, last, made)
        except (AttributeError, ValueError, TypeError, OverflowError):
            raise ValueError(f"--{name.replace('_', '-')}: {value!r} cannot be its value") from None
    return chosen


def _placed(library: ModuleType, name: str, value: Said, options: Mapping[str, Said]) -> list[tuple[str, Any]]:
    """Which parameters an option sets, and to what."""
    if name in _SWITCHES:
        return [(_SWITCHES[name], _switched(value))]
    if name in ("mmap", "mlock"):
        return [("load_mode", _load_mode(library, options))]
    if name == "flash_attn":
        said = ("on" if value else "off") if isinstance(value, bool) else value
        kind = f"LLAMA_FLASH_ATTN_TYPE_{_ATTENTION.get(said, said)}"
        return [("flash_attn_type", getattr(library.llama_flash_attn_type, kind))]
    if isinstance(value, bool):
        raise TypeError(name)
    if name in _CHOICES:
        place, kind, prefix = _CHOICES[name]
        return [(place, getattr(getattr(library, kind), prefix + value.upper()))]
    if name in _NUMBERS:
        return [(place, int(value)) for place in _NUMBERS[name].split()]
    if name in _FRACTIONS:
        return [(_FRACTIONS[name], float(value))]
    if name == "alias":
        return [("model_alias", {value})]
    if name == "host":
        return [("hostnames", [value])]
    return [(_TEXTS[name], value)]


def _load_mode(library: ModuleType, options: Mapping[str, Said]) -> Any:
    """The way the model is read: two options of llama-server are one parameter of the wheel."""
    mapped, locked = _switched(options.get("mmap", True)), _switched(options.get("mlock", False))
    mode = {(True, True): "MMAP_MLOCK", (True, False): "MMAP", (False, True): "MLOCK"}.get((mapped, locked), "NONE")
    return getattr(library.llama_load_mode, f"LLAMA_LOAD_MODE_{mode}")


def _switched(value: Said) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


if __name__ == "__main__":
    main(sys.argv[1:])
