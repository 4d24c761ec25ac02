"""Judges, parsers and clients that are Python objects, made into configurations that any run takes."""

import dataclasses
import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from evalkit.api.door import home
from evalkit.api.function_identity import fingerprint, name_of, only_this_run
from evalkit.clients import FunctionClient, ObjectClient, Pair, Single, said, verdict_fields
from evalkit.errors import ConfigError, NoVerdict, RejectedRequest
from evalkit.judge_spec import (
    GRADE,
    ORDERS,
    P_FIRST,
    PYTHON,
    digest,
    judge_names,
    read_judge,
    scale,
    with_address,
    with_orders,
)
from evalkit.types import (
    ChatReply,
    InProcess,
    JudgeConfig,
    Labels,
    Preference,
    Rating,
    Unparsed,
    Verdict,
)

CLIENT = "python"
TIMEOUT = 300.0
Shown = TypeVar("Shown", Pair, Single)
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, eq=False, repr=False)
class JudgeFunction(Generic[Shown]):
    """A function that judges, with its name, its version and the form of its verdicts.

    With a `scale` it grades single answers from its low to its high end, and without a scale it compares two.
    `orders` says whether it sees each pair in `one` order or in `both`. A call takes `timeout` seconds at most.
    """

    function: Callable[[Shown], Any]
    name: str
    version: str | None = None
    scale: tuple[float, float] | None = None
    orders: str = "one"
    timeout: float = TIMEOUT
    description: str = ""

    def __call__(self, shown: Shown) -> Any:
        return self.function(shown)

    def __repr__(self) -> str:
        return f"<judge {self.name!r}, version {self.version!r}>"

    def config(self) -> JudgeConfig:
        """The judge as a configuration.

        Raises:
            ConfigError: the name, the scale or the orders cannot be a judge's.
        """
        self._check()
        identity = self.version if self.version is not None else f"unversioned {fingerprint(self.function)}"
        if self.scale is not None:
            # a grade on one scale is no grade on another
            identity += f" from {self.scale[0]:g} to {self.scale[1]:g}"
        client = FunctionClient(self.function, scale=self.scale, timeout=self.timeout, home=home())
        config = JudgeConfig(
            name=self.name,
            client=CLIENT,
            model=self.name,
            description=self.description,
            parser="function_result",
            parser_options={} if self.scale is None else {"low": self.scale[0], "high": self.scale[1]},
            asks="pair" if self.scale is None else "grade",
            orders=self.orders,
            timeout=self.timeout,
            reasks=0,
            in_process=InProcess(
                client,
                f"{PYTHON}{self.name}:{identity}",
                asks=False,
                run=only_this_run() if self.version is None else "",
            ),
        )
        return dataclasses.replace(config, digest=digest(config))

    def _check(self) -> None:
        _check_names("judge", self.name, self.version)
        if not self.name.strip():
            raise ConfigError("a judge needs a name. Give it with @evalkit.judge(name=...)")
        if self.name in judge_names():
            raise ConfigError(f"a shipped judge is called {self.name!r} already. Give the function another name")
        if self.orders not in ORDERS:
            raise ConfigError(
                f"judge {self.name!r}: orders: expected one of {', '.join(ORDERS)}, found {self.orders!r}"
            )
        if self.scale is not None and not _is_scale(self.scale):
            raise ConfigError(f"judge {self.name!r}: scale: expected a low end and a higher one, found {self.scale!r}")
        if not (_is_number(self.timeout) and self.timeout > 0):
            raise ConfigError(f"judge {self.name!r}: timeout: expected seconds, found {self.timeout!r}")


@dataclass(frozen=True, eq=False, repr=False)
class ParserFunction:
    """A function that reads replies, with its name and its version."""

    function: Callable[[ChatReply, Labels], Any]
    name: str
    version: str | None = None

    def __call__(self, reply: ChatReply, labels: Labels) -> Any:
        return self.function(reply, labels)

    def __repr__(self) -> str:
        return f"<parser {self.name!r}, version {self.version!r}>"

    def applied(self, config: JudgeConfig) -> JudgeConfig:
        """The judge with its replies read by this function."""
        _check_names("parser", self.name, self.version)
        identity = self.version if self.version is not None else f"unversioned {fingerprint(self.function)}"
        own = config.in_process or InProcess()
        read = functools.partial(_read, self.function, scale(config) if config.asks == "grade" else None)
        changed = dataclasses.replace(
            config, parser=f"{PYTHON}{self.name}:{identity}", in_process=dataclasses.replace(own, parser=read)
        )
        return dataclasses.replace(changed, digest=digest(changed))


# what `judge=` takes
JudgeLike = str | PathLike[str] | JudgeConfig | JudgeFunction[Any] | Callable[[Any], Any]


