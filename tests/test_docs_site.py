"""The site of docs/ builds without a warning, and its pages load nothing from another host."""

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
# attributes that a browser fetches by itself; a link is followed only when somebody clicks
LOADS = {"src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href"}
REMOTE = re.compile(r"^\s*(?:[a-z][a-z+.-]*:)?//", re.IGNORECASE)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    done = subprocess.run(
        [*command, "--doctree-dir", str(folder / "read"), str(DOCS), str(folder / "html")],
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


class Loads(HTMLParser):
    """What a page makes the browser fetch, the styles written in it included."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        loads = LOADS | ({"href"} if tag not in {"a", "area"} else set())
        for name, value in attrs:
            if name in loads:
                self.found += [part.strip() for part in (value or "").split(",")] if name == "srcset" else [value or ""]
            elif name == "style":
                self.found += loads_of_css(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "style":
            self.found += loads_of_css(data)


def loads_of_css(text: str) -> list[str]:
    addresses = re.findall(r"url\(\s*(?:\"([^\"]*)\"|'([^']*)'|([^)\"']*))\s*\)|@import\s+[\"']([^\"']*)", text)
    return [part for groups in addresses for part in groups if part]


def remote_loads(folder: Path) -> Iterator[str]:
    for page in folder.rglob("*.html"):
        parser = Loads()
        parser.feed(page.read_text(encoding="utf-8"))
        yield from (f"{page.name}: {one}" for one in parser.found if REMOTE.match(one))
    for sheet in folder.rglob("*.css"):
        found = loads_of_css(sheet.read_text(encoding="utf-8"))
        yield from (f"{sheet.name}: {one}" for one in found if REMOTE.match(one))


def test_no_page_of_the_site_loads_anything_from_another_host(site: Path) -> None:
    assert (site / "index.html").is_file()
    assert list(remote_loads(site)) == []


def test_remote_loads_of_any_kind_are_seen(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<script src="https://a.example/x.js"></script><link rel="stylesheet" href="//b.example/x.css">'
        '<img src="local.png" srcset="x.png 1x, http://c.example/x.png 2x"><p style="background:url(https://d.example/x)">'
        '<style>@import "https://e.example/x.css";</style><a href="https://read.example/">only a link</a>'
    )
    (tmp_path / "sheet.css").write_text(
        "@font-face{src:url('https://f.example/x.woff2'),url(data:font/woff2;base64,AA)}"
    )
    assert sorted(re.findall(r"//(\w)\.example", " ".join(remote_loads(tmp_path)))) == ["a", "b", "c", "d", "e", "f"]


def test_every_page_of_the_docs_is_on_the_site(site: Path) -> None:
    pages = [page.relative_to(DOCS) for page in DOCS.rglob("*.md") if "_build" not in page.parts]
    assert [page for page in pages if not (site / page).with_suffix(".html").is_file()] == []
