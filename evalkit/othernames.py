"""The names that other tools give to judges, metrics and benchmarks, with ours."""

from collections.abc import Mapping

# AlpacaEval's annotators; FastChat's prompts and modes; Arena-Hard's judges
_JUDGES = {
    "weighted_alpaca_eval_gpt4_turbo": "alpaca_eval_2",
    "alpaca_eval_gpt4_turbo_fn": "alpaca_eval_2",
    "alpaca_eval_llama3_70b_fn": "alpaca_eval_2",
    "weighted_alpaca_eval_gpt-4o-mini-2024-07-18": "alpaca_eval_2",
    "alpaca_eval_cot_gpt4_turbo_fn": "pairwise_json",
    "alpaca_eval_gpt4": "pairwise_label",
    "alpaca_eval_gpt4_fn": "pairwise_label",
    "alpaca_eval": "alpaca_eval_2",
    "chatgpt_fn": "pairwise_label",
    "alpaca_farm_greedy_gpt4": "pairwise_label",
    "single": "mt_bench_grade",
    "single-v1": "mt_bench_grade",
    "single-v1-multi-turn": "mt_bench_grade",
    "single-math-v1": "mt_bench_grade",
    "single-math-v1-multi-turn": "mt_bench_grade",
    "mt_bench": "mt_bench_grade",
    "pair-v2": "mt_bench_pair",
    "pair-v2-multi-turn": "mt_bench_pair",
    "pair-math-v1": "mt_bench_pair",
    "pair-math-v1-multi-turn": "mt_bench_pair",
    "pairwise-baseline": "mt_bench_pair",
    "pairwise-all": "mt_bench_pair",
    "arena-hard": "arena_hard",
    "arena-hard-auto": "arena_hard",
    "arena_hard_v0.1": "arena_hard",
    "arena_hard_v2": "arena_hard",
}
_METRICS = {
    "length_controlled_winrate": "lc_win_rate",
    "length_controlled_win_rate": "lc_win_rate",
    "lc_winrate": "lc_win_rate",
    "lc": "lc_win_rate",
    "winrate": "win_rate",
    "discrete_win_rate": "win_rate",
    "win_rate_adjusted": "win_rate",
    "style_control": "style_win_rate",
    "style_controlled_win_rate": "style_win_rate",
}
_BENCHMARKS = {
    "alpaca_eval_2": "alpaca_eval",
    "alpaca_eval_2.0": "alpaca_eval",
    "weighted_alpaca_eval_gpt4_turbo": "alpaca_eval",
    "mt-bench": "mt_bench",
    "arena-hard": "arena_hard_v2",
    "arena-hard-v0.1": "arena_hard_v0.1",
    "arena-hard-v2.0": "arena_hard_v2",
}
OTHER_NAMES: Mapping[str, Mapping[str, str]] = {"judge": _JUDGES, "metric": _METRICS, "benchmark": _BENCHMARKS}


def our_name(kind: str, name: str) -> str | None:
    """Our name for what another tool calls by this name; None where we have none.

    >>> our_name("metric", "length_controlled_winrate")
    'lc_win_rate'
    """
    names = OTHER_NAMES.get(kind, {})
    return names.get(name) or names.get(name.lower())