@overload
def judge(function: Callable[[Shown], Any], /) -> JudgeFunction[Shown]: ...


@overload
def judge(
    *,
    name: str | None = None,
    version: str | None = None,
    scale: tuple[float, float] | None = None,
    orders: str = "one",
    timeout: float = TIMEOUT,
) -> Callable[[Callable[[Shown], Any]], JudgeFunction[Shown]]: ...


def judge(
    function: Callable[[Any], Any] | None = None,
    /,
    *,
    name: str | None = None,
    version: str | None = None,
    scale: tuple[float, float] | None = None,
    orders: str = "one",
    timeout: float = TIMEOUT,
) -> Any:
    """Make a judge of a function, as a decorator.

    The function gets a `Pair` and returns "first", "second", "tie" or the probability from 0 to 1 that the first answer
    is better; or, with a `scale`, it gets a `Single` and returns a grade. It raises `NoVerdict(reason)` where it has no
    verdict. It may be a coroutine function; any other runs in threads, `concurrency` of them at a time.

    Args:
        name: the judge's name on boards and in results; the function's own by default.
        version: what you change when the function's verdicts change. With a version, verdicts are stored and never
            asked again; without one, every run asks anew.
        scale: the lowest and the highest grade of a function that grades single answers.
        orders: `one` shows each pair in one order, balanced over the instructions, and `both` in both.
        timeout: seconds after which a call is given up; its verdict is then missing.

    Example:
        >>> import evalkit as ek
        >>> @ek.judge(name="shorter", version="1")
        ... def shorter(pair):
        ...     return "first" if len(pair.first) < len(pair.second) else "second"
    """

    def made(function: Callable[[Any], Any]) -> JudgeFunction[Any]:
        check_function("judge", function)
        said = function.__doc__
        description = said.strip().partition("\n")[0] if isinstance(said, str) else ""
        return JudgeFunction(function, name or name_of(function), version, scale, orders, timeout, description)

    return made if function is None else made(function)


@overload
def parser(function: Callable[[ChatReply, Labels], Any], /) -> ParserFunction: ...


@overload
def parser(
    *, name: str | None = None, version: str | None = None
) -> Callable[[Callable[[ChatReply, Labels], Any]], ParserFunction]: ...


def parser(
    function: Callable[[ChatReply, Labels], Any] | None = None,
    /,
    *,
    name: str | None = None,
    version: str | None = None,
) -> Any:
    """Make a parser of a function, as a decorator.

    The function gets a `ChatReply` and the `Labels` of the two answers, and returns what a judge's function returns: a
    word, a probability or, for a judge that grades, a grade. It raises `NoVerdict(reason)` where the reply has none.

    Args:
        name: the function's own by default.
        version: what you change when the function reads replies otherwise. Stored replies are read anew, never asked
            again.

    Example:
        >>> import evalkit as ek
        >>> @ek.parser(name="last_word", version="1")
        ... def last_word(reply, labels):
        ...     words = reply.text.split()
        ...     if not words or words[-1] not in (labels.first, labels.second):
        ...         raise ek.NoVerdict("the last word is no label")
        ...     return "first" if words[-1] == labels.first else "second"
    """

    def made(function: Callable[[ChatReply, Labels], Any]) -> ParserFunction:
        check_function("parser", function)
        return ParserFunction(function, name or name_of(function), version)

    return made if function is None else made(function)


def judge_config(
    given: JudgeLike,
    *,
    model: str | None = None,
    orders: str | None = None,
    client: object | None = None,
    parser: Callable[[ChatReply, Labels], Any] | None = None,
    base_url: str | None = None,
) -> JudgeConfig:
    """The configuration of a judge that is given by name, as a file, as a configuration or as a function.

    Args:
        model: the model to ask instead of the judge's own.
        orders: `one` or `both`, instead of the judge's own.
        client: an object with `async complete(request)` that answers instead of the judge's own client.
        parser: a function that reads the replies instead of the judge's own parser.
        base_url: the address to ask instead of the judge's own.

    Raises:
        ConfigError: there is no such judge, or its file is wrong.
    """
    config = _given(given, model=model, base_url=base_url, own_parser=parser is not None)
    if client is not None:
        config = _with_client(config, client)
    if parser is not None:
        config = (parser if isinstance(parser, ParserFunction) else _parser_of(parser)).applied(config)
    # an answer that is graded alone has no order: the judge stays as it was
    return config if orders is None or config.asks == "grade" else with_orders(config, orders)


