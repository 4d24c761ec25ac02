"""Writes a judge as one YAML file that can be copied and changed, with its prompt in it."""

import json
import re
from pathlib import Path

from evalkit import assets
from evalkit.documents import parse_yaml, read_text, read_yaml
from evalkit.errors import ConfigError
from evalkit.judge_spec.config import holds_prompt, read_judge

_PROMPT = re.compile(r"^prompt:.*\n", re.MULTILINE)


def copied_judge(name: str) -> str:
    """The text of the YAML file of the judge that `name` means, with its prompt in place of the prompt's name.

    The copy has the digest of the original until something that decides verdicts is changed. Paths in it count from
    the folder of the copy.

    Raises:
        ConfigError: there is no such judge, or its file is wrong.
    """
    config = read_judge(name)
    path = assets.find("annotators", name, ".yaml", noun="judge")
    text = read_text(path)
    text = text if text.endswith("\n") else f"{text}\n"
    if config.prompt_text is None or holds_prompt(read_yaml(path)):
        return text
    for written in (_block(config.prompt_text), json.dumps(config.prompt_text)):
        copy = _PROMPT.sub("", text) + f"prompt: {written}\n"
        if _holds(copy, config.prompt_text, path):
            return copy
    raise ConfigError(f"{path}: prompt: cannot be copied. Write each key on a line of its own")


def _holds(copy: str, prompt: str, path: Path) -> bool:
    """True if the copy is the file with this prompt."""
    try:
        read = parse_yaml(copy, str(path))
    except ConfigError:
        return False
    return bool(read.get("prompt") == prompt)


def _block(prompt: str) -> str:
    """The prompt as a block of lines."""
    end = "" if prompt.endswith("\n") else "-"
    lines = [f"  {line}" if line else "" for line in prompt.removesuffix("\n").split("\n")]
    return "\n".join([f"|2{end}", *lines])
