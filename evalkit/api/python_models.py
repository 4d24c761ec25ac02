"""Models that are Python functions, made into configurations that `generate` asks."""

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, overload

from evalkit.api.door import home
from evalkit.api.function_identity import fingerprint, name_of, only_this_run
from evalkit.api.python_judges import CLIENT, TIMEOUT
from evalkit.clients import AnsweringFunction
from evalkit.errors import ConfigError
from evalkit.judge_spec import PYTHON, model_digest, read_model, with_address
from evalkit.types import InProcess, ModelConfig

# a function that answers: it gets an instruction, or the messages so far where there are several turns
Answer = Callable[[Any], Any]


@dataclass(frozen=True, eq=False, repr=False)
class ModelFunction:
    """A function that answers instructions, with its name and its version; a call takes `timeout` seconds at most."""

    function: Answer
    name: str
    version: str | None = None
    timeout: float = TIMEOUT
    description: str = ""

    def __call__(self, said: str | Sequence[Mapping[str, str]]) -> Any:
        return self.function(said)

    def __repr__(self) -> str:
        return f"<model {self.name!r}, version {self.version!r}>"

    def config(self) -> ModelConfig:
        """The model as a configuration.

        Raises:
            ConfigError: the name or the timeout cannot be a model's.
        """
        if not self.name.strip():
            raise ConfigError("a model needs a name. Give it with @evalkit.model(name=...)")
        if not self.timeout > 0:
            raise ConfigError(f"model {self.name!r}: timeout: expected seconds, found {self.timeout!r}")
        identity = self.version if self.version is not None else f"unversioned {fingerprint(self.function)}"
        config = ModelConfig(
            name=self.name,
            client=CLIENT,
            model=self.name,
            description=self.description,
            timeout=self.timeout,
            in_process=InProcess(
                AnsweringFunction(self.function, timeout=self.timeout, home=home()),
                f"{PYTHON}{self.name}:{identity}",
                run=only_this_run() if self.version is None else "",
            ),
        )
        return dataclasses.replace(config, digest=model_digest(config))


# what `generate` takes as its model
ModelLike = str | PathLike[str] | ModelConfig | ModelFunction | Answer


@overload
def model(function: Answer, /) -> ModelFunction: ...


@overload
def model(
    *, name: str | None = None, version: str | None = None, timeout: float = TIMEOUT
) -> Callable[[Answer], ModelFunction]: ...


def model(
    function: Answer | None = None,
    /,
    *,
    name: str | None = None,
    version: str | None = None,
    timeout: float = TIMEOUT,
) -> Any:
    """Make a model of a function, as a decorator.

    The function gets the instruction as text and returns the answer. In a conversation of several turns it gets, from
    the second turn on, the list of messages so far, dictionaries with `role` and `content`. It may be a coroutine
    function; any other runs in threads, `concurrency` of them at a time.

    Args:
        name: the model's name in files and on boards; the function's own by default.
        version: what you change when the function's answers change. With a version, answers are stored and never asked
            for again; without one, every run asks anew.
        timeout: seconds after which a call is given up; its answer is then missing.

    Example:
        >>> import evalkit as ek
        >>> @ek.model(name="echo", version="1")
        ... def echo(instruction):
        ...     return f"You said: {instruction}"
        >>> ek.generate(echo, questions="questions.json").frame
    """

    def made(function: Answer) -> ModelFunction:
        description = (function.__doc__ or "").strip().partition("\n")[0]
        return ModelFunction(function, name or name_of(function), version, timeout, description)

    return made if function is None else made(function)


def model_config(given: ModelLike, *, name: str | None = None, base_url: str | None = None) -> ModelConfig:
    """The configuration of a model that is given as a file, as a configuration or as a function.

    Args:
        name: another model of the endpoint to ask instead of the given one, which also becomes its name.
        base_url: the address to ask instead of the given one.

    Raises:
        ConfigError: the file is wrong, or the value is no model.
    """
    if isinstance(given, str | PathLike):
        return read_model(os.fspath(given), model=name, base_url=base_url)
    if isinstance(given, ModelConfig):
        changed = given if name is None else dataclasses.replace(given, name=name, model=name)
        changed = with_address(changed, base_url)
        return dataclasses.replace(changed, digest=model_digest(changed))
    if isinstance(given, ModelFunction) or callable(given):
        function = given if isinstance(given, ModelFunction) else model(given)
        if name is not None:
            raise ConfigError(f"--model-name {name}: model {function.name!r} is a Python function and has no endpoint")
        if base_url is not None:
            raise ConfigError(f"--base-url: model {function.name!r} is a Python function and asks no endpoint")
        return function.config()
    raise ConfigError(f"model: expected a path, a function or a ModelConfig, found {type(given).__name__}")


def answered_anew(config: ModelConfig) -> str | None:
    """A note on a model whose answers no later run finds again; None for any other."""
    if config.in_process is None or not config.in_process.run:
        return None
    return (
        f"model {config.name!r}: nothing names what decides its answers, so that every run asks anew. Give the "
        "function a name and a version with @evalkit.model"
    )