def _given(given: JudgeLike, *, model: str | None, base_url: str | None, own_parser: bool) -> JudgeConfig:
    if isinstance(given, str | PathLike):
        name = str(Path(given)) if isinstance(given, PathLike) else given
        return read_judge(name, model=model, base_url=base_url, own_parser=own_parser)
    if isinstance(given, JudgeConfig):
        changed = given if model is None else dataclasses.replace(given, model=model)
        changed = with_address(changed, base_url)
        return dataclasses.replace(changed, digest=digest(changed))
    if isinstance(given, JudgeFunction) or callable(given):
        function = given if isinstance(given, JudgeFunction) else judge(given)
        if model is not None:
            raise ConfigError(f"--judge-model {model}: judge {function.name!r} is a Python function and asks no model")
        if base_url is not None:
            raise ConfigError(f"--base-url: judge {function.name!r} is a Python function and asks no endpoint")
        return function.config()
    raise ConfigError(f"judge: expected a name, a path, a function or a JudgeConfig, found {type(given).__name__}")


def _with_client(config: JudgeConfig, client: object) -> JudgeConfig:
    name = getattr(client, "endpoint", None)
    if not callable(getattr(client, "complete", None)):
        raise ConfigError(f"client: expected an object with `async complete(request)`, found {type(client).__name__}")
    if config.prompt_text is None:
        raise ConfigError(f"client: judge {config.name!r} has no prompt and asks no model. Leave client out")
    named = isinstance(name, str) and bool(name)
    own = dataclasses.replace(
        config.in_process or InProcess(),
        client=ObjectClient(client, timeout=config.timeout),
        endpoint=f"{PYTHON}{name if named else type(client).__qualname__}",
        asks=bool(getattr(client, "asks", True)),
        run="" if named else only_this_run(),
    )
    changed = dataclasses.replace(config, client=CLIENT, in_process=own)
    return dataclasses.replace(changed, digest=digest(changed))


def _read(
    function: Callable[[ChatReply, Labels], Any], scale: tuple[float, float] | None, reply: ChatReply, labels: Labels
) -> Verdict:
    """The verdict that a user's function reads; whatever it raises leaves the reply without a verdict."""
    try:
        found = function(reply, labels)
        if isinstance(found, Unparsed):
            return found
        if isinstance(found, Preference) and scale is None:
            verdict_fields(found.p_first, scale)
            return found
        if isinstance(found, Rating) and scale == (found.low, found.high):
            verdict_fields(found.value, scale)
            return found
        fields = verdict_fields(found, scale)
    except (NoVerdict, RejectedRequest) as error:
        return Unparsed(str(error) or "no verdict and no reason")
    except (Exception, SystemExit) as error:  # noqa: BLE001 (a parser that fails must not cost the reply that it was to read)
        return Unparsed(f"the parser raised {said(error)}")
    return Preference(fields[P_FIRST]) if scale is None else Rating(fields[GRADE], *scale)


def _parser_of(function: Callable[[ChatReply, Labels], Any]) -> ParserFunction:
    check_function("parser", function)
    return ParserFunction(function, name_of(function))


def check_function(kind: str, given: object) -> None:
    """Refuse what a decorator was given in place of a function.

    Raises:
        ConfigError: it cannot be called.
    """
    if not callable(given):
        raise ConfigError(f"{kind}: expected a function, found {given!r}. A name goes into @evalkit.{kind}(name=...)")
    if kind != "judge" and inspect.iscoroutinefunction(given):
        raise ConfigError(f"{kind} {name_of(given)!r}: expected a plain function, found a coroutine function")


def _check_names(kind: str, name: object, version: object) -> None:
    """Refuse what cannot be a part of the key of stored replies."""
    for keyword, text in (("name", name), ("version", version)):
        if text is not None and not (isinstance(text, str) and _encodable(text)):
            raise ConfigError(f"{kind} {name!r}: {keyword}: expected text, found {text!r}")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_scale(scale: object) -> bool:
    if not isinstance(scale, tuple | list) or len(scale) != 2 or not all(map(_is_number, scale)):
        return False
    return bool(-math.inf < scale[0] < scale[1] < math.inf)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return not math.isnan(value)
    except OverflowError:
        return False


def judge_name(given: JudgeLike | None) -> str | None:
    """The name under which a judge's verdicts are filed; None for no judge."""
    if given is None or isinstance(given, str):
        return given
    return given.name if isinstance(given, JudgeConfig | JudgeFunction) else judge_config(given).name


def judges_at_hand(given: JudgeLike | None) -> tuple[JudgeConfig, ...]:
    """The judge's configuration where it is an object of this process, which may have a parser that no store keeps."""
    return (given,) if isinstance(given, JudgeConfig) else ()


def asked_anew(config: JudgeConfig) -> str | None:
    """A note on a judge whose replies no later run finds again; None for any other."""
    if config.in_process is None or not config.in_process.run:
        return None
    return (
        f"judge {config.name!r}: nothing names what decides its verdicts, so that every run asks anew. Give the "
        "function a name and a version with @evalkit.judge, or the client an attribute `endpoint`"
    )
