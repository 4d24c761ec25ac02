from .agreement import Agreement, Correlated, ScorePair, correlate, correlate_common
from .background import (
    UNTAUGHT,
    Background,
    HistorySource,
    difficulty_of_models,
    nothing_known,
    of_file,
    of_generic,
    of_models,
)
from .battles import CollectedBattles, battles_of, battles_of_entries
from .behaviour import GRADED, Behaviour, behaviour
from .build import Board, build_boards
from .comparison import Comparisons, Detail, ModelPair, compare
from .entries import CATEGORY, DATASET, PERCENT, Aggregation, Dependence, Entry, Lengths
from .forms import judge_forms
from .gathering import SLICES, TURN, Backing, entries_of_annotations, entries_of_table
from .judged import Group, Transcripts
from .kept import decode_verdicts, encode_verdicts, keepable
from .learning import learn_history
from .matrix import AUDITED, Matrix, win_matrix
from .metrics import (
    LC_WIN_RATE,
    METRICS,
    RANKING,
    SCORE,
    STYLE_WIN_RATE,
    WIN_RATE,
    ArenaFormula,
    DifficultySource,
    Held,
    Metric,
    Recipe,
    raw_metric,
)
from .pick import beside, each_once, of_model, one_judge
from .power import Advice, Basis, Option, advise, basis_of_entries
from .rates import Difference, Estimators, Pinned, learn
from .ratings import RatingBoard, RatingRecipe, build_ratings
from .releases import Change, Looks, Release, Series, build_series, looks_at
from .row import MIN_COVERAGE, BoardRow, build_row
from .tally import PairCount, PairCounts, tallies_of

__all__ = [
    "AUDITED",
    "CATEGORY",
    "DATASET",
    "GRADED",
    "LC_WIN_RATE",
    "METRICS",
    "MIN_COVERAGE",
    "PERCENT",
    "RANKING",
    "SCORE",
    "SLICES",
    "STYLE_WIN_RATE",
    "TURN",
    "UNTAUGHT",
    "WIN_RATE",
    "Advice",
    "Aggregation",
    "Agreement",
    "ArenaFormula",
    "Background",
    "Backing",
    "Basis",
    "Behaviour",
    "Board",
    "BoardRow",
    "Change",
    "CollectedBattles",
    "Comparisons",
    "Correlated",
    "Dependence",
    "Detail",
    "Difference",
    "DifficultySource",
    "Entry",
    "Estimators",
    "Group",
    "Held",
    "HistorySource",
    "Lengths",
    "Looks",
    "Matrix",
    "Metric",
    "ModelPair",
    "Option",
    "PairCount",
    "PairCounts",
    "Pinned",
    "RatingBoard",
    "RatingRecipe",
    "Recipe",
    "Release",
    "ScorePair",
    "Series",
    "Transcripts",
    "advise",
    "basis_of_entries",
    "battles_of",
    "battles_of_entries",
    "behaviour",
    "beside",
    "build_boards",
    "build_ratings",
    "build_row",
    "build_series",
    "compare",
    "correlate",
    "correlate_common",
    "decode_verdicts",
    "difficulty_of_models",
    "each_once",
    "encode_verdicts",
    "entries_of_annotations",
    "entries_of_table",
    "judge_forms",
    "keepable",
    "learn",
    "learn_history",
    "looks_at",
    "nothing_known",
    "of_file",
    "of_generic",
    "of_model",
    "of_models",
    "one_judge",
    "raw_metric",
    "tallies_of",
    "win_matrix",
]
