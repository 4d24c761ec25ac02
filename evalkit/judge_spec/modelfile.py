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
_OPTION = re.compile(r"[a-z][a-z_]*")
# evalkit sets these itself, or they would fetch or write files
_CLOSED_OPTIONS = {
    "host", "port", "api_key", "api_key_file", "model", "alias", "model_url", "hf_repo", "hf_file", "hf_token",
    "docker_repo", "mmproj_url", "lora_url", "log_file", "slot_save_path", "tools", "path",
}  # fmt: skip
# settings that change how fast the server is and how much fits, but not its replies
_SPEED_OPTIONS = {
    "ctx_size", "parallel", "threads", "threads_batch", "threads_http", "batch_size", "ubatch_size", "gpu_layers",
    "n_gpu_layers", "mlock", "mmap", "prio", "numa", "cache_ram", "timeout", "warmup", "cont_batching",
}  # fmt: skip
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
    """Refuse settings that are not plain options of the server, or that evalkit makes itself.

    Raises:
        ConfigError: a setting is refused; the message names the judge's file at `path` and the setting.
    """
    if config.server and config.client != LOCAL:
        raise ConfigError(f"{path}: server: only a judge with client: {LOCAL} has one. Leave it out")
    for name, value in config.server.items():
        if not _OPTION.fullmatch(name) or name in _CLOSED_OPTIONS:
            raise ConfigError(
                f"{path}: server: {name!r} cannot be set. Write an option of llama-server in small letters and "
                "underscores, such as ctx_size"
            )
        if not isinstance(value, bool | int | float | str) or (isinstance(value, str) and not value.isprintable()):
            raise ConfigError(f"{path}: server: {name}: expected a number, a text or a truth value, found {value!r}")
