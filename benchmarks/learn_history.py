"""Writes the files that evalkit ships in leaderboards/history: what recorded judges teach of length and difficulty.

Usage: `python -m benchmarks.learn_history DATA` reads DATA/alpaca_eval/preferences.parquet, which holds preferences of
recorded judges by instruction, and DATA/alpaca_eval/outputs/gpt4_1106_preview.json, for the digests of instructions.
It writes difficulty by instruction, the typical slopes of length with their spread, and the models' coefficients, but
no text and no verdict.
"""

import argparse
import datetime
from pathlib import Path

from evalkit.assets import folder
from evalkit.boards.gathering import entries_of_table
from evalkit.formats.histories import write_generic_file, write_history_file
from evalkit.formats.instructions import instruction_key
from evalkit.formats.outputs import read_one
from evalkit.formats.table import read_preferences, row_key
from evalkit.stats.generic import learn_generic
from evalkit.stats.history import fit_history
from evalkit.stats.recorded import HistoryFile, JudgeIdentity
from evalkit.stats.sample import Sample

JUDGE = "weighted_alpaca_eval_gpt4_turbo"
# the recorded judges that judged more than ten models
JUDGES = (JUDGE, "alpaca_eval_gpt4", "alpaca_eval_cot_gpt4_turbo_fn")
SOURCE = "AlpacaEval's recorded verdicts (github.com/tatsu-lab/alpaca_eval), figures computed by evalkit"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data / "alpaca_eval"
    today = datetime.date.today().isoformat()
    histories = folder("leaderboards") / "history"
    boards = read_boards(data / "preferences.parquet")
    samples, baseline = boards[JUDGE]
    outputs = read_one([str(data / "outputs" / f"{baseline}.json")])
    write_history_file(
        histories / "alpaca_eval.json",
        HistoryFile(
            name="alpaca_eval",
            baseline=baseline,
            judge=JudgeIdentity(JUDGE),
            history=fit_history(samples),
            keys=tuple(
                (row_key(index, "index"), *dict.fromkeys(map(instruction_key, (text, text.strip()))))
                for index, text in enumerate(example.instruction for example in outputs.examples)
            ),
            source=SOURCE,
            date=today,
        ),
    )
    generic = learn_generic([boards[judge][0] for judge in JUDGES])
    write_generic_file(
        histories / "any_judge.json", generic, source=f"{SOURCE}; judges {', '.join(JUDGES)}", date=today
    )


def read_boards(path: Path) -> dict[str, tuple[dict[str, Sample], str]]:
    """Each judge's most frequent baseline, and its samples against that baseline by model."""
    boards: dict[tuple[str, str], dict[str, Sample]] = {}
    for entry in entries_of_table(read_preferences(path)):
        if not entry.refused and entry.model != entry.baseline:
            boards.setdefault((entry.judge, entry.baseline), {})[entry.model] = entry.sample
    largest = sorted(boards.items(), key=lambda board: len(board[1]))
    return {judge: (samples, baseline) for (judge, baseline), samples in largest}


if __name__ == "__main__":
    main()
