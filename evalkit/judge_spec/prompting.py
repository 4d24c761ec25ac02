"""Renders a question as chat messages: in one pass, with judged text fenced by a secret and never read as a template.

A prompt is a jinja file with a block per chat role. For a comparison it may use `instruction`, `first` and `second`,
for a grading `instruction` and `answer`, each already fenced; `labels` (`labels.first`, `labels.second`, `labels.tie`);
`turns`, the number of the instruction's turns; and `reference`, the right answer, which is empty where there is none.
"""

import functools
import hashlib
import hmac
import itertools
import json
import re
from typing import TYPE_CHECKING

from evalkit.errors import ConfigError
from evalkit.types import Grading, Labels, Message, Order, Question, Subject

if TYPE_CHECKING:
    # jinja is loaded when a prompt is rendered: offline judges and stored replies do not need it
    from jinja2 import Template, nodes

ROLES = ("system", "user", "assistant")
PAIR_FIELDS = ("first", "second")
GRADE_FIELDS = ("answer",)
REFERENCE = "reference"

# no vowels, so that no label spells a word; no I, L, O, V or X, which texts use as numerals
_LABEL_LETTERS = "BCDFGHJKMPQRSTWZ"
_TRIES_PER_LENGTH = 64
MAX_PROMPT_CHARS = 200_000

_BLOCK = re.compile(r"\{%[-+]?\s*block\s+\w")
# labels that are handed on to another name, which only rendering follows
_WHOLE_LABELS = re.compile(r"\blabels\b(?!\s*[.\[:])")
_WRITTEN_LABELS = re.compile(r"\[\[([^\[\]{}<>=]+)(?:[<>=]+([^\[\]{}<>=]+))?\]\]")
# how a prompt asks for what each parser reads
_ASKED = {
    "bracket_label": "[[{{ labels.first }}]] if that answer is better, [[{{ labels.second }}]] if that one is",
    "five_way": (
        "[[{{ labels.first }}>>{{ labels.second }}]], [[{{ labels.first }}>{{ labels.second }}]], "
        "[[{{ labels.first }}={{ labels.second }}]], [[{{ labels.second }}>{{ labels.first }}]] or "
        "[[{{ labels.second }}>>{{ labels.first }}]]"
    ),
    "json_field": '"winner": "{{ labels.first }}" or "{{ labels.second }}"',
    "token_probability": "Reply with {{ labels.first }} or {{ labels.second }}",
}
_LABELLED = "The answer labelled {{ labels.first }}: {{ first }} The answer labelled {{ labels.second }}: {{ second }}"


def ask(subject: Subject, order: Order, *, repeat: int, secret: bytes, tie: str | None, reask: int = 0) -> Question:
    """Put a comparison or a grading into a question: labels and fence drawn from a secret that the judged models cannot
    know.

    The same secret and texts give the same question, so a repeated run finds its stored replies. A question that is
    asked again for want of a readable verdict gets labels and a fence of its own.
    """
    example = subject.example
    outputs = (subject.output,) if isinstance(subject, Grading) else (subject.baseline, subject.candidate)
    texts = (example.instruction, *(output.text for output in outputs))
    material = json.dumps([*texts, order.value, repeat, *([reask] if reask else [])]).encode()
    seed = hmac.new(secret, material, hashlib.sha256).digest()
    nonce = seed[:16].hex()
    every = (*texts, *example.reference)
    while any(nonce in text for text in every):
        nonce = hashlib.sha256(nonce.encode()).hexdigest()[:32]
    first, second = _draw_labels(seed[16:], every, tie)
    return Question(subject, order, Labels(first, second, tie), nonce, repeat, reask)


def render(prompt_text: str, question: Question) -> tuple[Message, ...]:
    """The chat messages of one question.

    Raises:
        ConfigError: the prompt is not a valid template, or does not show each judged text exactly once, unchanged. Only
            the reference answer may be left out.
    """
    values = {name: _fenced_turns(name, texts, question) for name, texts in _texts(question).items()}
    # jinja is loaded when a prompt is rendered
    from evalkit.judge_spec.template import rendered

    template = _compile(prompt_text)
    turns = len(question.subject.example.turns)
    variables = {REFERENCE: "", **values, "labels": question.labels, "turns": turns}
    try:
        shown = rendered(template, variables, n_chars=sum(map(len, values.values())))
        messages = tuple(Message(role, text.strip("\n")) for role, text in shown)
    except Exception as error:  # noqa: BLE001 (a template is code, and fails like code)
        known = f". It may use {_known(question)}" if type(error).__name__ == "UndefinedError" else ""
        raise ConfigError(f"the prompt cannot be rendered: {error}{known}") from None
    whole = "\n".join(message.content for message in messages)
    codes = 0
    for name, value in values.items():
        times = whole.count(value) if question.fenced else int(value.strip("\n") in whole)
        if times == 0 and name == REFERENCE:
            continue
        if times != 1:
            raise ConfigError(f"the prompt shows {{{{ {name} }}}} {times} times. Show it once, without a filter")
        codes += value.count(question.nonce)
    # a filtered copy keeps its code, whatever else it changes
    if question.fenced and whole.lower().count(question.nonce) != codes:
        raise ConfigError(
            "the prompt shows a judged text a second time in another form. Show each once, without a filter"
        )
    return messages


