"""A site: where its pages lie, what they hold, and how it comes into its folder."""

import base64
import gzip
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.reporting.page.document import PAGE, page_script, page_style
from evalkit.reporting.plots.figures import PLOTS
from evalkit.reporting.site.addresses import addresses, page_name
from evalkit.reporting.site.carriers import Carriers
from evalkit.reporting.site.folder import MANIFEST, check_folder, write_site
from evalkit.reporting.site.pages import site_files
from tests.attacks.names import FORBIDDEN, NAMES
from tests.reporting.sites import N, part_of, site_of

CARRIED = re.compile(r'#carried\{--([0-9a-f]{20}):(\d+);((?:--\1-\d+:"[A-Za-z0-9+/=]*";)+)\}\n')
STRANGE = [*NAMES.values(), "GOOD", "good", "Good", "aux.b", "-rf", "~root", "..", "a/b", "a\\b", "\uff0f", "x" * 300]
INDEX = re.compile(r'data-chunk="index">([^<]*)<')


class Links(HTMLParser):
    """The addresses, the ids and the elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on") and name != "style", (tag, name)
            if name in ("href", "src") and value is not None and not (tag == "use" and value.startswith("#")):
                self.links.append(value)
            if name == "id" and value is not None:
                self.ids.append(value)


def carried(sheet: str) -> Any:
    found = CARRIED.fullmatch(sheet)
    assert found is not None
    pieces = re.findall(r'"([^"]*)"', found[3])
    assert len(pieces) == int(found[2])
    return json.loads(gzip.decompress(base64.b64decode("".join(pieces), validate=True)))


def index_of(page: str) -> dict[str, Any]:
    found = INDEX.search(page)
    assert found is not None
    index: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(found[1])))
    return index


@pytest.fixture(scope="module", autouse=True)
def without_figures() -> Iterator[None]:
    """The figures of a board are those of the report, and take longer to draw than all else of a site."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("evalkit.reporting.page.section._DRAWN", ())
        yield


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    parts = part_of("first", judges=("one", "two")), part_of("second", models=("good", "other"))
    return site_files(site_of(*parts))


def test_a_page_is_called_like_what_it_shows_where_that_is_a_harmless_name() -> None:
    assert [page_name(name) for name in ("llama-3.1-8b", "gpt4_turbo", "a+b")] == ["llama-3.1-8b", "gpt4_turbo", "a+b"]


def test_no_name_leaves_its_folder_or_shares_a_file_even_where_capital_letters_do_not_count() -> None:
    # a name that is another name's file, by chance or on purpose
    names = [*STRANGE, *(page_name(name) for name in STRANGE)]
    files = addresses(models=names, benchmarks=(), judges=()).models
    stems = [place.removeprefix("models/").removesuffix(".html") for place in files.values()]
    assert len({stem.casefold() for stem in stems}) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9_][a-z0-9._+-]{0,125}", stem) and not stem.endswith(".") for stem in stems)
    assert not {stem.split(".")[0] for stem in stems} & {"con", "aux", "nul", "prn"}
    # the address of a page depends on nothing but its name
    assert all(addresses(models=[name], benchmarks=(), judges=()).models[name] == files[name] for name in names)


def test_two_names_of_one_short_digest_have_the_whole_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalkit.reporting.site.addresses._DIGEST_LETTERS", 0)
    files = addresses(models=["A b", "a b", "plain"], benchmarks=(), judges=()).models
    assert len(set(files.values())) == 3 and files["plain"] == "models/plain.html"
    assert all(re.fullmatch(r"models/a-b-[0-9a-f]{64}\.html", files[name]) for name in ("A b", "a b"))


def test_only_base64_is_carried_and_much_of_it_in_pieces() -> None:
    carriers = Carriers()
    packed = base64.b64encode(os.urandom(900_000)).decode()
    name = carriers.carry(packed)
    assert carriers.carry(packed) == name and len(carriers.files) == 1
    found = CARRIED.fullmatch(carriers.files[f"data/{name}.css"])
    assert found is not None and found[2] == "3"
    assert "".join(re.findall(r'"([^"]*)"', found[3])) == packed
    for bad in ('"}', "a;b", "</style>", "a\n", "é"):
        with pytest.raises(ValueError, match="only base64"):
            carriers.carry(bad)


