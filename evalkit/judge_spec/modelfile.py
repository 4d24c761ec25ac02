"""A judge's model as a file on this machine: its path, its identity, and the settings of its server."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from evalkit.errors import ConfigError
from evalkit.types import ModelConfig

LOCAL = "local"
_VARIABLE = re.compile(r"\$\{(\w+)\}")
# settings that change how fast the server is and how much fits, but not its replies
_SPEED_OPTIONS = {
    "ctx_size", "parallel", "threads", "threads_batch", "threads_http", "batch_size", "ubatch_size", "gpu_layers",
    "n_gpu_layers", "mlock", "mmap", "prio", "numa", "cache_ram", "timeout", "warmup", "cont_batching",
}  # fmt: skip
# the settings that evalkit passes on: each is about the model file alone. Others load adapters, templates, grammars or
# whole models from elsewhere, send work to other machines, or open the server and its files to others
_SWITCHES = {
    "mlock", "mmap", "warmup", "cont_batching", "kv_offload", "kv_unified", "swa_full", "op_offload", "repack",
    "cpu_moe", "context_shift", "cache_prompt", "check_tensors", "jinja", "ignore_eos", "flash_attn",
}  # fmt: skip
_NUMBERS = {
    "ctx_size", "parallel", "threads", "threads_batch", "threads_http", "batch_size", "ubatch_size", "gpu_layers",
    "n_gpu_layers", "main_gpu", "n_cpu_moe", "prio", "prio_batch", "poll", "poll_batch", "cache_ram", "cache_reuse",
    "timeout", "keep", "n_predict", "predict", "defrag_thold", "seed", "rope_scale", "rope_freq_base",
    "rope_freq_scale", "yarn_orig_ctx", "yarn_ext_factor", "yarn_attn_factor", "yarn_beta_slow", "yarn_beta_fast",
    "temp", "top_k", "top_p", "min_p", "typical", "repeat_last_n", "repeat_penalty", "presence_penalty",
    "frequency_penalty", "reasoning_budget",
}  # fmt: skip
_TEXTS = {
    "cache_type_k", "cache_type_v", "split_mode", "tensor_split", "rope_scaling", "numa", "device", "flash_attn",
    "override_kv", "chat_template", "reasoning_format", "gpu_layers", "n_gpu_layers",
}  # fmt: skip
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_READ_BYTES = 2**20


def locate_model(path: Path, fields: Mapping[str, Any], *, beside: Path) -> dict[str, str]:
    """The path of a model's file as the address, and its name alone as the model: folders decide no verdict.

    Raises:
        ConfigError: the judge's file at `path` has keys that only an endpoint elsewhere can have.
    """
    for key in ("base_url", "headers", "rates", "tls"):
        if key in fields:
            raise ConfigError(f"{path}: {key}: a judge with client: {LOCAL} has none. Leave it out")
    written = _VARIABLE.sub(lambda found: os.environ.get(found.group(1)) or found.group(0), fields["model"])
    if "${" in written:
        return {"base_url": written}
    file = (beside / Path(written).expanduser()).resolve()
    return {"base_url": file.as_uri(), "model": file.name}


def model_file(config: ModelConfig) -> Path:
    """The path of the model of a judge with the client `local`.

    Raises:
        ConfigError: there is no such file.
    """
    written = config.base_url or ""
    if (variable := _VARIABLE.search(written)) is not None:
        raise ConfigError(
            f"judge {config.name!r}: model: the environment variable {variable.group(1)} is not set. "
            "Set it to the path of a GGUF file"
        )
    path = Path(unquote(urlsplit(written).path))
    if not path.is_file():
        raise ConfigError(f"judge {config.name!r}: model: {path}: no such file. Name a model in GGUF form")
    return path


def model_name(config: ModelConfig) -> str:
    """Name a local model by its file's name and eight digits for its content and for settings that change its answers.

    Raises:
        ConfigError: there is no such file, or it cannot be read.
    """
    path = model_file(config)
    said = {name: value for name, value in config.server.items() if name not in _SPEED_OPTIONS}
    content = hashlib.sha256(json.dumps(said, sort_keys=True).encode() if said else b"")
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            content.update(str(size).encode())
            # a digest of the whole file would take minutes; two models of one size differ at their ends
            for start in (0, max(0, size - _READ_BYTES)):
                file.seek(start)
                content.update(file.read(_READ_BYTES))
    except OSError as error:
        raise ConfigError(f"judge {config.name!r}: model: {path}: {error.strerror}") from None
    return f"{path.name}:{content.hexdigest()[:8]}"


def check_server(path: Path, config: ModelConfig) -> None:
    """Refuse settings other than the plain options of the server that are known to load nothing from elsewhere.

    Raises:
        ConfigError: a setting is refused; the message names the judge's file at `path` and the setting.
    """
    if config.server and config.client != LOCAL:
        raise ConfigError(f"{path}: server: only a judge with client: {LOCAL} has one. Leave it out")
    for name, value in config.server.items():
        if name not in _SWITCHES | _NUMBERS | _TEXTS:
            raise ConfigError(
                f"{path}: server: {name!r} cannot be set. Write an option of llama-server in small letters and "
                f"underscores, such as ctx_size. Known: {', '.join(sorted(_SWITCHES | _NUMBERS | _TEXTS))}"
            )
        if not _fits(name, value):
            kinds = {"a number": _NUMBERS, "a text": _TEXTS, "a truth value": _SWITCHES}
            plain = isinstance(value, bool | int | float | str)
            expected = " or ".join(kind for kind, names in kinds.items() if name in names)
            expected = expected if plain else "a number, a text or a truth value"
            raise ConfigError(f"{path}: server: {name}: expected {expected}, found {value!r}")


def _fits(name: str, value: Any) -> bool:
    """True for a value of the option's own kind, so that none is taken for an option of its own."""
    if isinstance(value, bool):
        return name in _SWITCHES
    if isinstance(value, int | float):
        return name in _NUMBERS
    if not isinstance(value, str) or not value.isprintable():
        return False
    return bool(_NUMBER.fullmatch(value)) if name not in _TEXTS else not value.startswith("-")