def check_prompt(prompt_text: str, *, asks: str, parser: str, labels: tuple[str, ...]) -> None:
    """Refuse a prompt from which no reply can be read, by its text alone.

    Args:
        asks: `pair` or `grade`.
        parser: the name of the parser that reads the replies.
        labels: the labels that stand in the prompt as they are; empty where they are drawn.

    Raises:
        ConfigError: the prompt has no block, or does not show the labels that the parser reads; the message has the
            lines that mend it.
    """
    _check_length(prompt_text)
    text = _without_comments(prompt_text)
    if _BLOCK.search(text) is None:
        raise ConfigError(_no_block(grades=asks == "grade"))
    if asks != "pair" or parser not in _ASKED or _hands_labels_on(text):
        return
    shown = [re.search(rf"\blabels\s*(?:\.\s*|\[\s*['\"]){name}\b", text) is not None for name in PAIR_FIELDS]
    if labels:
        others = _fixed_labels(text)
        if others and not any(shown) and not any(label in text for label in labels):
            raise ConfigError(
                f"the prompt shows neither of labels: [{', '.join(labels)}], which the parser {parser} reads{others}"
            )
    elif not all(shown):
        unseen = " and ".join(
            f"{{{{ labels.{name} }}}}" for name, seen in zip(PAIR_FIELDS, shown, strict=True) if not seen
        )
        raise ConfigError(
            f"the prompt never shows {unseen}, which the parser {parser} reads: no reply would hold a verdict. "
            f"Write: {_LABELLED} ... {_ASKED[parser]}{_fixed_labels(text)}"
        )


def _check_length(prompt_text: str) -> None:
    if len(prompt_text) > MAX_PROMPT_CHARS:
        raise ConfigError(f"the prompt has {len(prompt_text):,} characters; it may have {MAX_PROMPT_CHARS:,}")


def _without_comments(text: str) -> str:
    kept, place = [], 0
    # no pattern: of many comments that never end it would read the rest for each
    while (start := text.find("{#", place)) >= 0 and (end := text.find("#}", start + 2)) >= 0:
        kept.append(text[place:start])
        place = end + 2
    return "".join((*kept, text[place:]))


def _hands_labels_on(text: str) -> bool:
    lines = ((line, _WHOLE_LABELS.search(line)) for line in text.split("\n"))
    return any(found is not None and "%}" in line[found.end() :] for line, found in lines)


def _no_block(*, grades: bool) -> str:
    shown = "{{ answer }}" if grades else _LABELLED
    return (
        "the prompt has no block. Put {% block user %} before its text and {% endblock %} behind it, as in "
        f"{{% block user %}} {{{{ instruction }}}} {shown} {{% endblock %}}"
    )


def _fixed_labels(text: str) -> str:
    """The cure that keeps the labels which a prompt spells out; empty where it spells out none."""
    found = dict.fromkeys(label.strip() for match in _WRITTEN_LABELS.findall(text) for label in match if label.strip())
    if len(found) < 2:
        return ""
    first, second, *rest = found
    tie = f" and tie: {rest[0]}" if len(rest) == 1 else ""
    return f". Or keep [[{first}]] and [[{second}]], with labels: [{first}, {second}]{tie} in the judge's file"


def judged_texts(messages: tuple[Message, ...], nonce: str) -> dict[str, str]:
    """The inverse of `render`: the fenced texts by field name, with the number of the turn where there are several."""
    pattern = re.compile(rf"<<<(\w+) {nonce}\n(.*?)\n{nonce} \1>>>", re.DOTALL)
    return {name: text for message in messages for name, text in pattern.findall(message.content)}


