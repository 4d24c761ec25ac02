"""Ratings from 1,000,000 battles beside a plain Newton fit and beside peers, and how often intervals hold the truth.

    python -m benchmarks.ratings [--models 30 100] [--repeats 3] [--peer-rounds 2]
    python -m benchmarks.ratings --coverage [--sets 1000]

Peers (extra `bench-ratings`: evalica, choix, arena-rank) are measured where this Python can import them. Every figure
is the processor's time of all threads and child processes in a process of its own, from battles in memory to the
result, imports left out; the median of the repeats. The rounds of evalica and arena-rank are measured once; of
evalica's a few, scaled up to 100.
"""

import argparse
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evalkit.stats.logistic import expit
from evalkit.stats.ratings.battles import Battles, build_battles
from evalkit.stats.ratings.bootstrap import bootstrap_strengths
from evalkit.stats.ratings.bradley_terry import fit_bradley_terry
from evalkit.stats.ratings.covariance import sandwich
from evalkit.stats.ratings.rated import Rated, bootstrap_ratings, sandwich_ratings
from evalkit.stats.ratings.scale import ELO_PER_LOG_ODDS, Scale, Unit
from evalkit.stats.sample import Floats, Ints

N_BATTLES = 1_000_000
N_QUESTIONS = 200_000
ROUNDS = 100
TIES = 0.2
AGREE = 1e-4
AGREE_INTERVAL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    names: list[str]
    a: Ints
    b: Ints
    outcome: Floats
    question: Ints
    rounds: int

    def battles(self, cluster: Ints | None = None) -> Battles:
        return build_battles(self.names, a=self.a, b=self.b, outcome=self.outcome, cluster=cluster)


# what to prepare outside the clock, and what to time; the result is compared between tools
Task = Callable[[Data], Callable[[], Floats]]


def limit_point(data: Data) -> Callable[[], Floats]:
    return lambda: _plain_newton(_plain_wins(data), np.zeros(len(data.names)))


def limit_rounds(data: Data) -> Callable[[], Floats]:
    m = len(data.names)

    def refit() -> Floats:
        cells = np.bincount((data.a * m + data.b) * 3 + (2 * data.outcome).astype(np.int64), minlength=3 * m * m)
        point = _plain_newton(_table(cells, m), np.zeros(m))
        generator = np.random.default_rng(0)
        draws = [generator.multinomial(cells.sum(), cells / cells.sum()) for _ in range(data.rounds)]
        return _spread([_plain_newton(_table(one, m), point) for one in draws])

    return refit


def ours_point(data: Data) -> Callable[[], Floats]:
    return lambda: fit_bradley_terry(data.battles()).strengths


def ours_rounds(data: Data) -> Callable[[], Floats]:
    def refit() -> Floats:
        battles = data.battles()
        return _spread(bootstrap_strengths(battles, fit_bradley_terry(battles), rounds=data.rounds))

    return refit


def ours_question_rounds(data: Data) -> Callable[[], Floats]:
    def refit() -> Floats:
        battles = data.battles(data.question)
        return _spread(bootstrap_strengths(battles, fit_bradley_terry(battles), rounds=data.rounds))

    return refit


def ours_sandwich(data: Data) -> Callable[[], Floats]:
    def errors() -> Floats:
        battles = data.battles()
        return np.sqrt(np.diag(sandwich(battles, fit_bradley_terry(battles)).matrix))

    return errors


def ours_question_sandwich(data: Data) -> Callable[[], Floats]:
    def errors() -> Floats:
        battles = data.battles(data.question)
        return np.sqrt(np.diag(sandwich(battles, fit_bradley_terry(battles)).matrix))

    return errors


def ours_board(data: Data) -> Callable[[], Floats]:
    def board() -> Floats:
        battles = data.battles()
        rated = sandwich_ratings(battles, fit_bradley_terry(battles), scale=Scale())
        return np.array([one.rating.value for one in rated], dtype=float)

    return board


def evalica_point(data: Data) -> Callable[[], Floats]:
    import evalica

    xs, ys, winners = _named(data, {1.0: evalica.Winner.X, 0.5: evalica.Winner.Draw, 0.0: evalica.Winner.Y})

    def fit() -> Floats:
        found = evalica.bradley_terry(xs, ys, winners, tolerance=1e-10, limit=10_000)
        return _centred(np.log(found.scores.sort_index().to_numpy()))

    return fit


