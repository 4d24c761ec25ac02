"""Style sheets that carry packed data: a page loads them from a disk and from any host alike, and none of them can run.

A page from a disk may not fetch a file beside it, and a script that carries data would be code. A style sheet's values
are text to whoever reads them.
"""

import hashlib
import re
from dataclasses import dataclass, field

DATA = "data"
# browsers drop a value of more than two million letters
_PIECE = 500_000
_NAME_LETTERS = 20
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


@dataclass(frozen=True, slots=True)
class Carriers:
    """The style sheets of a site by their files; what two pages show is carried once."""

    files: dict[str, str] = field(default_factory=dict)

    def carry(self, packed: str) -> str:
        """Add packed data, and return the name by which a page asks for them.

        Raises:
            ValueError: the data are not base64.
        """
        if not _BASE64.fullmatch(packed):
            raise ValueError("only base64 is carried")
        name = hashlib.sha256(packed.encode("ascii")).hexdigest()[:_NAME_LETTERS]
        pieces = [packed[start : start + _PIECE] for start in range(0, len(packed), _PIECE)]
        values = "".join(f'--{name}-{number}:"{piece}";' for number, piece in enumerate(pieces))
        self.files[f"{DATA}/{name}.css"] = f"#carried{{--{name}:{len(pieces)};{values}}}\n"
        return name