def _texts(question: Question) -> dict[str, tuple[str, ...]]:
    """The shown texts by field name, one text per turn."""
    example = question.subject.example
    names = GRADE_FIELDS if isinstance(question.subject, Grading) else PAIR_FIELDS
    texts = {"instruction": example.turns}
    texts.update((name, output.texts or ("",)) for name, output in zip(names, question.shown, strict=True))
    if any(text.strip() for text in example.reference):
        texts[REFERENCE] = example.reference
    return texts


def _known(question: Question) -> str:
    """The variables of a prompt, as they are written in one."""
    graded = isinstance(question.subject, Grading)
    tie = () if question.labels.tie is None else ("tie",)
    labels = () if graded else tuple(f"labels.{name}" for name in (*PAIR_FIELDS, *tie))
    names = ("instruction", *(GRADE_FIELDS if graded else PAIR_FIELDS), REFERENCE, *labels, "turns")
    return ", ".join(f"{{{{ {name} }}}}" for name in names)


def _fenced_turns(name: str, texts: tuple[str, ...], question: Question) -> str:
    """The turns of one field, each in a fence of its own, so that no turn can pass for two."""
    names = [name] if len(texts) == 1 else [f"{name}_{turn}" for turn in range(1, len(texts) + 1)]
    # an answer may be empty; an empty reference is none
    shown = [(place, text) for place, text in zip(names, texts, strict=True) if name != REFERENCE or text.strip()]
    if not question.fenced:
        return "\n\n".join(text for _, text in shown)
    nonce = question.nonce
    return "\n\n".join(f"<<<{place} {nonce}\n{text}\n{nonce} {place}>>>" for place, text in shown)


def _draw_labels(seed: bytes, texts: tuple[str, ...], tie: str | None) -> tuple[str, str]:
    """Draw two codes that no text holds as a word, with different first letters; longer where short ones run out."""
    for attempt in itertools.count():
        length = 1 + attempt // _TRIES_PER_LENGTH
        block = hashlib.shake_256(seed + attempt.to_bytes(8, "big")).digest(2 * length)
        letters = "".join(_LABEL_LETTERS[byte % len(_LABEL_LETTERS)] for byte in block)
        first, second = letters[:length], letters[length:]
        if first[0] == second[0] or tie in (first, second):
            continue
        word = _either_as_word(first, second)
        if not any(word.search(text) for text in texts):
            return first, second
    raise AssertionError("an endless count ended")


@functools.lru_cache(maxsize=512)
def _either_as_word(first: str, second: str) -> re.Pattern[str]:
    """A pattern that finds either of two codes, in any case, as a word; digits and underscores end a word."""
    codes = ("".join(f"[{letter}{letter.lower()}]" for letter in code) for code in (first, second))
    either = f"[{first}{first.lower()}{second}{second.lower()}]" if len(first) == 1 else f"(?:{'|'.join(codes)})"
    # the character before is checked last: the letters themselves are rarer
    return re.compile(f"{either}(?<![A-Za-z].{{{len(first)}}})(?![A-Za-z])")


@functools.lru_cache(maxsize=32)
def _compile(prompt_text: str) -> "Template":
    from jinja2 import TemplateError

    from evalkit.judge_spec.template import PromptEnvironment

    _check_length(prompt_text)
    environment = PromptEnvironment()
    try:
        outside = [node for node in environment.parse(prompt_text).body if not _silent(node)]
        template = environment.from_string(prompt_text)
    except TemplateError as error:
        line = f"line {error.lineno}: " if getattr(error, "lineno", None) else ""  # type: ignore[attr-defined]
        raise ConfigError(f"the prompt is not a valid template: {line}{error}") from None
    except (RecursionError, MemoryError, SyntaxError, ValueError, OverflowError) as error:
        said = "nested too deeply" if isinstance(error, RecursionError | MemoryError | SyntaxError) else str(error)
        raise ConfigError(f"the prompt is not a valid template: {said}") from None
    if outside and not template.blocks:
        raise ConfigError(_no_block(grades="answer" in prompt_text and "first" not in prompt_text))
    if outside:
        raise ConfigError(
            f"the prompt has text outside of its blocks, which would never be sent: line {outside[0].lineno}"
        )
    unknown = set(template.blocks) - set(ROLES)
    if unknown or "user" not in template.blocks:
        raise ConfigError(f"the prompt needs a block named user; allowed blocks: {', '.join(ROLES)}")
    return template


def _silent(node: "nodes.Node") -> bool:
    """True for a block, or for the blanks between blocks."""
    from jinja2 import nodes

    if isinstance(node, nodes.Output):
        return all(isinstance(part, nodes.TemplateData) and not part.data.strip() for part in node.nodes)
    return isinstance(node, nodes.Block)