def test_there_is_a_page_for_each_benchmark_model_and_judge_and_every_link_leads_to_one(files: dict[str, str]) -> None:
    pages = {place: Links(page) for place, page in files.items() if place.endswith(".html")}
    assert sorted(pages) == sorted([
        "index.html", "benchmarks/first.html", "benchmarks/second.html", "judges/judge.html", "judges/one.html",
        "judges/two.html", *(f"models/{name}.html" for name in ("fair", "good", "other", "poor")),
    ])  # fmt: skip
    reached = set()
    for place, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), place
        assert not page.tags & {"iframe", "object", "embed", "form", "link", "img", "base"}
        for link in page.links:
            target, _, part = link.partition("#")
            path = PurePosixPath(os.path.normpath(PurePosixPath(place).parent / target)) if target else place
            assert str(path) in pages, (place, link)
            assert not part or part in pages[str(path)].ids, (place, link)
            reached.add(str(path))
    assert reached == set(pages)


def test_the_overview_has_a_column_for_each_board_and_metric(files: dict[str, str]) -> None:
    page = files["index.html"]
    assert len(re.findall(r'class="column[^"]*" data-first', page)) == 3
    assert len(re.findall(r'data-numbers="ranking"', page)) == 3
    assert re.findall(r'colspan="(\d)" data-group="(\w+)"', page) == [("2", "first"), ("1", "second")]
    # a model that is not on a board has an empty cell there
    assert len(re.findall(r'<td class="column none', page)) == 2 * 1 + 1 * 2


def test_every_page_has_the_policy_of_the_report_and_only_pages_with_texts_load_style_sheets(
    files: dict[str, str],
) -> None:
    for place, page in files.items():
        if not place.endswith(".html"):
            continue
        (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
        rules = dict(rule.split(" ", 1) for rule in policy.replace("&#39;", "'").split("; "))
        assert rules.pop("style-src").split()[1:] == (["'self'", "file:"] if place.startswith("models/") else [])
        assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]{44}'", rules.pop("script-src"))
        assert rules == {
            "default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'",
            "require-trusted-types-for": "'script'",
        }  # fmt: skip


def test_texts_are_carried_once_and_stand_in_no_page(files: dict[str, str]) -> None:
    sheets = {place: carried(text) for place, text in files.items() if place.startswith("data/")}
    texts = [sheet for sheet in sheets.values() if isinstance(sheet, list)]
    # instructions and the baseline's answers of two benchmarks, and the answers of 3 and of 2 models
    assert len(texts) == 2 * 2 + 3 + 2
    assert not any("do first" in page or "good on" in page or "said of" in page for page in files.values())


def test_a_model_that_is_on_several_benchmarks_reads_all_of_them(files: dict[str, str]) -> None:
    index = index_of(files["models/good.html"])
    assert index["models"] == ["good", "base"] and len(index["keys"]) == 2 * N
    titles = [board["title"] for board in index["boards"]]
    assert titles == ["first · one", "first · two", "second · judge"]
    rows = list(zip(index["rows"]["board"], index["rows"]["key"], strict=True))
    assert [board for board, _ in rows] == [0] * N + [1] * N + [2] * N
    assert {key for board, key in rows if board == 2} == set(range(N, 2 * N))
    for name, texts in index["files"].items():
        for first, sheet in texts:
            value = carried(files[f"data/{sheet}.css"])
            if name == "answers-0":
                benchmark = index["keys"][first].split()[0]
                assert value[0] == f"good on {benchmark} 000 "
            if name == "places-2-0":
                assert first == N and value["3"][0][5] == "said of second 003 "
    assert index["sampled"] is None and index["text"]


def test_a_model_has_one_page_by_whatever_spelling_boards_know_it() -> None:
    parts = part_of("first"), part_of("second", models=("Good!", "other"))
    made = site_files(site_of(*parts, aliases={"Good!": "good"}))
    page = made["models/good.html"]
    assert "Also called Good!." in page and not any("good-" in place for place in made)
    assert '<a href="../models/good.html">Good!</a>' in made["benchmarks/second.html"]
    index = index_of(page)
    assert index["models"] == ["good", "base"] and {*index["rows"]["board"]} == {0, 1}
    answers = [carried(made[f"data/{sheet}.css"])[0] for _, sheet in index["files"]["answers-0"]]
    assert answers == ["good on first 000 ", "Good! on second 000 "]


