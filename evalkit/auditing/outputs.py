"""Audits a model's outputs before they are judged at a cost."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.auditing.checks import KEYS, Bounds, Check, share_check, skipped, told
from evalkit.auditing.copies import copy_checks
from evalkit.auditing.declining import declines_check
from evalkit.auditing.directed import DIRECTED, said
from evalkit.auditing.form import broken_off, oversized
from evalkit.auditing.hidden import hidden
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.padding import padded, padding
from evalkit.auditing.relevance import LEAST_CHARS, LEAST_WORDS, relevance_p
from evalkit.auditing.resemblance import largest_cluster
from evalkit.auditing.words import folded, words
from evalkit.errors import AuditFailed
from evalkit.types import Audit, Example, Finding, Output, OutputSet, Severity

# limits that a set of questions may not suit, such as one of yes and no, with a value that lets everything pass
_MOVABLE = {"distinct": "min-distinct=0", "near_duplicates": "max-near-duplicates=1", "relevance": "max-relevance-p=1"}
_SINGULAR = {"are": "is", "hold": "holds"}


def audit_outputs(
    candidate: OutputSet,
    baseline: OutputSet | None,
    *,
    questions: Sequence[Example] | None = None,
    limits: AuditLimits = AuditLimits(),
) -> Audit:
    """Audit a model's outputs; checks that need more outputs, or a baseline that is missing, are not made.

    Args:
        questions: the questions, where there is no baseline and they are known.
    """
    shown = judged_outputs(candidate, questions if baseline is None else baseline.examples)
    return audit_of(examine_outputs(shown, baseline, limits=limits), n=len(shown.outputs))


def judged_outputs(candidate: OutputSet, questions: Sequence[Example] | None) -> OutputSet:
    """The outputs that would be judged: the first to each question, with the text that the question has.

    Outputs that are not judged could hide the faults of the others, and a candidate's own text of an instruction could
    hold what its answers must not. All outputs are kept where none is to a question, or the questions are unknown.
    """
    asked = {example.key: example for example in questions or ()}
    first: dict[str, Output] = {}
    for output in candidate.outputs:
        if output.key in asked:
            first.setdefault(output.key, output)
    if not first:
        return candidate
    return replace(candidate, examples=tuple(asked[key] for key in first), outputs=tuple(first.values()))


def audit_of(checks: Sequence[Check], *, n: int) -> Audit:
    return Audit(
        n,
        tuple(check.name for check in checks if not check.skipped),
        tuple(check.finding for check in checks if check.finding is not None),
    )


def require_passed(audits: Mapping[str, Audit | None]) -> None:
    """Raise where a model's outputs were refused.

    Raises:
        AuditFailed: an audit failed; the message has every reason of the first one.
    """
    failed = [(model, audit) for model, audit in audits.items() if audit is not None and audit.failures]
    if not failed:
        return
    model, audit = failed[0]
    reasons = "; ".join(finding.reason for finding in audit.failures)
    others = f" {len(failed) - 1} more failed too." if len(failed) > 1 else ""
    moved = " ".join(
        dict.fromkeys(f"--audit-limit {_MOVABLE.get(finding.check, 'NAME=VALUE')}" for finding in audit.failures)
    )
    raise AuditFailed(
        f"{model}: audit failed: {reasons}.{others} Mend the outputs, or move a limit that does not suit them with "
        f"{moved}"
    )


def examine_outputs(
    candidate: OutputSet,
    baseline: OutputSet | None,
    *,
    limits: AuditLimits = AuditLimits(),
) -> list[Check]:
    """Make every check of an audit, also those that find nothing or cannot be made.

    Args:
        candidate: as `judged_outputs` gives it.
    """
    answers = _answers(candidate)
    theirs = None if baseline is None else _answers(baseline)
    said_words = [words(text) for text in answers.texts]
    return [
        _distinct(answers, limits),
        _near_duplicates(answers, said_words, limits),
        *copy_checks(candidate, baseline, limits),
        _relevance(answers, theirs, said_words, limits),
        *_directed(answers, theirs, limits),
        _hidden(answers, theirs, limits),
        _padded(answers, theirs, limits),
        _empty(candidate, limits),
        declines_check(candidate, baseline, limits),
        _broken_off(answers, theirs, limits),
        _one_length(answers, limits),
        _oversized(candidate, limits),
    ]


@dataclass(frozen=True, slots=True)
class _Answers:
    """The answers that hold anything, with their instructions."""

    keys: tuple[str, ...]
    instructions: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def n(self) -> int:
        return len(self.texts)

    def few(self, limits: AuditLimits) -> str:
        """The reason why there are too few of them; empty if there are enough."""
        return _few(self.n, limits)

    def keys_with(self, has: Callable[[str, str], bool]) -> list[str]:
        """Keys of the answers for which `has` is true of the text and the instruction."""
        rows = zip(self.keys, self.texts, self.instructions, strict=True)
        return [key for key, text, instruction in rows if has(text, instruction)]


def _answers(outputs: OutputSet) -> _Answers:
    rows = [
        (output.key, example.instruction, text)
        for example, output in zip(outputs.examples, outputs.outputs, strict=True)
        if (text := output.text).strip()
    ]
    keys, instructions, texts = zip(*rows, strict=True) if rows else ((), (), ())
    return _Answers(keys, instructions, texts)


def _few(n: int, limits: AuditLimits, what: str = "answers") -> str:
    return "" if n >= limits.min_outputs else f"{n} {what}, at least {limits.min_outputs} needed"


def _distinct(answers: _Answers, limits: AuditLimits) -> Check:
    name, n = "distinct", answers.n
    if few := answers.few(limits):
        return skipped(name, Bounds(fail=limits.min_distinct), few)
    forms = [folded(text) for text in answers.texts]
    counts = Counter(forms)
    share = len(counts) / n
    finding = None
    if share < limits.min_distinct:
        repeated = [key for key, form in zip(answers.keys, forms, strict=True) if counts[form] > 1]
        reason = f"{len(counts)} distinct answers to {n} instructions, one of them {max(counts.values())} times"
        if len(counts) == 1:
            reason = f"one answer to {n} instructions"
        finding = Finding(name, Severity.FAIL, reason, len(repeated), n, tuple(repeated[:KEYS]))
    return Check(name=name, value=share, limit=limits.min_distinct, finding=finding)


def _near_duplicates(answers: _Answers, said_words: Sequence[list[str]], limits: AuditLimits) -> Check:
    name, bounds = "near_duplicates", Bounds(fail=limits.max_near_duplicates)
    if few := answers.few(limits):
        return skipped(name, bounds, few)
    # a text without words stands for itself
    texts = [own_words or [text] for own_words, text in zip(said_words, answers.texts, strict=True)]
    keys = [answers.keys[place] for place in largest_cluster(texts)]
    says = f"{len(keys)} of {answers.n} answers are near-duplicates of each other"
    # a single answer resembles itself only
    return share_check(name, keys if len(keys) > 1 else [], answers.n, bounds=bounds, says=says)


def _relevance(
    answers: _Answers, theirs: _Answers | None, said_words: Sequence[list[str]], limits: AuditLimits
) -> Check:
    name, bounds = "relevance", Bounds(fail=limits.max_relevance_p)
    # a long text of few words is not a short answer: it may have few so that there is nothing to compare
    long_enough = [
        place
        for place, (own_words, text) in enumerate(zip(said_words, answers.texts, strict=True))
        if len(own_words) >= LEAST_WORDS or len(text) >= LEAST_CHARS
    ]
    few = _few(len(long_enough), limits, f"answers of {LEAST_WORDS} words or {LEAST_CHARS} characters")
    few = few or _few(len({answers.instructions[place] for place in long_enough}), limits, "different instructions")
    if few:
        return skipped(name, bounds, few)
    asked = [words(answers.instructions[place]) for place in long_enough]
    p = relevance_p(asked, [said_words[place] for place in long_enough])
    whose = "their own instructions"
    if p > limits.max_relevance_p and theirs is not None:
        beside = dict(zip(theirs.keys, map(words, theirs.texts), strict=True))
        both = [place for place in long_enough if answers.keys[place] in beside]
        usual = [beside[answers.keys[place]] for place in both]
        questions = [words(answers.instructions[place]) for place in both]
        # an answer in another language than its question has no words of it: the baseline's then tell what fits
        if not _few(len(both), limits) and relevance_p(questions, usual) > limits.max_relevance_p:
            long_enough = both
            p = relevance_p(usual, [said_words[place] for place in both])
            whose = "the baseline's answers to their instructions"
    n = len(long_enough)
    finding = None
    if p > limits.max_relevance_p:
        keys = tuple(answers.keys[place] for place in long_enough[:KEYS])
        reason = f"{n} answers have no more words in common with {whose} than with others (p {p:.3f})"
        finding = Finding(name, Severity.FAIL, reason, n, n, keys)
    return Check(name=name, value=p, limit=limits.max_relevance_p, finding=finding)


def _directed(answers: _Answers, theirs: _Answers | None, limits: AuditLimits) -> list[Check]:
    found = [said(text, asked) for text, asked in zip(answers.texts, answers.instructions, strict=True)]

    def check(name: str) -> Check:
        return _beyond_baseline(
            name,
            (answers, theirs),
            limits,
            bounds=Bounds(fail=limits.max_directed, warn=limits.warn_share),
            keys=[key for key, classes in zip(answers.keys, found, strict=True) if name in classes],
            has=lambda text, asked: name in said(text, asked),
            says=f"hold {DIRECTED[name].says}",
        )

    return [check(name) for name in DIRECTED]


def _hidden(answers: _Answers, theirs: _Answers | None, limits: AuditLimits) -> Check:
    found = [hidden(text) for text in answers.texts]
    letters = Counter(letter for characters in found for letter in characters).most_common(1)
    most = f", most often U+{ord(letters[0][0]):04X}" if letters else ""
    return _beyond_baseline(
        "hidden_text",
        (answers, theirs),
        limits,
        bounds=Bounds(fail=limits.max_hidden, warn=limits.warn_share),
        keys=[key for key, flag in zip(answers.keys, found, strict=True) if flag],
        has=lambda text, _: bool(hidden(text)),
        says=f"hold characters that nobody sees{most}",
    )


def _padded(answers: _Answers, theirs: _Answers | None, limits: AuditLimits) -> Check:
    found = {key: padding([text]) for key, text in zip(answers.keys, answers.texts, strict=True) if padded([text])}
    mean = f", on average {sum(found.values()) / len(found):.0f} characters" if found else ""
    return _beyond_baseline(
        "padded",
        (answers, theirs),
        limits,
        bounds=Bounds(fail=limits.max_padded, warn=limits.warn_share),
        keys=list(found),
        has=lambda text, _: padded([text]),
        says=f"are padded with blanks{mean}",
    )


def _beyond_baseline(
    name: str,
    sides: tuple[_Answers, _Answers | None],
    limits: AuditLimits,
    *,
    bounds: Bounds,
    keys: Sequence[str],
    has: Callable[[str, str], bool],
    says: str,
) -> Check:
    """Check for a fault that is more frequent than in the baseline's answers: the instructions cause the rest."""
    answers, theirs = sides
    if few := answers.few(limits):
        return skipped(name, bounds, few)
    usual = 0.0
    if theirs is not None and theirs.n and bounds.severity(len(keys) / answers.n):
        usual = len(theirs.keys_with(has)) / theirs.n
    verb, _, rest = says.partition(" ")
    said_of = told(len(keys), answers.n, f"{_SINGULAR[verb]} {rest}", says)
    return share_check(name, keys, answers.n, bounds=bounds, says=said_of, usual=usual)