def evalica_rounds(data: Data) -> Callable[[], Floats]:
    import evalica

    xs, ys, winners = _named(data, {1.0: evalica.Winner.X, 0.5: evalica.Winner.Draw, 0.0: evalica.Winner.Y})

    def refit() -> Floats:
        found = evalica.bootstrap(
            evalica.bradley_terry, xs, ys, winners,
            n_resamples=data.rounds, bootstrap_method="percentile", random_state=0,
        )  # fmt: skip
        return np.asarray(found.stderr, dtype=np.float64)

    return refit


def choix_point(data: Data) -> Callable[[], Floats]:
    import choix

    return lambda: _centred(choix.ilsr_pairwise_dense(_plain_wins(data), alpha=0.0, tol=1e-10))


def choix_rounds(data: Data) -> Callable[[], Floats]:
    import choix

    m = len(data.names)

    def refit() -> Floats:
        cells = np.bincount((data.a * m + data.b) * 3 + (2 * data.outcome).astype(np.int64), minlength=3 * m * m)
        point = choix.ilsr_pairwise_dense(_table(cells, m), alpha=0.0)
        generator = np.random.default_rng(0)
        draws = [generator.multinomial(cells.sum(), cells / cells.sum()) for _ in range(data.rounds)]
        fits = [choix.ilsr_pairwise_dense(_table(one, m), alpha=0.0, initial_params=point) for one in draws]
        return _spread([_centred(one) for one in fits])

    return refit


def choix_question_rounds(data: Data) -> Callable[[], Floats]:
    """It resamples nothing itself: tables of drawn questions are made the plain way, and it fits them."""
    import choix

    def refit() -> Floats:
        point = choix.ilsr_pairwise_dense(_plain_wins(data), alpha=0.0)
        generator = np.random.default_rng(0)
        fits = []
        for _ in range(data.rounds):
            drawn = np.bincount(generator.integers(N_QUESTIONS, size=N_QUESTIONS), minlength=N_QUESTIONS)
            wins = _plain_wins(data, drawn[data.question].astype(np.float64))
            fits.append(_centred(choix.ilsr_pairwise_dense(wins, alpha=0.0, initial_params=point)))
        return _spread(fits)

    return refit


def arena_point(data: Data) -> Callable[[], Floats]:
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    frame = _frame(data)

    def fit() -> Floats:
        model = BradleyTerry(n_competitors=len(data.names))
        model.fit(PairDataset.from_pandas(frame))
        return _centred(np.asarray(model.params["ratings"]))

    return fit


def arena_sandwich(data: Data) -> Callable[[], Floats]:
    return _arena(data, {})


def arena_rounds(data: Data) -> Callable[[], Floats]:
    import multiprocessing

    # its pool of processes waits for ever when forked beside its compiler's threads
    multiprocessing.set_start_method("spawn")
    return _arena(data, {"ci_method": "bootstrap", "num_bootstrap": data.rounds, "n_jobs": 1})


def _arena(data: Data, options: dict[str, object]) -> Callable[[], Floats]:
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    frame = _frame(data)

    def fit() -> Floats:
        model = BradleyTerry(n_competitors=len(data.names))
        found = model.compute_ratings_and_cis(PairDataset.from_pandas(frame), **options)
        return np.asarray(np.sqrt(np.asarray(found["variances"])) / ELO_PER_LOG_ODDS, dtype=np.float64)

    return fit


POINTS: dict[str, Task] = {
    "limit": limit_point, "ours": ours_point, "evalica": evalica_point, "choix": choix_point, "arena-rank": arena_point,
}  # fmt: skip
MULTINOMIAL: dict[str, Task] = {
    "limit": limit_rounds, "ours": ours_rounds, "evalica": evalica_rounds, "choix": choix_rounds,
    "arena-rank": arena_rounds,
}  # fmt: skip
QUESTIONS: dict[str, Task] = {"ours": ours_question_rounds, "choix": choix_question_rounds}
SANDWICH: dict[str, Task] = {"ours": ours_sandwich, "arena-rank": arena_sandwich}
QUESTION_SANDWICH: dict[str, Task] = {"ours": ours_question_sandwich}
BOARD: dict[str, Task] = {"ours": ours_board}
MANY_ROUNDS = "100 multinomial rounds"
SLICES = {
    "point": POINTS,
    MANY_ROUNDS: MULTINOMIAL,
    "100 question-clustered rounds": QUESTIONS,
    "sandwich": SANDWICH,
    "question-clustered sandwich": QUESTION_SANDWICH,
    "board with rank intervals": BOARD,
}
MODULES = {"evalica": "evalica", "choix": "choix", "arena-rank": "arena_rank"}


