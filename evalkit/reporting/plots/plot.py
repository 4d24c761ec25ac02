"""A figure with a title and a description in words, for files, notebooks and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from evalkit.files import write_bytes
from evalkit.redaction import redact
from evalkit.reporting.panels import form_of
from evalkit.reporting.plots.style import rendered


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """A drawn figure; `tips` are texts on hover, by the gid of the element that a reader points at."""

    figure: Figure
    name: str
    title: str
    description: str
    tips: Mapping[str, str]

    def save(self, path: Path | str) -> None:
        """Write svg, png or pdf, by the ending of the name; the same plot gives the same bytes.

        Raises:
            ConfigError: the name has another ending.
            InputError: the place cannot be written.
        """
        path = Path(path)
        form = form_of(path)
        write_bytes(
            path, redact(self._repr_svg_()).encode() if form == "svg" else rendered(self.figure, form, salt=self.name)
        )

    def _repr_svg_(self) -> str:
        # imported when needed, so that a drawing does not load the module that writes it as a file
        from evalkit.reporting.svg import plot_svg

        return plot_svg(self, page=False)

    def _repr_png_(self) -> bytes:
        return rendered(self.figure, "png", salt=self.name)
