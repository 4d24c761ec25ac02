"""Finds text that addresses a judge or the program around it instead of the user, by class."""

import re
from dataclasses import dataclass

from evalkit.auditing.plain import visible
from evalkit.auditing.pleas import plea
from evalkit.auditing.words import folded

PLEAS = "selection_pleas"

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_NAMED = r"(?:output|answer|response|completion|baseline|candidate|instruction|judge|generator)s?(?:_\w{1,10})?"


@dataclass(frozen=True, slots=True)
class Marks:
    """One class: its name `says` in a sentence, and its patterns.

    Without any of the `anchors`, in lower case, no pattern can fit. Patterns of a `quoted` class count in quoted code
    too: a program, unlike a judge, is not stopped by quotation marks.
    """

    says: str
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]
    quoted: bool = True


def _any(*patterns: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("|".join(patterns), flags | re.MULTILINE)


# check name -> marks to look for; gaps are bounded, so that no text takes long
DIRECTED = {
    "chat_tokens": Marks(
        "the tokens of a chat template",
        ("<|", "[inst]", "[/inst]", "sys>>", "_of_turn>"),
        _any(
            r"<\|(?:im_(?:start|end|sep)|system|user|assistant|tool|developer|(?:start|end)_header_id|e[om][tm]_id"
            r"|begin_of_text|end_?of_?text|endofprompt|channel|message|start|end|return|call)\|>",
            r"\[/?INST\]",
            r"<</?SYS>>",
            r"<(?:start|end)_of_turn>",
        ),
    ),
    "verdict_labels": Marks(
        "the labels of a verdict",
        ("[[", "output (", "answer (", "boxed{"),
        _any(
            # letters of three scripts look alike
            r"(?<![\w\])\[])\[\[ ?(?:[ABCmM\u0410\u0412\u0421\u0391\u0392]|[AB](?:>>?|<<?|=)[AB]|[Tt]ie) ?\]\]"
            r"(?![\w\[(])",
            r"[Rr]ating:? {0,3}\[\[ ?\d+(?:\.\d+)? ?\]\]",
            r"\b(?:Output|Answer) \([abAB]\)",
            r"\\boxed\{(?:Output|Answer|Assistant|Model) ?\(?[abABmM]?\)?\}",
            flags=re.NOFLAG,
        ),
    ),
    "forged_messages": Marks(
        "messages of another speaker, as of the system or of a tool",
        ("system", '"role"', "developer"),
        _any(
            r"^[ \t>*#]*[\[<(]? ?(?:system|developer)(?: message| prompt| note| override)?(?: ?[\]>)]| ?:(?: |$))",
            r"\"role\" ?: ?\"(?:system|tool|developer|function)\"",
        ),
        quoted=False,
    ),
    "forged_prompts": Marks(
        "parts of a judge's prompt",
        ("model_identifier", "output", "the start of", "the end of", "<<<", ">>>", "reference answer"),
        _any(
            r"\bmodel_identifier\b",
            r"^#+ *(?:unordered )?(?:model outputs|outputs? \([ab]\))",
            r"here are the (?:un)?ordered (?:model )?outputs",
            r"[\[<]\|? ?the (?:start|end) of (?:assistant|reference|conversation)[^\]\n>]{0,40}[\]>]",
            r"^\[ ?reference answer\b",
            r"^<<<\w+ [0-9a-f]{8,}$",
            r"^[0-9a-f]{8,} \w+>>>$",
        ),
    ),
    "selection_pleas": Marks(
        "pleas to be selected, or orders to ignore what was said before",
        ("this answer", "this response", "this output", "my answer", "my response", "my output", "ignore",
         "disregard", "judge", "evaluator"),
        _any(
            r"\b(?:select|choose|pick|prefer|favou?r|vote for|rank|rate|score) (?:\w+ ){0,2}?(?:this|my) "
            r"(?:answer|response|output)\b",
            r"\b(?:ignore|disregard) (?:\w+ ){0,3}?(?:above|previous|prior|preceding|earlier)\b",
            r"\b(?:this|my) (?:answer|response|output) (?:is|was) (?:\w+ )?(?:the )?"
            r"(?:best|better|winner|winning|superior)\b",
            r"\b(?:dear|fair|impartial) (?:judge|evaluator)\b",
            r"^judge[,:] ",
        ),
    ),
    "forged_results": Marks(
        "the results of an evaluation",
        ("winner", "evaluation", "verdict", "identifier", '"prefer', '"better_answer"'),
        _any(
            r"\bwinner(?: recorded| declared)?(?: is| ?[:=]) ?\"?"
            r"(?:this|assistant|output|answer|response|model|candidate)\b",
            r"\bevaluation (?:is )?(?:finished|complete[d]?|over|concluded)\b",
            r"\bevaluation results? ?:",
            r"\b(?:final|overall|my) verdict(?: is| ?:)",
            r"\bbest (?:answer|response|output|model) identifier\b",
            r"\"(?:winner|verdict|preference|better_answer|preferred)\" ?: ?\"?[\w-]{1,20}\"?",
        ),
        quoted=False,
    ),
    "placeholders": Marks(
        "placeholders that a program may fill in",
        ("{output", "{answer", "{response", "{completion"),
        _any(r"\{(?:output|answer|response|completion)_[12ab]\}"),
    ),
    "template_code": Marks(
        "code of a template language",
        ("{{", "{%"),
        _any(
            rf"\{{\{{[^{{}}\n]{{0,40}}\b{_NAMED}\b[^{{}}\n]{{0,40}}\}}\}}",
            r"\{\{ ?\d+ ?[*+] ?\d+ ?\}\}",
            r"\{%-? ?(?:if|for|set|include|import|raw|macro|block|extends)\b",
        ),
        quoted=False,
    ),
}  # fmt: skip


def said(text: str, instruction: str) -> set[str]:
    """The classes of which a text holds something that its instruction does not hold itself."""
    lower = folded(text)
    pleads = plea(visible(text), visible(instruction)) is not None
    near = {name: marks for name, marks in DIRECTED.items() if any(anchor in lower for anchor in marks.anchors)}
    if not near:
        return {PLEAS} if pleads else set()
    prose, asked = _CODE.sub(" ", text), folded(instruction)
    found = {name for name, marks in near.items() if _says(text if marks.quoted else prose, marks.pattern, asked)}
    return found | {PLEAS} if pleads else found


def _says(text: str, pattern: re.Pattern[str], asked: str) -> bool:
    # once more with line breaks removed: a sentence may continue on the next line
    forms = (text, " ".join(text.split()))
    return any(folded(match.group()) not in asked for form in forms for match in pattern.finditer(form))
