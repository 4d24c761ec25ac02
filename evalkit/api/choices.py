"""Chooses what a task for judges leaves open: its benchmark, its judge and its baseline; and says what was chosen."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.catalog import (
    BESIDE_OUTPUTS,
    AskedSet,
    Benchmark,
    Likeness,
    asked_in,
    benchmark_names,
    check_not_mistyped,
    fetch_baseline,
    find_benchmark,
    foreign,
    own_baseline_source,
    own_benchmark,
    own_likeness,
    shipped_likeness,
)
from evalkit.errors import ConfigError, InputError
from evalkit.formats import PREFIX, SUFFIXES, Rows, named_as_file, stem
from evalkit.judge_spec import OFFLINE, judge_names
from evalkit.sources import (
    BENCHMARK,
    RECORDED,
    holds_others,
    kept_benchmark,
    known_benchmark,
    like_stored,
    stored_answers,
)
from evalkit.store import Address, Store, open_store, store_exists
from evalkit.text import plural
from evalkit.types import JudgeConfig

# a judge that is offline and needs no key, and the one that is asked where a key or an endpoint is at hand
OFFLINE_JUDGE, ASKED_JUDGE = "surface", "alpaca_eval_2"
KEY_VARIABLE, ADDRESS_VARIABLE = "OPENAI_API_KEY", "OPENAI_BASE_URL"
# the names under which people keep a baseline's answers beside those of their models
# the file of a model's answers in a folder of AlpacaEval's results
_MODEL_OUTPUTS = "model_outputs.json"
# a baseline that nobody named is taken only if it answers this share of the instructions
_MOST = 0.9
# in bytes: a larger file beside the outputs is not read only to see what it is
_LONGEST_OTHER = 2**26

Outputs = Sequence[str | Rows]


@dataclass(frozen=True, slots=True)
class Place:
    """The place where verdicts are kept: the store's address, and the folder of results."""

    url: Address
    results: Path

    def opened(self) -> Store | None:
        """The store; None where there is none yet."""
        return open_store(self.url) if store_exists(self.url) else None


def check_no_file(name: str, place: Place) -> None:
    """Refuse the path of a file where a model is meant that has verdicts.

    Raises:
        InputError: the name ends as a file does, and the store has no such model.
    """
    if not named_as_file(name):
        return
    opened = place.opened()
    if opened is not None:
        with opened as store:
            if any(name in models for models in store.benchmarks().values()):
                return
    if Path(name).exists():
        raise InputError(f"{name}: is a file, and no model that has verdicts. Give the model's name, as {stem(name)}")
    raise InputError(f"{name}: no such file")


@dataclass(frozen=True, slots=True)
class ChosenBenchmark:
    """The benchmark of some outputs, and the notes on how it was told."""

    benchmark: Benchmark
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChosenJudge:
    """A judge that nobody named; `reason` says why it is this one, and how to get another."""

    judge: str | JudgeConfig
    reason: str
    costs: bool


@dataclass(frozen=True, slots=True)
class ChosenBaseline:
    """The sources of a baseline's answers, and the notes on where they were found."""

    sources: tuple[str | Rows, ...]
    notes: tuple[str, ...] = ()


def choose_benchmark(
    given: str | None,
    outputs: Outputs,
    *,
    place: Place | None,
    key: str | None = None,
    questions: str | Rows | None = None,
) -> ChosenBenchmark:
    """The benchmark that is given, else the one whose instructions these outputs answer, else one of the user's own.

    One of the user's own has the name that the store has for the same instructions, else that of the file of the
    questions, or of the first outputs.

    Raises:
        ConfigError: the name is a shipped one mistyped, or the outputs may be of several benchmarks.
        InputError: outputs are missing or cannot be read.
    """
    if given is not None:
        benchmark = find_benchmark(given) if place is None else known_benchmark(given, place.url)
        return ChosenBenchmark(benchmark, _doubts(benchmark, given, outputs, place))
    asked = asked_in(outputs, key=key)
    where = ", ".join(map(str, outputs))
    if (shipped := _meant(shipped_likeness(asked), asked, where)) is not None:
        name = shipped.benchmark
        return ChosenBenchmark(find_benchmark(name), (f"benchmark {name}: told from the instructions",))
    opened = None if place is None else place.opened()
    if opened is None:
        return _own(where, outputs, questions, taken=())
    with opened as store:
        if questions is None and (known := _meant(like_stored(store, asked), asked, where)) is not None:
            before = kept_benchmark(store, known.benchmark) or own_benchmark(known.benchmark)
            return ChosenBenchmark(before, (f"benchmark {before.name}: as before",))
        chosen = _own(where, outputs, questions, taken=() if questions is not None else tuple(store.benchmarks()))
        return ChosenBenchmark(chosen.benchmark, (*chosen.notes, *_filed_before(store, asked, chosen.benchmark.name)))


