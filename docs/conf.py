"""How the pages of this folder become a site: `make docs`."""

import re
from importlib.metadata import version as installed

from sphinx.application import Sphinx

from evalkit.reporting.plots.palette import DARK, LIGHT

project = "evalkit"
version = release = installed("evalkit-lc")
language = "en"

extensions = ["myst_parser", "sphinx_external_toc"]
exclude_patterns = ["_build", "**/make.py"]
external_toc_path = "_toc.yml"
myst_heading_anchors = 4
# two dashes before an option stay two dashes
smartquotes = False
highlight_language = "text"

html_theme = "furo"
html_title = "evalkit"
html_theme_options = {
    f"{ground}_css_variables": {
        "color-brand-primary": colours["accent"],
        "color-brand-content": colours["accent"],
        "color-brand-visited": colours["accent"],
        "color-background-primary": colours["surface"],
        "color-foreground-primary": colours["ink"],
        "color-foreground-secondary": colours["muted"],
        "color-foreground-muted": colours["muted"],
    }
    for ground, colours in (("light", LIGHT), ("dark", DARK))
}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_use_index = False
html_copy_source = False
html_show_copyright = False
pygments_style = "a11y-light"
pygments_dark_style = "a11y-dark"

# pages that lie elsewhere in the project, and the pages here that include them
ELSEWHERE = {
    "examples/README.md": "example.md",
    "leaderboards/human/README.md": "human_references.md",
    "leaderboards/published/README.md": "published_tables.md",
    "CHANGELOG.md": "changelog.md",
}


def setup(app: Sphinx) -> None:
    """Let links to pages elsewhere lead to their copies."""
    app.connect("source-read", _lead_to_copies)


def _lead_to_copies(app: Sphinx, document: str, source: list[str]) -> None:  # noqa: ARG001
    up = "../" * document.count("/")
    for place, copy in ELSEWHERE.items():
        source[0] = re.sub(rf"\]\({re.escape(f'{up}../{place}')}(#[^)]*)?\)", rf"]({up}elsewhere/{copy}\1)", source[0])