def main() -> None:
    arguments = read_arguments()
    if arguments.task:
        part, tool, rounds = arguments.task
        print(json.dumps(measure_here(SLICES[part][tool], arguments.models[0], int(rounds))))
    elif arguments.coverage:
        coverage(arguments.sets)
    else:
        for m in arguments.models:
            compare(m, repeats=arguments.repeats, peer_rounds=arguments.peer_rounds)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, nargs="+", default=[30, 100])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peer-rounds", type=int, default=2, help="of evalica, which takes many seconds for each")
    parser.add_argument("--coverage", action="store_true", help="simulate how often intervals hold the truth")
    parser.add_argument("--sets", type=int, default=1000, help="simulated data sets a row")
    parser.add_argument("--task", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


@dataclass(frozen=True, slots=True)
class Figure:
    """Median seconds of the processor, peak megabytes, and the result."""

    seconds: float
    megabytes: float
    result: Floats


def compare(m: int, *, repeats: int, peer_rounds: int) -> None:
    print(f"\n{m} models, {N_BATTLES:,} battles, {N_QUESTIONS:,} questions\n")
    print("| what | tool | CPU s | peak MB | to ours |\n|---|---|---:|---:|---:|")
    found: dict[tuple[str, str], Figure] = {}
    for part, tools in SLICES.items():
        for tool in tools:
            if tool in MODULES and importlib.util.find_spec(MODULES[tool]) is None:
                print(f"| {part} | {tool} | not installed | | |")
                continue
            found[part, tool] = figure = measure(part, tool, m, repeats, peer_rounds, found)
            ours = found.get((part, "ours"))
            ratio = f"{figure.seconds / ours.seconds:.1f}" if ours else ""
            print(f"| {part} | {tool} | {figure.seconds:.3f} | {figure.megabytes:.0f} | {ratio} |", flush=True)
    print()
    targets(found)
    agreement(found)


def measure(
    part: str, tool: str, m: int, repeats: int, peer_rounds: int, found: dict[tuple[str, str], Figure]
) -> Figure:
    """Slow peers once, and scaled up to all rounds where a peer was measured with few."""
    few = part == MANY_ROUNDS and tool == "evalica"
    rounds = peer_rounds if few else ROUNDS
    command = [sys.executable, "-m", "benchmarks.ratings", "--models", str(m), "--task", part, tool, str(rounds)]
    runs = []
    slow = part == MANY_ROUNDS and tool in ("evalica", "arena-rank")
    for _ in range(1 if slow else repeats):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{part}, {tool}: {done.stderr[-2000:]}")
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    seconds = statistics.median(run["seconds"] for run in runs)
    if few:
        # the fit to the data themselves is made once
        once = found["point", tool].seconds
        seconds = once + max(seconds - once, 0.0) * ROUNDS / rounds
    return Figure(seconds, max(run["megabytes"] for run in runs), np.array(runs[0]["result"]))


def measure_here(task: Task, m: int, rounds: int) -> dict[str, object]:
    run = task(draw(m, rounds))
    before = _seconds()
    result = run()
    return {"seconds": _seconds() - before, "megabytes": _megabytes(), "result": np.asarray(result).tolist()}


def targets(found: dict[tuple[str, str], Figure]) -> None:
    def seconds(part: str, tool: str) -> float:
        return found[part, tool].seconds

    rounds = MANY_ROUNDS
    point = seconds("point", "ours") / seconds("point", "limit")
    _target("point at most twice the limit", f"{point:.2f}", met=point <= 2)
    refits = seconds(rounds, "ours") / seconds(rounds, "limit")
    _target("100 multinomial rounds at most three times the limit", f"{refits:.2f}", met=refits <= 3)
    # a peer that draws no questions is compared by the battles that it draws, which is less work
    for part, others in (
        ("100 question-clustered rounds", rounds),
        ("sandwich", "sandwich"),
        ("question-clustered sandwich", "sandwich"),
    ):
        for tool in MODULES:
            rival_part = part if (part, tool) in found else others
            if (rival_part, tool) in found:
                ours, rival = seconds(part, "ours"), seconds(rival_part, tool)
                _target(f"{part} faster than {tool}'s {rival_part}", f"{rival / ours:.1f} times", met=ours < rival)


def agreement(found: dict[tuple[str, str], Figure]) -> None:
    for tool in MODULES:
        if ("point", tool) in found:
            apart = float(np.abs(found["point", tool].result - found["point", "ours"].result).max())
            _target(f"strengths as {tool}'s to {AGREE:g}", f"{apart:.1e}", met=apart < AGREE)
    if ("sandwich", "arena-rank") in found:
        ratio = found["sandwich", "arena-rank"].result / found["sandwich", "ours"].result
        apart = float(np.abs(ratio - 1).max())
        _target("sandwich errors as arena-rank's to 5 %", f"{100 * apart:.2f} %", met=apart < AGREE_INTERVAL)


def _target(name: str, figure: str, *, met: bool) -> None:
    print(f"{'met' if met else 'NOT MET'}: {name}: {figure}")


def draw(m: int, rounds: int) -> Data:
    """Battles of random pairs whose mean outcome is what the strengths say, a fifth of the unlikelier half tied."""
    generator = np.random.default_rng(m)
    strengths = generator.normal(0, 0.8, m)
    a = generator.integers(m, size=N_BATTLES)
    b = (a + 1 + generator.integers(m - 1, size=N_BATTLES)) % m
    chance = expit(strengths[a] - strengths[b])
    outcome = _outcomes(chance, generator.random(N_BATTLES))
    question = generator.integers(N_QUESTIONS, size=N_BATTLES)
    return Data([f"m{one:03d}" for one in range(m)], a, b, outcome, question, rounds)


def _outcomes(chance: Floats, toss: Floats) -> Floats:
    even = TIES * np.minimum(chance, 1 - chance)
    return np.where(toss < chance - even, 1.0, np.where(toss < chance + even, 0.5, 0.0))


def _plain_wins(data: Data, weight: Floats | float = 1.0) -> Floats:
    m = len(data.names)
    won = np.bincount(data.a * m + data.b, weights=weight * data.outcome, minlength=m * m).reshape(m, m)
    lost = np.bincount(data.b * m + data.a, weights=weight * (1 - data.outcome), minlength=m * m).reshape(m, m)
    return (won + lost).astype(np.float64)


def _table(cells: Ints, m: int) -> Floats:
    table = cells.reshape(m, m, 3)
    wins: Floats = table[:, :, 2] + table[:, :, 1] / 2 + (table[:, :, 0] + table[:, :, 1] / 2).T
    return wins


def _plain_newton(wins: Floats, start: Floats) -> Floats:
    """The limit: nothing but the steps, without checks or a search."""
    met, strengths = wins + wins.T, start.copy()
    for _ in range(50):
        chance = expit(strengths[:, None] - strengths[None, :])
        curve = met * chance * (1 - chance)
        information = np.diag(curve.sum(axis=1)) - curve + 1.0
        step = np.linalg.solve(information, (wins - met * chance).sum(axis=1))
        strengths += step
        if np.abs(step).max() < 1e-5:
            break
    return _centred(strengths)


def _centred(strengths: Floats) -> Floats:
    centred: Floats = strengths - strengths.mean()
    return centred


def _spread(strengths: Floats | list[Floats]) -> Floats:
    spread: Floats = np.std(np.asarray(strengths), axis=0)
    return spread


def _named(data: Data, winners: dict[float, object]) -> tuple[list[str], list[str], list[object]]:
    names = np.array(data.names, dtype=object)
    return names[data.a].tolist(), names[data.b].tolist(), [winners[one] for one in data.outcome.tolist()]


def _frame(data: Data) -> object:
    import pandas as pd

    xs, ys, winners = _named(data, {1.0: "model_a", 0.5: "tie", 0.0: "model_b"})
    return pd.DataFrame({"model_a": xs, "model_b": ys, "winner": winners})


def _seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _megabytes() -> float:
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


# models, whether all are equally strong, battles, battles of one voter, share of verdicts that follow the voter's taste
COVERAGE = (
    (5, "apart", 200, 1, 0.0), (5, "apart", 1000, 1, 0.0), (5, "equal", 1000, 1, 0.0), (20, "apart", 2000, 1, 0.0),
    (20, "equal", 2000, 1, 0.0), (20, "apart", 20000, 1, 0.0), (10, "apart", 2000, 10, 0.7),
    (10, "equal", 2000, 10, 0.7), (10, "apart", 10000, 20, 0.7),
)  # fmt: skip


def coverage(sets: int) -> None:
    print(
        "| models | battles | by voter | taste | interval | covered % | se / sd | all ranks % | unclustered covered % |"
    )
    print("|---|---:|---:|---:|---|---:|---:|---:|---:|")
    for m, kind, n, voter, taste in COVERAGE:
        strengths = np.linspace(-1, 1, m) if kind == "apart" else np.zeros(m)
        drawn = [_voted(strengths, n, voter, taste, seed) for seed in range(sets)]
        for interval in ("sandwich", "bootstrap"):
            some = drawn if interval == "sandwich" else drawn[: sets // 4]
            rated = [_rate(battles, interval) for battles in some]
            naive = [_rate(_apart(battles), "sandwich") for battles in some] if voter > 1 else rated
            print(
                f"| {m} {kind} | {n} | {voter} | {taste} | {interval} | {_covered(rated, strengths):.1f} | "
                f"{_error_ratio(rated):.3f} | {_ranks_covered(rated, strengths):.1f} | "
                f"{_covered(naive, strengths):.1f} |",
                flush=True,
            )


def _voted(strengths: Floats, n: int, voter: int, taste: float, seed: int) -> Battles:
    """Verdicts that follow the chance of a battle's own, or the voter's one of the model that comes first."""
    generator = np.random.default_rng([len(strengths), n, voter, seed])
    m = len(strengths)
    a = generator.integers(m, size=n)
    b = (a + 1 + generator.integers(m - 1, size=n)) % m
    cluster = np.arange(n) // voter
    first = np.minimum(a, b)
    own = generator.random(n)
    toss = np.where(generator.random(n) < taste, generator.random((n // voter + 1, m))[cluster, first], own)
    outcome = _outcomes(expit(strengths[a] - strengths[b]), np.where(a < b, toss, 1 - toss))
    names = [f"m{one:02d}" for one in range(m)]
    return build_battles(names, a=a, b=b, outcome=outcome, cluster=cluster if voter > 1 else None)


def _apart(battles: Battles) -> Battles:
    return build_battles(battles.models, a=battles.a, b=battles.b, outcome=battles.outcome)


def _rate(battles: Battles, interval: str) -> list[Rated]:
    fit, scale = fit_bradley_terry(battles), Scale(Unit.STRENGTH)
    if interval == "bootstrap":
        return bootstrap_ratings(battles, fit, scale=scale, rounds=400)
    return sandwich_ratings(battles, fit, scale=scale)


def _covered(sets: list[list[Rated]], strengths: Floats) -> float:
    held = [
        one.rating.lower <= truth <= one.rating.upper
        for rated in sets
        for one, truth in zip(rated, strengths.tolist(), strict=True)
        if one.rating.lower is not None and one.rating.upper is not None
    ]
    return 100 * float(np.mean(held))


def _error_ratio(sets: list[list[Rated]]) -> float:
    """Mean standard error over the standard deviation of the ratings."""
    values = np.array([[one.rating.value for one in rated] for rated in sets], dtype=float)
    errors = np.array([[one.rating.stderr for one in rated] for rated in sets], dtype=float)
    return float((np.nanmean(errors, axis=0) / values.std(axis=0)).mean())


def _ranks_covered(sets: list[list[Rated]], strengths: Floats) -> float:
    truth = [1 + int((strengths > one).sum()) for one in strengths]
    held = [
        all(
            one.ranks is not None and one.ranks.lower <= rank <= one.ranks.upper
            for one, rank in zip(rated, truth, strict=True)
        )
        for rated in sets
    ]
    return 100 * float(np.mean(held))


if __name__ == "__main__":
    main()
