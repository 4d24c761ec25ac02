from .alpaca_eval import (
    CLUSTER,
    CLUSTER_FIELD,
    TOLERANCE,
    JudgedTexts,
    RecordedReply,
    Recording,
    infer_order,
    read_recording,
    recorded_replies,
    write_annotations,
)
from .alpaca_verdicts import row_verdict
from .arena_hard import BASELINE_V01, game_rows
from .boards import AlpacaRow, board_rows, row_of_ours, write_board
from .chat import CUT, read_reply, token_counts
from .chat_stream import looks_like_stream, read_stream
from .complaints import (
    Complaint,
    Concern,
    choice_complaint,
    complaint_in,
    complaint_of,
    looks_like_page,
    page_words,
)
from .conversation import FAILED_CALL, read_answered
from .difficulty import read_compat_inputs, read_difficulty
from .evaluators import convert_evaluator, write_judge
from .foreign import FORMATS, ForeignFile, Kind, detect, read_foreign, write_foreign
from .histories import (
    check_document,
    check_of,
    prior_document,
    prior_of,
    read_generic_file,
    read_history_file,
    write_history_file,
)
from .hub import PREFIX, read_hub, saved_dataset
from .human.evidence import (
    EvaluationEvidence,
    GivenVerdict,
    decode_evidence,
    encode_evidence,
    evidence_of_labels,
    given_verdict,
)
from .human.labelled import HumanFile, LabelledComparison, Opinion
from .human.reading import read_human
from .human.recorded import JudgedLabels, read_recorded_verdicts
from .instructions import instruction_key
from .judgments import Judgments, judgments_of, preference_verdicts, read_judgments
from .layouts import EVALUATOR_CONFIGS, Layout, first_fields, layout_of, write_rows
from .lossless import from_json, to_text
from .mt_bench import pair_rows, single_rows
from .outputs import (
    Asked,
    field_value,
    output_rows,
    read_asked,
    read_one,
    read_output_field,
    read_outputs,
    source_records,
    stem,
    write_outputs,
)
from .precomputed import score_rows
from .published import PublishedNumber, PublishedRow, published_rows, read_published_rows
from .published_judges import ALPACA_COLUMNS, PARSED, PublishedJudge, published_judges, read_published_judges
from .questions import read_question_field, read_questions
from .records import SUFFIXES, Record, named_as_file
from .rows import Rows, Source
from .scores import Score, ScoreTable, csv_rows, read_score_columns, read_scores
from .shown import shown_to_judge
from .table import PreferenceGroup, read_preferences
from .texts import Texts, longest_instructions, question_of, texts_in, texts_of
from .turns import answer_up_to, split_turns, turn_key
from .verdict_table import MARKS, table_rows, table_schema
from .verdicts import Exchange, Stored, with_categories
from .votes import CONTROLS, Votes, column_names, read_votes

__all__ = [
    "ALPACA_COLUMNS",
    "BASELINE_V01",
    "CLUSTER",
    "CLUSTER_FIELD",
    "CONTROLS",
    "CUT",
    "EVALUATOR_CONFIGS",
    "FAILED_CALL",
    "FORMATS",
    "MARKS",
    "PARSED",
    "PREFIX",
    "SUFFIXES",
    "TOLERANCE",
    "AlpacaRow",
    "Asked",
    "Complaint",
    "Concern",
    "EvaluationEvidence",
    "Exchange",
    "ForeignFile",
    "GivenVerdict",
    "HumanFile",
    "JudgedLabels",
    "JudgedTexts",
    "Judgments",
    "Kind",
    "LabelledComparison",
    "Layout",
    "Opinion",
    "PreferenceGroup",
    "PublishedJudge",
    "PublishedNumber",
    "PublishedRow",
    "Record",
    "RecordedReply",
    "Recording",
    "Rows",
    "Score",
    "ScoreTable",
    "Source",
    "Stored",
    "Texts",
    "Votes",
    "answer_up_to",
    "board_rows",
    "check_document",
    "check_of",
    "choice_complaint",
    "column_names",
    "complaint_in",
    "complaint_of",
    "convert_evaluator",
    "csv_rows",
    "decode_evidence",
    "detect",
    "encode_evidence",
    "evidence_of_labels",
    "field_value",
    "first_fields",
    "from_json",
    "game_rows",
    "given_verdict",
    "infer_order",
    "instruction_key",
    "judgments_of",
    "layout_of",
    "longest_instructions",
    "looks_like_page",
    "looks_like_stream",
    "named_as_file",
    "output_rows",
    "page_words",
    "pair_rows",
    "preference_verdicts",
    "prior_document",
    "prior_of",
    "published_judges",
    "published_rows",
    "question_of",
    "read_answered",
    "read_asked",
    "read_compat_inputs",
    "read_difficulty",
    "read_foreign",
    "read_generic_file",
    "read_history_file",
    "read_hub",
    "read_human",
    "read_judgments",
    "read_one",
    "read_output_field",
    "read_outputs",
    "read_preferences",
    "read_published_judges",
    "read_published_rows",
    "read_question_field",
    "read_questions",
    "read_recorded_verdicts",
    "read_recording",
    "read_reply",
    "read_score_columns",
    "read_scores",
    "read_stream",
    "read_votes",
    "recorded_replies",
    "row_of_ours",
    "row_verdict",
    "saved_dataset",
    "score_rows",
    "shown_to_judge",
    "single_rows",
    "source_records",
    "split_turns",
    "stem",
    "table_rows",
    "table_schema",
    "texts_in",
    "texts_of",
    "to_text",
    "token_counts",
    "turn_key",
    "with_categories",
    "write_annotations",
    "write_board",
    "write_foreign",
    "write_history_file",
    "write_judge",
    "write_outputs",
    "write_rows",
]
