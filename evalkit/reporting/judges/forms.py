"""The forms in which a table of judges is written, and the names of its figures, without the plotting library."""

from collections.abc import Callable, Mapping

from evalkit.metaeval import JudgeTable
from evalkit.reporting.judges.table import judge_table_markdown, judge_table_text
from evalkit.reporting.judges.values import judge_table_alpaca, judge_table_csv, judge_table_json

JUDGE_FORMS: Mapping[str, Callable[[JudgeTable], str]] = {
    "table": judge_table_text,
    "csv": judge_table_csv,
    "json": judge_table_json,
    "markdown": judge_table_markdown,
    "alpaca_eval": judge_table_alpaca,
}
JUDGE_PANELS = ("agreement", "reliability", "risk")