def _meant(likes: Sequence[Likeness], asked: AskedSet, where: str) -> Likeness | None:
    """The only benchmark that has these instructions; None where none has.

    Raises:
        ConfigError: several have, or one has many of them only.
    """
    same = [like for like in likes if like.same]
    if len(same) == 1:
        return same[0]
    names = [like.benchmark for like in (same or [like for like in likes if like.unclear])]
    if not names:
        return None
    n = max(like.n for like in likes if like.benchmark in names)
    raise ConfigError(
        f"{where}: {n} of {plural(len(asked.digests), 'instruction')} are of {' and of '.join(names)}. Say which is "
        f"meant: --benchmark {names[0]}, or --benchmark NAME with a name of your own"
    )


def _own(where: str, outputs: Outputs, questions: str | Rows | None, *, taken: Sequence[str]) -> ChosenBenchmark:
    source = questions if questions is not None else outputs[0]
    name = source.name if isinstance(source, Rows) else stem(source)
    if name in benchmark_names() or not name.strip() or not name.isprintable():
        raise ConfigError(f"{where}: its instructions are not of a known benchmark. Name yours with --benchmark NAME")
    if name in taken:
        raise ConfigError(
            f"{where}: the store's benchmark {name!r} has other instructions. Name this one with --benchmark NAME"
        )
    return ChosenBenchmark(
        own_benchmark(name),
        (f"benchmark {name}: a set of your own, named after its file. --benchmark NAME gives it another name",),
    )


def _doubts(benchmark: Benchmark, given: str, outputs: Outputs, place: Place | None) -> tuple[str, ...]:
    """Refuse a name that looks mistyped, and note outputs that are not of the shipped benchmark that was named."""
    if given in benchmark_names():
        if not foreign(given, asked_in(outputs).digests):
            return ()
        return (f"none of these instructions is of {given}. --benchmark NAME with a name of your own keeps them apart",)
    if benchmark.name == given:
        opened = None if place is None else place.opened()
        if opened is None:
            check_not_mistyped(given)
        else:
            with opened as store:
                if given not in store.benchmarks():
                    check_not_mistyped(given)
    return ()


def _filed_before(store: Store, asked: AskedSet, name: str) -> tuple[str, ...]:
    """A note where verdicts on the same instructions are filed under AlpacaEval's name, as earlier versions did."""
    if not holds_others(store, BENCHMARK):
        return ()
    same = [like for like in own_likeness(asked, {BENCHMARK: store.keys_of(BENCHMARK)}) if like.same]
    return tuple(
        f"the store has verdicts on these instructions under {BENCHMARK}, where earlier versions filed them. To have "
        f"them here, annotate those outputs again with --benchmark {name}: no stored reply is paid for twice"
        for _ in same
    )


