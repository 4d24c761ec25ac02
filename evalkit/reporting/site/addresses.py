"""The files of a site's pages, whose names come from names that anybody may have chosen."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evalkit.files import is_reserved
from evalkit.redaction import redact

OVERVIEW = "index.html"
MODELS, BENCHMARKS, JUDGES = "models", "benchmarks", "judges"
# a name that is a file's name as it is: the same in every file system, whatever that makes of capital letters
_PLAIN = re.compile(r"[a-z0-9_][a-z0-9._+-]{0,79}")
_DIGEST_LETTERS = 10
_SLUGGED = re.compile(rf"-[0-9a-f]{{{_DIGEST_LETTERS}}}$|-[0-9a-f]{{64}}$")
_LONGEST_SLUG = 60


@dataclass(frozen=True, slots=True)
class Addresses:
    """The file of each model's, benchmark's and judge's page below the folder of the site."""

    models: Mapping[str, str]
    benchmarks: Mapping[str, str]
    judges: Mapping[str, str]


def addresses(*, models: Iterable[str], benchmarks: Iterable[str], judges: Iterable[str]) -> Addresses:
    """Return the files of all pages; no two names have one file, even where capital letters do not count."""
    return Addresses(_files(MODELS, models), _files(BENCHMARKS, benchmarks), _files(JUDGES, judges))


def page_name(name: str) -> str:
    """Return the name of a page's file without its ending, which depends on nothing but the name of what it shows.

    >>> page_name("llama-3.1-8b")
    'llama-3.1-8b'
    >>> page_name("Llama-3.1-8B"), page_name("../etc/passwd")
    ('llama-3.1-8b-252b3fc914', 'etc-passwd-7fef78f534')
    """
    return name if _is_plain(name) else f"{_slug(name)}-{_digest(name)[:_DIGEST_LETTERS]}"


def _files(folder: str, names: Iterable[str]) -> dict[str, str]:
    known = sorted(set(names))
    shorts = {name: page_name(name) for name in known}
    counts = Counter(shorts.values())
    # whoever finds two names of one short digest gets the whole of it
    whole = {name: short if counts[short] == 1 else f"{_slug(name)}-{_digest(name)}" for name, short in shorts.items()}
    return {name: f"{folder}/{stem}.html" for name, stem in whole.items()}


def _is_plain(name: str) -> bool:
    # a name that ends like a digest could be another name's slug
    plain = _PLAIN.fullmatch(name) and not name.endswith(".") and not _SLUGGED.search(name)
    return bool(plain) and not is_reserved(name) and redact(name) == name


def _slug(name: str) -> str:
    # a key that somebody took for a name reaches no file's name
    slug = re.sub(r"[^a-z0-9.]+", "-", redact(name).lower()).strip("-.")[:_LONGEST_SLUG].rstrip("-.")
    return slug if slug and not is_reserved(slug) else "page"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
