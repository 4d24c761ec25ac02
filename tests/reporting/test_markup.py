import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evalkit.boards.build import Board, build_boards
from evalkit.boards.metrics import Recipe
from evalkit.reporting.markup import boards as module
from evalkit.reporting.markup.boards import boards_fragment, boards_html
from evalkit.reporting.plots.palette import DARK, LIGHT
from tests.boards.test_build import entry
from tests.reporting.test_tables import AUDITED, BOARDS, HOSTILE

FOLDER = Path(module.__file__).parent
ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "</style><svg onload=alert(1)>",
    "{{7*7}}{% raw %}",
    "<!--<script>",
    "&lt;b&gt;",
    HOSTILE,
]
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "div", "section", "table", "caption", "thead", "tbody"),
    *("tr", "th", "td", "svg", "line", "circle", "text", "ul", "li"),
}
VOID = {"meta", "line", "circle"}


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def hostile(attack: str) -> list[Board]:
    one = entry(f"m{attack}", 1.0, judge=f"j{attack}", baseline=f"b{attack}")
    return build_boards(
        [replace(one, slices=dict.fromkeys((f"category {attack}", "category x"), one.sample))], Recipe()
    )


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("write", [boards_html, boards_fragment])
def test_texts_from_outside_are_shown_as_texts(attack: str, write: Callable[[list[Board]], str]) -> None:
    page = Page(write(hostile(attack)))
    assert set(page.tags) <= TAGS
    assert not {name for name in page.attributes if name.startswith("on") or name in {"style", "href", "src"}}
    shown = "".join(page.text)
    assert attack[:12].replace("\x1b", "\\u001b") in shown


def test_the_page_allows_its_own_style_and_nothing_else() -> None:
    text = boards_html(BOARDS)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', text)
    assert style is not None and policy is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1].replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"<script|https?:|url\(|@import", text)
    assert "prefers-color-scheme: dark" in style[1]


def test_every_row_has_its_numbers_and_its_interval_drawn() -> None:
    page = Page(boards_html(BOARDS))
    assert page.tags.count("circle") == 2 and page.tags.count("tr") == 5
    shown = "".join(page.text)
    for text in ("strong", "LC win rate", "95 % interval", "50", "not ranked", "few: not estimable: 2 instructions"):
        assert text in shown


def test_refused_outputs_are_marked_and_not_drawn() -> None:
    text = boards_html(AUDITED)
    assert Page(text).tags.count("circle") == 2
    assert 'class="audit-failed"' in text and "audit failed: one answer to 120 instructions" in text


def test_a_part_of_another_page_brings_its_style_and_takes_the_colours_around_it() -> None:
    text = boards_fragment(BOARDS)
    assert text.lstrip().startswith('<div class="evalkit-boards">') and "<style>" in text and "<html" not in text
    style = (FOLDER / "table.css").read_text()
    rules = re.sub(r"\{.*?\}", ";", style, flags=re.DOTALL)
    assert all(rule.strip().startswith(".evalkit-boards") for rule in re.split(r"[;,]", rules) if rule.strip())
    assert "#" not in style and "background: var" not in style


def test_the_colours_of_the_page_are_those_of_the_plots() -> None:
    style = (FOLDER / "page.css").read_text()
    light, dark = style.split("@media", 1)
    for part, palette in ((light, LIGHT), (dark, DARK)):
        used = re.findall(r"--(\w+): (#\w+);", part)
        assert used and all(palette[role] == colour for role, colour in used)


def test_templates_escape_everything_but_the_styles_of_this_package() -> None:
    for template in FOLDER.glob("*.jinja"):
        text = template.read_text()
        assert "safe" not in text and "autoescape" not in text
        assert not re.search(r"=\{\{|=\s*[^\"\s{>]*\{\{", text), f"{template.name}: an attribute without quotes"
