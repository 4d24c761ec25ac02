"""Tells keys, tokens and passwords from names by their shape, without knowing any of them."""

import itertools
import re

# a key begins here: not within a word, but behind an escape of JSON or of an address
_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9a-fA-F]{4})|(?<=%[0-9A-Fa-f]{2}))"
# these could also come about in the middle of base64
_START_OF_LETTERS = rf"{_START}(?<![+/])"
# prefixes of keys whose rest decides, by the fewest characters of the rest
_PREFIXES = {
    10: "xox[abeoprs]-|xapp-",
    16: "c?sk-|pk-lf-|[spr]k_(?:live|test)_|glpat-",
    20: (
        "hf_|gsk_|xai-|pplx-|r8_|nvapi-|fw_|tgp_v1_|gh[opsur]_|github_pat_|npm_|pypi-|lsv2_|jina_|dop_v1_"
        "|hvs\\.|ya29\\."
    ),
}
_PREFIXED = re.compile(
    "|".join(rf"{_START}(?:{prefixes})(?P<rest{n}>[A-Za-z0-9_.-]{{{n},}})" for n, prefixes in _PREFIXES.items())
)
_WHOLE = re.compile(
    rf"{_START_OF_LETTERS}(?:AKIA|ASIA)[A-Z0-9]{{16}}(?![A-Za-z0-9+/=])"
    rf"|{_START_OF_LETTERS}AIza[A-Za-z0-9_-]{{30,}}"
    rf"|{_START_OF_LETTERS}dapi[0-9a-f]{{32}}"
    rf"|{_START_OF_LETTERS}SG\.[A-Za-z0-9_-]{{16,}}\.[A-Za-z0-9_-]{{16,}}"
    # a JSON web token
    rf"|{_START_OF_LETTERS}eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{8,}}(?:\.[A-Za-z0-9_-]*)?"
    r"|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
# a quick search for what every shape above begins with; most texts have no low line, and need half of it
_HINTS = (
    *("sk-", "pk-lf-", "glpat-", "xox", "xapp-", "xai-", "pplx-", "nvapi-", "pypi-", "hvs.", "ya29."),
    *("AKIA", "ASIA", "AIza", "dapi", "SG.", "eyJ", "PRIVATE KEY"),
)
_HINTS_WITH_LOW_LINES = (
    *("k_live_", "k_test_", "hf_", "gsk_", "r8_", "fw_", "tgp_v1_", "gho_", "ghp_", "ghs_", "ghu_", "ghr_"),
    *("github_pat_", "npm_", "lsv2_", "jina_", "dop_v1_"),
)
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_WORD = re.compile(r"[A-Za-z0-9_+=.~-]{16,}")
# digests, and the identifiers that are written as such
_HEXADECIMAL = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_DIGEST = re.compile(r"\b(?:sha|md)\d+[-:=][A-Za-z0-9+/=_-]+")
_BEARER = re.compile(r"(?<![A-Za-z])(?:bearer|basic)\s+(?=\S*\d)\S{16,}", re.IGNORECASE)
# text of random letters changes between small letters, capitals and digits at more than every second letter
_LONG, _CHANGES = 20, 0.45
# and one of one case and digits at every fourth
_VERY_LONG, _CHANGES_OF_TWO, _LEAST_DIGITS = 32, 0.25, 4
# random letters with few signs among them: the fewest of them, and the fewest for each sign
_LONG_WITH_SIGNS, _BETWEEN_SIGNS = 24, 8


def replace_keys(text: str, shown: str) -> str:
    """The text with `shown` in the place of everything that has the shape of a known kind of key."""
    hints = (*_HINTS, *_HINTS_WITH_LOW_LINES) if "_" in text else _HINTS
    if not any(hint in text for hint in hints):
        return text
    text = _PREFIXED.sub(lambda found: shown if _random_rest(found) else found[0], text)
    return _WHOLE.sub(lambda _: shown, text)


def replace_random_words(text: str, shown: str) -> str:
    """The text with `shown` in the place of words that look drawn at random, and of what follows `Bearer`."""
    text = _BEARER.sub(lambda _: shown, text)
    return _WORD.sub(lambda found: shown if _drawn(found[0]) else found[0], text)


def looks_like_key(name: str) -> bool:
    """True if a text that stands where a name belongs is a key by its shape, or looks drawn at random.

    Names of models with sizes and dates, digests, revisions and UUIDs are none.

    >>> [looks_like_key(name) for name in ("claude-3-5-sonnet-20241022", "da39a3ee5e6b4b0d3255bfef95601890afd80709")]
    [False, False]
    >>> looks_like_key("gsk_" + "a1B2c3D4e5" * 3)
    True
    """
    plain = _DIGEST.sub("", name)
    return replace_random_words(replace_keys(plain, "\0"), "\0") != plain


def _random_rest(found: re.Match[str]) -> bool:
    rest = next(rest for rest in found.groupdict().values() if rest is not None)
    return any(
        len(part) >= 16 or (any(map(str.isdigit, part)) and len(part) >= (9 if part.isdigit() else 8))
        for part in _SEPARATORS.split(rest)
    )


def _drawn(word: str) -> bool:
    parts = [part for part in _SEPARATORS.split(word) if part]
    if any(map(_drawn_part, parts)):
        return True
    joined = "".join(parts)
    few = len(joined) >= max(_LONG_WITH_SIGNS, _BETWEEN_SIGNS * len(parts)) and len(parts) > 1
    return few and _kinds(joined) == 3 and _changes(joined) >= _CHANGES


def _drawn_part(part: str) -> bool:
    if len(part) < _LONG or _HEXADECIMAL.fullmatch(part):
        return False
    if _kinds(part) == 3:
        return _changes(part) >= _CHANGES
    n_digits = sum(map(str.isdigit, part))
    return len(part) >= _VERY_LONG and _LEAST_DIGITS <= n_digits < len(part) and _changes(part) >= _CHANGES_OF_TWO


def _kind(letter: str) -> str:
    return "0" if letter.isdigit() else "A" if letter.isupper() else "a"


def _kinds(text: str) -> int:
    return len(set(map(_kind, text)))


def _changes(text: str) -> float:
    """The share of neighbours that are of different kinds."""
    kinds = [_kind(letter) for letter in text]
    return sum(one != other for one, other in itertools.pairwise(kinds)) / max(len(kinds) - 1, 1)
