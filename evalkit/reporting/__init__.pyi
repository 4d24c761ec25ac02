from .agreement import CORRELATED_COLUMNS, CORRELATED_FORMS, correlated_text, correlated_values, measures_of
from .assembly import assemble_part, assemble_report, assemble_site
from .audit import Examined, examined_json, examined_rows, examined_text
from .chunks import SampleSize
from .comparison import comparison_json, comparison_text, pair_values
from .forecasts import forecast_text
from .forms import FORMS, OVERVIEW_FORMS, TABLE
from .gate_forms import (
    gate_annotation,
    gate_badge,
    gate_explanation,
    gate_json,
    gate_junit,
    gate_summary,
    gate_text,
    gate_why,
)
from .gate_undecided import (
    Ending,
    Undecided,
    undecided_annotation,
    undecided_badge,
    undecided_junit,
    undecided_summary,
)
from .html import report_html
from .journal import open_journal
from .judges.forms import JUDGE_FORMS, JUDGE_PANELS
from .judges.notes import judge_table_notes
from .judges.page import judges_html
from .judges.plots import JUDGE_PLOTS
from .judges.table import row_name
from .judges.values import judge_table_values
from .markup.boards import boards_fragment
from .markup.overview import overview_fragment
from .neighbours import neighbour_values
from .overview import cell_values, overview_metrics, overview_text, standing_values
from .page.gate import GateSection, gate_section
from .panels import PANELS, form_of, one_board
from .plots.agreement import agreement_plot
from .plots.figures import PLOTS
from .plots.overview import overview_plot
from .plots.plot import Plot
from .plots.releases import releases_plot
from .power import OPTION_COLUMNS, advice_document, advice_text, option_values
from .published import published_text
from .ratings import RATINGS_FORMS, rating_values
from .reasons import grouped_failures
from .releases import budget_words, change_sentence, release_values, releases_json, releases_text
from .rows import rows_json, rows_text
from .screen import Screen, find_screen, screen_columns
from .site.folder import check_folder, write_site
from .site.pages import site_files
from .tables import boards_text, values_table
from .terminal import boards_drawn

__all__ = [
    "CORRELATED_COLUMNS",
    "CORRELATED_FORMS",
    "FORMS",
    "JUDGE_FORMS",
    "JUDGE_PANELS",
    "JUDGE_PLOTS",
    "OPTION_COLUMNS",
    "OVERVIEW_FORMS",
    "PANELS",
    "PLOTS",
    "RATINGS_FORMS",
    "TABLE",
    "Ending",
    "Examined",
    "GateSection",
    "Plot",
    "SampleSize",
    "Screen",
    "Undecided",
    "advice_document",
    "advice_text",
    "agreement_plot",
    "assemble_part",
    "assemble_report",
    "assemble_site",
    "boards_drawn",
    "boards_fragment",
    "boards_text",
    "budget_words",
    "cell_values",
    "change_sentence",
    "check_folder",
    "comparison_json",
    "comparison_text",
    "correlated_text",
    "correlated_values",
    "examined_json",
    "examined_rows",
    "examined_text",
    "find_screen",
    "forecast_text",
    "form_of",
    "gate_annotation",
    "gate_badge",
    "gate_explanation",
    "gate_json",
    "gate_junit",
    "gate_section",
    "gate_summary",
    "gate_text",
    "gate_why",
    "grouped_failures",
    "judge_table_notes",
    "judge_table_values",
    "judges_html",
    "measures_of",
    "neighbour_values",
    "one_board",
    "open_journal",
    "option_values",
    "overview_fragment",
    "overview_metrics",
    "overview_plot",
    "overview_text",
    "pair_values",
    "published_text",
    "rating_values",
    "release_values",
    "releases_json",
    "releases_plot",
    "releases_text",
    "report_html",
    "row_name",
    "rows_json",
    "rows_text",
    "screen_columns",
    "site_files",
    "standing_values",
    "undecided_annotation",
    "undecided_badge",
    "undecided_junit",
    "undecided_summary",
    "values_table",
    "write_site",
]