def test_without_texts_a_site_holds_none_and_a_sample_says_that_it_is_one() -> None:
    site = site_of(part_of("first", text="secret"), part_of("second", text="secret"), sample=5)
    sampled = site_files(site)
    assert index_of(sampled["models/good.html"])["sampled"] == {"n": 10, "of": 2 * N, "seed": 0}
    bare = site_files(replace(site, text=False))
    values = [carried(text) for place, text in bare.items() if place.startswith("data/")]
    assert values and "secret" not in json.dumps([value for value in values if isinstance(value, list)])
    assert all(verdict[5] is None for value in values for (verdict,) in value.values())
    assert index_of(bare["models/good.html"])["text"] is False


def test_equal_sites_are_equal_to_the_byte_and_the_overview_comes_last() -> None:
    made = [site_files(site_of(part_of("first"))) for _ in range(2)]
    assert made[0] == made[1] and list(made[0]) == list(made[1])
    assert list(made[0])[-1] == "index.html"


def test_whatever_things_are_called_no_page_takes_a_name_for_anything_but_text() -> None:
    texts = ["".join(list(NAMES.values())[part::4]) for part in range(4)]
    part = part_of(texts[0], texts[1:], [f"{texts[1]} judge"], n=12, text=texts[2])
    made = site_files(site_of(part, title=texts[3]))
    for place, page in made.items():
        page.encode()
        if place.endswith(".html"):
            seen = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
            assert FORBIDDEN.search(seen) is None, place
            assert not Links(page).tags & {"img", "iframe", "link", "base", "form"}
    assert len([place for place in made if place.startswith("models/")]) == 3


def test_earlier_releases_have_a_panel_where_there_are_any(files: dict[str, str]) -> None:
    assert 'id="history"' not in files["models/good.html"]
    part = part_of("first")
    site = replace(site_of(part), histories={"good": (PLOTS["ranks"](part.boards[0]),)})
    made = site_files(site)
    assert 'href="#history"' in made["models/good.html"] and 'id="history"' in made["models/good.html"]
    assert 'id="history"' not in made["models/fair.html"]


def test_a_page_tells_what_a_judge_is_and_what_it_made(files: dict[str, str]) -> None:
    page = files["judges/one.html"]
    assert '<a href="../benchmarks/first.html#b0">first</a>' in page
    assert '<h3 id="j0-judge-title">first</h3>' in page and "Position bias" in page
    assert "<dt>judge digest</dt><dd>digest</dd>" in page


def test_the_script_and_the_style_of_a_site_hold_no_address() -> None:
    script = page_script(["files", "overview", "model", "site"])
    assert not re.search(r"https?:|innerHTML|fetch\(|import\(|\bsrc\b", script)
    assert "url(" not in page_style(["page", "site"]) and (PAGE / "site.css").is_file()


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and MANIFEST not in path.name
    }


OLD = {"data/aa.css": "a", "models/a.html": "old a", "models/b.html": "old b", "index.html": "old"}
NEW = {"data/bb.css": "b", "models/a.html": "new a", "models/c.html": "new c", "index.html": "new"}


def test_a_site_takes_the_place_of_the_last_one_and_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "public"
    write_site(folder, OLD)
    assert tree(folder) == OLD
    (folder / "CNAME").write_text("mine")
    (folder / "models" / "mine.html").write_text("mine")
    before = (folder / "index.html").stat().st_mtime_ns
    write_site(folder, OLD)
    # what is as it is to be is not written again
    assert (folder / "index.html").stat().st_mtime_ns == before
    write_site(folder, NEW)
    assert tree(folder) == {**NEW, "CNAME": "mine", "models/mine.html": "mine"}
    assert sorted(path.name for path in folder.parent.iterdir()) == ["public"]