def choose_judge(benchmark: Benchmark) -> ChosenJudge:
    """The judge that the benchmark names, else one behind OpenAI's interface where a key or an address is set, else an
    offline one.
    """
    other = "--judge NAME takes another, and evalkit judges lists them"
    if benchmark.judge is not None:
        return ChosenJudge(benchmark.judge, f"judge {benchmark.judge}: {benchmark.name}'s own. {other}", costs=True)
    at_hand = next((name for name in (KEY_VARIABLE, ADDRESS_VARIABLE) if os.environ.get(name)), None)
    if at_hand is None:
        return ChosenJudge(
            OFFLINE_JUDGE,
            f"judge {OFFLINE_JUDGE}: offline, it looks at style only, as {KEY_VARIABLE} is not set. For a judge that "
            f"reads the answers set it, or give --judge {ASKED_JUDGE}",
            costs=False,
        )
    return ChosenJudge(
        ASKED_JUDGE,
        f"judge {ASKED_JUDGE}: as {at_hand} is set. The offline one is --judge {OFFLINE_JUDGE}; {other}",
        costs=True,
    )


def real_judges(store: Store, benchmark: str, model: str) -> list[JudgeConfig]:
    """The judges other than offline controls that have judged a model, the latest first."""
    digests = store.judged_by(benchmark, model)
    return [config for config in store.judges() if config.digest in digests and config.client != OFFLINE]


def judge_of_store(place: Place, benchmark: str, model: str) -> ChosenJudge | None:
    """The real judge that has judged a model before; None where there is none.

    Raises:
        ConfigError: there are several, or the judge is not to be had by its name alone.
    """
    opened = place.opened()
    if opened is None:
        return None
    with opened as store:
        # imported verdicts are of judges that cannot be asked
        found = [config for config in real_judges(store, benchmark, model) if config.client != RECORDED]
    names = sorted({config.name for config in found})
    if len(names) > 1:
        raise ConfigError(f"{model}: was judged by {' and '.join(names)}. Choose with --judge {names[0]}")
    if not names:
        return None
    (name,), latest = names, found[0]
    reason = f"judge {name}: it has judged {model} before. --judge NAME takes another, and evalkit judges lists them"
    if name in judge_names():
        return ChosenJudge(latest, reason, costs=True)
    if Path(f"{name}.yaml").is_file():
        return ChosenJudge(f"{name}.yaml", reason, costs=True)
    raise ConfigError(f"{model}: was judged by {name}, which is not one of evalkit's. Give its file with --judge")


def choose_baseline(
    benchmark: Benchmark, outputs: Outputs, *, place: Place | None, key: str | None = None, fetch: bool = True
) -> ChosenBaseline | None:
    """The baseline's answers: the benchmark's file, a file beside the outputs, what the store or the results have, or
    those of the hub, which are kept on this machine; None where nothing is known of any.

    Args:
        fetch: whether the hub is asked.

    Raises:
        ConfigError: several files or models may be meant.
        InputError: a file is wrong, or the hub cannot be reached.
    """
    own = benchmark.baseline_outputs
    if own is not None and not own.startswith(PREFIX):
        return ChosenBaseline((own,))
    asked = asked_in(outputs, key=key)
    beside = _beside(benchmark, outputs, asked, key)
    if beside is not None:
        return ChosenBaseline(
            (str(beside),), (f"baseline {beside}: beside the outputs. --baseline FILE takes another",)
        )
    known = {} if place is None else _known(place, benchmark, asked)
    if known:
        names = " and ".join(known)
        return ChosenBaseline(tuple(known.values()), (f"baseline {names}: as the store and the results have it",))
    copy = own_baseline_source(benchmark)
    if copy is not None or own is None or not fetch:
        return None if copy is None else ChosenBaseline((copy,))
    name = " + ".join(benchmark.baselines)
    try:
        path = fetch_baseline(benchmark)
    except InputError as error:
        raise InputError(
            f"benchmark {benchmark.name!r}: the answers of its baseline {name} are not on this machine, and not to be "
            f"had: {error}. {_cure(outputs)}"
        ) from None
    return ChosenBaseline((str(path),), (f"baseline {name}: loaded {own}, and kept it as {path}",))