def _empty(candidate: OutputSet, limits: AuditLimits) -> Check:
    name, bounds = "empty", Bounds(fail=limits.max_empty, warn=limits.warn_share)
    n = len(candidate.outputs)
    if few := _few(n, limits):
        return skipped(name, bounds, few)
    keys = [output.key for output in candidate.outputs if _blank(output)]
    return share_check(name, keys, n, bounds=bounds, says=told(len(keys), n, "is empty", "are empty"))


def _blank(output: Output) -> bool:
    # a failed call is empty as well
    return output.empty and output.oversize_chars is None


def _broken_off(answers: _Answers, theirs: _Answers | None, limits: AuditLimits) -> Check:
    name, bounds = "truncated", Bounds(warn=limits.max_truncated)
    few = answers.few(limits) or ("no baseline" if theirs is None else theirs.few(limits))
    if few or theirs is None:
        return skipped(name, bounds, few)
    keys = answers.keys_with(lambda text, _: broken_off(text))
    usual = len(theirs.keys_with(lambda text, _: broken_off(text)))
    says = f"{told(len(keys), answers.n, 'breaks off', 'break off')}, {usual} of {theirs.n} of the baseline's"
    return share_check(name, keys, answers.n, bounds=bounds, says=says, usual=usual / theirs.n)


def _one_length(answers: _Answers, limits: AuditLimits) -> Check:
    name, bounds = "one_length", Bounds(warn=limits.max_one_length)
    if few := answers.few(limits):
        return skipped(name, bounds, few)
    ((chars, count),) = Counter(map(len, answers.texts)).most_common(1)
    keys = answers.keys_with(lambda text, _: len(text) == chars) if count > 1 else []
    says = f"{count} of {answers.n} answers have one length, {chars} characters"
    return share_check(name, keys, answers.n, bounds=bounds, says=says)


def _oversized(candidate: OutputSet, limits: AuditLimits) -> Check:
    name, bounds = "oversized", Bounds(warn=limits.max_oversized)
    lengths = [(output.key, chars) for output in candidate.outputs if (chars := output.chars) and not _blank(output)]
    if few := _few(len(lengths), limits):
        return skipped(name, bounds, few)
    places = oversized([chars for _, chars in lengths])
    longest = max(chars for _, chars in lengths)
    longer = told(len(places), len(lengths), "is far longer", "are far longer")
    says = f"{longer} than the others, up to {longest} characters"
    return share_check(name, [lengths[place][0] for place in places], len(lengths), bounds=bounds, says=says)