def test_what_is_no_site_of_ours_is_refused_in_one_line_and_stays(tmp_path: Path) -> None:
    folder = tmp_path / "public"
    folder.mkdir()
    write_site(folder, OLD)
    other, file = tmp_path / "other", tmp_path / "file"
    other.mkdir()
    (other / "index.html").write_text("mine")
    file.write_text("mine")
    for place, reason in ((other, "holds files, and no site of evalkit's"), (file, "is no folder")):
        with pytest.raises(InputError, match=reason) as caught:
            check_folder(place)
        assert "\n" not in str(caught.value) and str(place) in str(caught.value)
    (folder / "models" / "c.html").write_text("mine")
    with pytest.raises(InputError, match=r"models/c\.html: is not as a site wrote it"):
        write_site(folder, NEW)
    (folder / "models" / "c.html").unlink()
    (folder / "models" / "a.html").write_text("edited by hand")
    with pytest.raises(InputError, match=r"models/a\.html: is not as a site wrote it"):
        write_site(folder, NEW)
    assert tree(folder) == {**OLD, "models/a.html": "edited by hand"} and tree(other) == {"index.html": "mine"}


def test_a_page_that_was_edited_is_not_deleted_with_the_old_site(tmp_path: Path) -> None:
    write_site(tmp_path / "s", OLD)
    (tmp_path / "s" / "models" / "b.html").write_text("edited by hand")
    write_site(tmp_path / "s", NEW)
    assert tree(tmp_path / "s") == {**NEW, "models/b.html": "edited by hand"}


def test_a_link_in_the_folder_is_not_followed_out_of_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.html").write_text("old a")
    write_site(tmp_path / "s", {"index.html": "old", "models/a.html": "old a"})
    for name in ("models/a.html", "models"):
        path = tmp_path / "s" / name
        path.unlink() if path.is_file() else path.rmdir()
        path.symlink_to(outside / "a.html" if name.endswith(".html") else outside)
        with pytest.raises(InputError, match="is a link, which no site writes"):
            write_site(tmp_path / "s", NEW)
        path.unlink()
    assert (outside / "a.html").read_text() == "old a"


@pytest.mark.parametrize(
    "manifest",
    [
        "{",
        "[]",
        '{"files": {}}',
        '{"files": {"../victim.html": "DIGEST"}, "coming": {}}',
        '{"files": {"/victim.html": "DIGEST"}, "coming": {}}',
        '{"files": {"models/../../victim.html": "DIGEST"}, "coming": {}}',
        '{"files": {"index.html": 1}, "coming": {}}',
    ],
)
def test_a_list_of_files_that_somebody_else_wrote_deletes_nothing(manifest: str, tmp_path: Path) -> None:
    victim, folder = tmp_path / "victim.html", tmp_path / "s"
    victim.write_text("a")
    folder.mkdir()
    digest = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    (folder / MANIFEST).write_text(manifest.replace("DIGEST", digest))
    with pytest.raises(InputError, match="not the list of a site's files"):
        write_site(folder, NEW)
    assert victim.read_text() == "a"


@pytest.mark.parametrize("survived", range(7))
def test_a_rewrite_that_is_stopped_anywhere_leaves_whole_pages_and_is_completed_by_the_next(
    survived: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "s"
    write_site(folder, OLD)
    steps = iter(range(survived))

    def stopping(step: Any) -> Any:
        def stepped(*arguments: Any, **keywords: Any) -> Any:
            if next(steps, None) is None:
                raise KeyboardInterrupt
            return step(*arguments, **keywords)

        return stepped

    with monkeypatch.context() as patched:
        for name in ("replace", "unlink"):
            patched.setattr(Path, name, stopping(getattr(Path, name)))
        with pytest.raises(KeyboardInterrupt):
            write_site(folder, NEW)
    assert all(text in (OLD.get(place), NEW.get(place)) for place, text in tree(folder).items())
    # the overview is the new one only where all that it leads to is
    assert (folder / "index.html").read_text() == "old" or all((folder / place).exists() for place in NEW)
    assert (folder / "index.html").read_text() == "new" or all((folder / place).exists() for place in OLD)
    write_site(folder, NEW)
    assert tree(folder) == NEW


def test_a_first_site_that_is_stopped_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", stopped)
        with pytest.raises(KeyboardInterrupt):
            write_site(tmp_path / "s", NEW)
    assert list(tmp_path.iterdir()) == []
    # what a killed process left is swept
    dead = tmp_path / ".s.999999999-0123456789abcdef.part"
    dead.mkdir()
    write_site(tmp_path / "s", NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["s"]
