"""Keys are told from names by their shape, and names are no keys."""

import csv
import random
import string
import uuid
from pathlib import Path

import pytest

from evalkit.redaction import looks_like_key, replace_keys, replace_random_words
from tests.conftest import REAL_DATA

LETTERS = string.ascii_letters + string.digits


def drawn(n: int, letters: str = LETTERS, *, seed: int = 1) -> str:
    return "".join(random.Random(seed).choices(letters, k=n))


# by prefix, so that this file holds no whole key
KEYS = {
    **{prefix: prefix + drawn(32) for prefix in (
        "sk-", "sk-proj-", "sk-ant-api03-", "sk-or-v1-", "hf_", "gsk_", "xai-", "pplx-", "r8_", "nvapi-", "ghp_",
        "gho_", "github_pat_", "glpat-", "npm_", "AIza", "Bearer ",
    )},
    "sk- of few letters": "sk-" + "canary-" + "0123456789abcdef",
    "AKIA": "AKIA" + drawn(16, string.ascii_uppercase + string.digits),
    "xoxb-": "xoxb-" + "123456789012-" + drawn(20),
    "a web token": ".".join(["eyJ" + drawn(30), "eyJ" + drawn(40), drawn(43)]),
    "a private key": "\n".join(["-----BEGIN " + "PRIVATE KEY-----", drawn(64), "-----END " + "PRIVATE KEY-----"]),
    "letters": drawn(40),
    "small letters": drawn(40, string.ascii_lowercase + string.digits),
    "letters with signs": "-".join([drawn(17), drawn(19, seed=2)]),
}  # fmt: skip
NAMES = [
    *("claude-3-5-sonnet-20241022", "gpt-4o-2024-08-06", "Meta-Llama-3.1-405B-Instruct-Turbo", "text_davinci_003"),
    *("mistralai/Mixtral-8x7B-Instruct-v0.1", "Qwen2.5-14B-Instruct-GPTQ-Int4",),
    *("DeepSeek-R1-Distill-Qwen-32B-Q4_K_M.gguf", "CodeLlama-34b-Instruct-hf"),
    *("ft:gpt-4o-mini-2024-07-18:acme:custom:AbC123xY", "accounts/fireworks/models/qwen2p5-vl-32b-instruct"),
    *("meta-llama/Llama-3.1-405B-Instruct-FP8-dynamic-W4A16", "us.anthropic.claude-3-5-sonnet-20241022-v2:0"),
    *("sk-learn-random-forest-100", "sk-model-20241022", "hf_hub_download_with_progress_bar", "task-0123456789abcdef"),
    *("weighted_alpaca_eval_gpt4_turbo", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "results/2024-11-05T10:22:31.json"),
    *("da39a3ee5e6b4b0d3255bfef95601890afd80709", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"),
    *("sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "550e8400-e29b-41d4-a716-446655440000"),
    *("StarlingLM7BbetaExPOv2Preview", "Größe", "模型-7B-聊天", ""),
]  # fmt: skip


@pytest.mark.parametrize("kind", list(KEYS))
def test_a_key_is_told_by_its_shape(kind: str) -> None:
    assert looks_like_key(KEYS[kind])
    shown = replace_random_words(replace_keys(f"a {KEYS[kind]} b", "[secret]"), "[secret]")
    assert KEYS[kind][-20:] not in shown and shown.startswith("a ") and shown.endswith(" b")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_key(name: str) -> None:
    assert not looks_like_key(name)


def test_no_digest_and_no_identifier_is_a_key() -> None:
    source = random.Random(7)
    for _ in range(500):
        assert not looks_like_key(str(uuid.UUID(int=source.getrandbits(128))))
        assert not looks_like_key(f"{source.getrandbits(256):064x}")


def test_most_words_that_are_drawn_at_random_are_told() -> None:
    for n in (24, 32, 48):
        assert sum(looks_like_key(drawn(n, seed=seed)) for seed in range(300)) > 0.9 * 300


@pytest.mark.parametrize("before", ["\\n", "\\u003d", "%20", "=", "'", "(", "key:", "/"])
def test_a_key_is_found_behind_an_escape_and_not_within_a_word(before: str) -> None:
    assert replace_keys(before + KEYS["sk-"], "[secret]") == f"{before}[secret]"
    assert replace_keys("ta" + KEYS["sk-"], "[secret]") == "ta" + KEYS["sk-"]


def test_no_published_model_is_called_like_a_key() -> None:
    tables = [*REAL_DATA.glob("alpaca_eval/published*.csv"), *REAL_DATA.glob("human/*.csv")]
    if not tables:
        pytest.skip("the published tables are not beside this checkout")
    assert [cell for path in tables for cell in cells(path) if looks_like_key(cell)] == []


def cells(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [cell for row in csv.reader(file) for cell in row[:2]]