def named_baseline(name: str | Rows, outputs: Outputs, *, place: Place | None, key: str | None = None) -> str | Rows:
    """The source that a baseline's name means: a file, else a model's answers in the store or among the results."""
    if isinstance(name, Rows) or place is None or Path(name).exists() or name.startswith(PREFIX):
        return name
    opened = None if named_as_file(name) else place.opened()
    if opened is None:
        return name
    with opened as store:
        return stored_answers(store, place.results, [name], asked_in(outputs, key=key).keys).get(name, name)


def missing_baseline(benchmark: Benchmark, outputs: Outputs, *, key: str | None = None) -> ConfigError:
    """The error where there is nothing to compare with; it names a file beside the outputs that could be."""
    given = f" ({' + '.join(benchmark.baselines)})" if benchmark.baselines else ""
    other = next(_answers_beside(outputs, key), None)
    hint = "" if other is None else f". {other} beside it answers the same instructions: --baseline {other} takes it"
    return ConfigError(
        f"{', '.join(map(str, outputs))}: nothing to compare with: no baseline outputs{given} on this machine. "
        f"{_cure(outputs)}{hint}"
    )


def _answers_beside(outputs: Outputs, key: str | None) -> Iterator[Path]:
    """The files beside the outputs that answer most of the same instructions."""
    files = [Path(source) for source in outputs if isinstance(source, str) and not source.startswith(PREFIX)]
    asked = asked_in(outputs, key=key).keys
    for path in sorted(path for folder in dict.fromkeys(path.parent for path in files) for path in folder.iterdir()):
        if path in files or path.suffix not in SUFFIXES or not path.is_file() or path.stat().st_size > _LONGEST_OTHER:
            continue
        # a file of another kind is nothing to complain of here
        with contextlib.suppress(InputError):
            if len(asked_in([str(path)], key=key).keys & asked) >= _MOST * len(asked):
                yield path


def _cure(outputs: Outputs) -> str:
    first = outputs[0] if outputs else "the outputs"
    return f"Give --baseline FILE, or put the baseline's answers beside {first} as baseline.json"


def _beside(benchmark: Benchmark, outputs: Outputs, asked: AskedSet, key: str | None) -> Path | None:
    """The file beside the outputs that holds a baseline's answers to some of the same instructions.

    Raises:
        ConfigError: there are several.
    """
    files = [Path(source) for source in outputs if isinstance(source, str) and not source.startswith(PREFIX)]
    folders = list(dict.fromkeys(path.parent for path in files))
    endings = [f"{suffix}{packed}" for suffix in SUFFIXES for packed in ("", ".gz")]
    names = [
        f"{name}{ending}" for name in (*BESIDE_OUTPUTS, *benchmark.baselines) for ending in endings if "/" not in name
    ]
    places = [folder / name for folder in folders for name in names]
    places += [folder.parent / name / _MODEL_OUTPUTS for folder in folders for name in benchmark.baselines]
    there = [path for path in dict.fromkeys(places) if path.is_file() and (len(files) > 1 or path not in files)]
    found = [path for path in there if asked_in([str(path)], key=key).keys & asked.keys]
    if len(found) > 1:
        raise ConfigError(
            f"{' and '.join(map(str, found))}: each may be the baseline. Choose one: --baseline {found[0]}"
        )
    return found[0] if found else None


def _known(place: Place, benchmark: Benchmark, asked: AskedSet) -> Mapping[str, Rows]:
    """The answers of the benchmark's baselines, or of the only model that its verdicts compare with.

    Raises:
        ConfigError: there are several such models.
    """
    opened = place.opened()
    if opened is None:
        return {}
    with opened as store:
        names = benchmark.baselines or store.baselines(benchmark.name) or None
        found = stored_answers(store, place.results, names, asked.keys)
    answered = {
        model: rows
        for model, rows in found.items()
        if len(asked_in([rows]).keys & asked.keys) >= _MOST * len(asked.keys)
    }
    if len(benchmark.baselines) > 1:
        return found if found.keys() == {*benchmark.baselines} else {}
    if len(answered) > 1:
        raise ConfigError(
            f"{place.results}: holds answers of several baselines: {', '.join(answered)}. Choose one: --baseline "
            f"{next(iter(answered))}"
        )
    return answered
