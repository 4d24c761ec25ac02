"""The prebuilt server's parameters: each option of ours reaches the wheel that is installed."""

from typing import Any

import pytest

from evalkit.clients.llama_wheel import OPTIONS, parameters, read_options

pytestmark = pytest.mark.server

xllamacpp = pytest.importorskip("xllamacpp", reason="needs the extra 'server'")

# an option, and what it sets
SET = [
    ("--model a/b.gguf", "model.path", "a/b.gguf"),
    ("--alias b.gguf", "model_alias", {"b.gguf"}),
    ("--host 127.0.0.1", "hostnames", ["127.0.0.1"]),
    ("--port 4321", "port", 4321),
    ("--ctx-size 512", "n_ctx", 512),
    ("--parallel 3", "n_parallel", 3),
    ("--batch-size 64", "n_batch", 64),
    ("--ubatch-size 32", "n_ubatch", 32),
    ("--threads 3", "cpuparams.n_threads", 3),
    ("--threads-batch 2", "cpuparams_batch.n_threads", 2),
    ("--threads-http 5", "n_threads_http", 5),
    ("--gpu-layers 7", "n_gpu_layers", 7),
    ("--n-gpu-layers 7", "n_gpu_layers", 7),
    ("--main-gpu 1", "main_gpu", 1),
    ("--cache-ram 100", "cache_ram_mib", 100),
    ("--seed 9", "sampling.seed", 9),
    ("--yarn-orig-ctx 100", "yarn_orig_ctx", 100),
    ("--keep 4", "n_keep", 4),
    ("--poll 0", "cpuparams.poll", 0),
    ("--rope-freq-base 2.5", "rope_freq_base", 2.5),
    ("--rope-freq-scale 0.5", "rope_freq_scale", 0.5),
    ("--yarn-ext-factor 0.5", "yarn_ext_factor", 0.5),
    ("--yarn-attn-factor 0.5", "yarn_attn_factor", 0.5),
    ("--chat-template chatml", "chat_template", "chatml"),
    ("--no-warmup", "warmup", False),
    ("--no-cont-batching", "cont_batching", False),
    ("--no-jinja", "use_jinja", False),
    ("--swa-full", "swa_full", True),
    ("--kv-unified", "kv_unified", True),
    ("--context-shift", "ctx_shift", True),
    ("--no-cache-prompt", "cache_prompt", False),
    ("--check-tensors", "check_tensors", True),
    ("--cache-type-k q8_0", "cache_type_k", "GGML_TYPE_Q8_0"),
    ("--cache-type-v bf16", "cache_type_v", "GGML_TYPE_BF16"),
    ("--split-mode row", "split_mode", "LLAMA_SPLIT_MODE_ROW"),
    ("--rope-scaling yarn", "rope_scaling_type", "LLAMA_ROPE_SCALING_TYPE_YARN"),
    ("--flash-attn", "flash_attn_type", "LLAMA_FLASH_ATTN_TYPE_ENABLED"),
    ("--no-flash-attn", "flash_attn_type", "LLAMA_FLASH_ATTN_TYPE_DISABLED"),
    ("--flash-attn auto", "flash_attn_type", "LLAMA_FLASH_ATTN_TYPE_AUTO"),
    ("--no-mmap", "load_mode", "LLAMA_LOAD_MODE_NONE"),
    ("--mlock", "load_mode", "LLAMA_LOAD_MODE_MMAP_MLOCK"),
    ("--no-mmap --mlock", "load_mode", "LLAMA_LOAD_MODE_MLOCK"),
    ("--timeout 33", "timeout_read", 33),
    ("--timeout 33", "timeout_write", 33),
]


def made(line: str) -> Any:
    return parameters(xllamacpp, read_options(line.split()), key="k")


@pytest.mark.parametrize(("line", "place", "value"), SET)
def test_an_option_sets_its_parameter(line: str, place: str, value: object) -> None:
    found = made(line)
    for name in place.split("."):
        found = getattr(found, name)
    assert getattr(found, "name", found) == value


def test_every_option_that_is_known_is_tried_here() -> None:
    assert {name for line, *_ in SET for name in read_options(line.split())} == OPTIONS


def test_the_key_is_asked_for_and_there_are_as_many_places_as_in_llama_server() -> None:
    chosen = made("--port 1")
    assert (list(chosen.api_keys), chosen.n_parallel) == (["k"], -1)


@pytest.mark.parametrize(
    "line", ["--ctx-size many", "--ctx-size", "--cache-type-k q99", "--flash-attn perhaps", "--mmap yes", "--alias"]
)
def test_a_value_that_cannot_be_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"^--[a-z-]+: .* cannot be its value$"):
        made(line)
