"""The report in a browser: boards to sort and filter, comparisons to find and read, by mouse, keys, phone and paper."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Open, Opened
from tests.browser.reports import NEEDLE, N

pytestmark = pytest.mark.browser

PHONE = (390, 844)


def cells(page: Page, number: int) -> list[str]:
    """A column of the shown board's shown rows."""
    shown: list[str] = page.eval_on_selector_all(
        "section.board:not([hidden]) table.ranking tbody tr:not([hidden])",
        f"rows => rows.map(row => row.cells[{number}].innerText.split('\\n')[0].trim())",
    )
    return shown


def head(page: Page, name: str) -> None:
    page.locator("section.board:visible table.ranking thead").get_by_role("button", name=name, exact=True).click()


def sorting(page: Page, name: str) -> str | None:
    heads = page.locator("section.board:visible table.ranking thead th")
    return heads.filter(has_text=re.compile(f"^{name}$")).get_attribute("aria-sort")


def settled(page: Page, count: str) -> None:
    """Wait until the list says so."""
    page.wait_for_function("text => document.getElementById('result-count').textContent.startsWith(text)", arg=count)


def found(page: Page) -> int:
    said = page.locator("#result-count").inner_text()
    match = re.match(r"([\d,]+) of", said)
    return int(match[1].replace(",", "")) if match else 0


def open_first(page: Page, number: int = 0) -> None:
    page.locator("#results a").nth(number).click()
    page.wait_for_selector("#comparison-title")


def choice(page: Page, name: str) -> Locator:
    return page.get_by_role("combobox", name=name, exact=True).locator("visible=true")


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_page_opens_without_an_error_or_a_request(show: Open, ranked: Path) -> None:
    opened = show(ranked)
    assert opened.page.evaluate("performance.getEntriesByName('interactive').length") == 1
    opened.harmless()


def test_a_board_sorts_by_its_numbers_and_says_how(show: Open, ranked: Path) -> None:
    opened = show(ranked)
    page = opened.page
    given = cells(page, 1)
    assert sorting(page, "Rank") == "ascending"
    for direction, wanted in (("descending", True), ("ascending", False)):
        head(page, "Win rate")
        assert sorting(page, "Win rate") == direction and sorting(page, "Rank") is None
        # what an audit refused is sorted among no others
        rates = [
            float(rate) for rate, status in zip(cells(page, 5), cells(page, 9), strict=True) if "audit" not in status
        ]
        assert len(rates) > 2 and rates == sorted(rates, reverse=wanted)
    head(page, "Model")
    assert cells(page, 1) == sorted(given, key=str.casefold) or len(given) == len(set(cells(page, 1)))
    head(page, "Rank")
    assert cells(page, 1) == given
    opened.harmless()


def test_what_was_refused_stays_last_whichever_way_it_is_sorted(show: Open, preferences: Path) -> None:
    page = show(preferences).page
    for column in ("Rank", "Rank", "LC win rate", "LC win rate", "Win rate", "Win rate"):
        head(page, column)
        assert cells(page, 1)[-1] == "NullModel"
    row = page.locator("table.ranking tr[data-kind=audit]")
    assert "one length" in row.inner_text() and row.locator("circle").count() == 0
    assert row.locator("svg").get_attribute("aria-label") == "not drawn: audit failed"


def test_a_board_is_filtered_by_name_and_by_status(show: Open, preferences: Path) -> None:
    page = show(preferences).page
    assert len(cells(page, 1)) == 44
    page.get_by_label("Models").fill("vicuna 13B")
    shown = cells(page, 1)
    assert 1 < len(shown) < 44 and all("vicuna-13b" in name for name in shown)
    count = page.locator("[data-count]")
    assert count.inner_text() == f"{len(shown)} of 44 models" and count.get_attribute("aria-live") == "polite"
    page.get_by_label("Models").fill("no such model")
    assert cells(page, 1) == [] and page.get_by_text("No model fits the filter.").is_visible()
    page.get_by_label("Models").fill("")
    choice(page, "Status").select_option("audit")
    assert cells(page, 1) == ["NullModel"]


def test_boards_are_picked_one_at_a_time(show: Open, made: Path) -> None:
    opened = show(made)
    page = opened.page
    assert page.locator("section.board:visible h2").all_inner_texts() == ["random"]
    page.get_by_role("link", name="surface", exact=True).click()
    assert page.locator("section.board:visible h2").all_inner_texts() == ["surface"]
    assert page.get_by_role("link", name="surface", exact=True).get_attribute("aria-current") == "true"
    assert page.locator("[data-part=matrix]").get_attribute("href") == "#b1-matrix"
    opened.harmless()


def test_a_link_into_a_hidden_board_shows_it(show: Open, made: Path) -> None:
    page = show(made, "#b1-matrix").page
    assert page.locator("section.board:visible h2").all_inner_texts() == ["surface"]


def test_without_scripts_every_board_is_there_to_read(show: Open, made: Path) -> None:
    page = show(made, scripts=False).page
    assert page.locator("section.board:visible h2").all_inner_texts() == ["random", "surface"]
    assert page.locator("table.ranking tbody tr:visible").count() == 6
    assert "Without scripts all boards are shown" in (page.locator("main > noscript").text_content() or "")
    assert not page.locator("#browse").is_visible() and not page.locator("#theme").is_visible()


def test_a_name_on_the_board_leads_to_its_comparisons(show: Open, made: Path) -> None:
    page = show(made, "#b1").page
    page.locator("section.board:visible table.ranking").get_by_role("link", name="brief model").click()
    settled(page, f"{N} of")
    assert page.locator("#f-model option:checked").inner_text() == "brief model"
    assert page.locator("#f-board option:checked").inner_text() == "surface"


def test_search_finds_words_in_instructions_and_in_answers_of_both_sides(show: Open, made: Path) -> None:
    opened = show(made)
    page = opened.page
    settled(page, f"{3 * N} of {6 * N}")
    page.get_by_label("Search").fill(NEEDLE.upper())
    settled(page, "3 of")
    page.get_by_label("Search").fill(f"question 7: {NEEDLE}")
    settled(page, "3 of")
    page.get_by_label("Search").fill(f"question 9: {NEEDLE}")
    settled(page, "No comparison fits")
    page.get_by_label("Search").fill("line of another")
    settled(page, "3 of")
    page.get_by_role("button", name="Clear filters").click()
    settled(page, f"{3 * N} of")
    opened.harmless()


def test_comparisons_are_filtered_by_everything_that_is_known_of_them(show: Open, made: Path) -> None:
    page = show(made).page
    whole = found(page)
    parts = 0
    for verdict in ("win", "loss", "tie", "none"):
        choice(page, "Verdict").select_option(verdict)
        parts += found(page)
        marks = page.locator("#results .verdict").all_inner_texts()
        assert set(marks) <= {verdict}
    assert parts == whole
    page.get_by_role("button", name="Clear filters").click()
    choice(page, "Category").select_option(label="essays")
    assert found(page) == whole // 2
    choice(page, "Model").select_option(label="wordy-model")
    assert found(page) == N // 2
    choice(page, "Board").select_option(label="All")
    assert found(page) == N
    page.get_by_label("at least").fill("100")
    page.get_by_label("at most").fill("220")
    lengths = [
        int(text.replace("−", "-").replace("+", "").replace(",", ""))
        for text in page.locator("#results td:nth-child(7)").all_inner_texts()
    ]
    assert lengths and all(100 <= one <= 220 for one in lengths)


@pytest.mark.parametrize(("kind", "mark"), [("orders", "orders"), ("judges", "judges")])
def test_disagreement_can_be_looked_for(show: Open, made: Path, kind: str, mark: str) -> None:
    page = show(made).page
    whole = found(page)
    choice(page, "Disagreement").select_option(kind)
    assert 0 < found(page) < whole
    rows = page.locator("#results tr")
    assert rows.filter(has=page.locator(".tag", has_text=mark)).count() == rows.count()


def test_comparisons_sort_by_how_clear_they_are(show: Open, readable: Path) -> None:
    page = show(readable).page
    for order, reverse in (("worst", False), ("best", True)):
        choice(page, "Sort").select_option(order)
        values = [float(text) for text in page.locator("#results td:nth-child(2)").all_inner_texts() if text != "–"]
        assert len(values) > 10 and values == sorted(values, reverse=reverse)


def test_fifty_comparisons_make_a_page_of_the_list(show: Open, readable: Path) -> None:
    page = show(readable).page
    assert page.locator("#results tr").count() == 50
    first = page.locator("#results a").first.get_attribute("href")
    page.get_by_role("button", name="Next page").click()
    assert page.locator("#page-of").inner_text().startswith("Page 2 of")
    assert page.locator("#results a").first.get_attribute("href") != first
    page.get_by_role("button", name="Previous page").click()
    assert page.locator("#results a").first.get_attribute("href") == first


def test_a_comparison_shows_both_answers_side_by_side_and_what_the_judge_said(show: Open, readable: Path) -> None:
    opened = show(readable)
    page = opened.page
    open_first(page, 3)
    baseline, model = page.locator("[data-side=baseline]"), page.locator("[data-side=model]")
    left, right = baseline.bounding_box(), model.bounding_box()
    assert left is not None and right is not None
    assert left["y"] == right["y"] and left["x"] + left["width"] < right["x"]
    assert all(len(side.locator(".text").inner_text()) > 10 for side in (baseline, model))
    assert len(page.locator(".instruction .text").inner_text()) > 5
    given = page.locator(".given")
    assert given.count() >= 1 and "P(model better) =" in given.first.inner_text()
    assert page.evaluate("document.activeElement.id") == "comparison-title"
    opened.harmless()


def test_every_order_and_repeat_has_its_reply_and_probabilities(show: Open, made: Path) -> None:
    page = show(made, "#b1").page
    assert page.locator("#f-board option:checked").inner_text() == "surface"
    open_first(page)
    said = page.locator(".given").all_inner_texts()
    assert len(said) == 4
    assert sum("Baseline shown first" in text for text in said) == 2
    assert sum("repeat 2" in text for text in said) == 2
    assert page.locator(".tokens tr").count() >= 4
    assert page.locator(".others li").count() == 1


def test_the_next_comparison_begins_at_its_top(show: Open, readable: Path) -> None:
    page = show(readable).page
    open_first(page)
    page.locator(".verdicts").scroll_into_view_if_needed()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.keyboard.press("j")
    page.wait_for_function("() => document.getElementById('comparison').getBoundingClientRect().top >= 0")
    assert page.locator("#next").is_visible()


def test_a_deep_link_opens_its_comparison_at_once(show: Open, readable: Path) -> None:
    page = show(readable).page
    page.get_by_role("button", name="Next page").click()
    open_first(page, 2)
    place = page.evaluate("location.hash")
    assert re.fullmatch(r"#c=[0-9a-z]+\.[^.]+\.[\w~-]+", place)
    title, text = page.locator("#comparison-title").inner_text(), page.locator("[data-side=model] .text").inner_text()
    opened = show(readable, place)
    assert opened.page.locator("#comparison-title").inner_text() == title
    assert opened.page.locator("[data-side=model] .text").inner_text() == text
    assert not opened.page.locator("#browse").is_visible()
    opened.harmless()


def test_the_copied_link_is_the_one_that_opens_the_comparison(show: Open, made: Path) -> None:
    opened = show(made)
    page = opened.page
    page.evaluate("""() => {
        const writeText = async (text) => { window.copied = text; };
        Object.defineProperty(navigator, "clipboard", { value: { writeText } });
    }""")
    open_first(page)
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_selector("text=Link copied")
    assert page.evaluate("window.copied") == page.url
    assert "#c=" in page.url


def test_without_a_clipboard_the_link_is_there_to_copy_by_hand(show: Open, made: Path) -> None:
    page = show(made).page
    page.evaluate("""() => {
        const writeText = async () => { throw new Error("denied"); };
        Object.defineProperty(navigator, "clipboard", { value: { writeText } });
    }""")
    open_first(page)
    page.keyboard.press("c")
    assert page.get_by_label("Link to this comparison").input_value() == page.url


def test_a_link_to_nothing_says_so(show: Open, made: Path) -> None:
    opened = show(made, "#c=nothing.model.0123456789abcdef")
    assert opened.page.get_by_role("alert").inner_text().startswith("This report has no such comparison.")
    assert opened.page.locator("#browse").is_visible()
    opened.harmless()


@pytest.mark.parametrize(
    "place",
    [
        *("#c=%E0%A4%A.x.y", "#c=", "#%F0", "#c=a.b", "#b0-none", "#javascript:alert(1)", "#c=javascript:alert(1).b.c"),
        *(
            "#c=__proto__.constructor.toString",
            f"#c={'x' * 100_000}.{'y' * 100_000}.z",
            "#<img src=x onerror=alert(1)>",
        ),
    ],
    ids=range(10),
)
def test_a_broken_link_breaks_nothing(show: Open, made: Path, place: str) -> None:
    opened = show(made, place)
    assert opened.page.locator("#browse").is_visible()
    opened.harmless()


def test_differences_are_marked_word_by_word_on_both_sides(show: Open, made: Path) -> None:
    opened = show(made)
    page = opened.page
    page.get_by_label("Search").fill("line of another")
    settled(page, "3 of")
    open_first(page)
    page.get_by_role("button", name="Differences").click()
    page.wait_for_selector("ins")
    assert page.get_by_role("button", name="Differences").get_attribute("aria-pressed") == "true"
    gone, new = page.locator("#answers del").all_inner_texts(), page.locator("#answers ins").all_inner_texts()
    # one word in common between two changes is part of them
    assert gone == ["another and plain text"]
    assert new == ["its own and U+202EturnedU+200B textU+0007"]
    kept = page.locator("[data-side=model] .text").evaluate("""(text) => {
        const copy = text.cloneNode(true);
        copy.querySelectorAll("ins").forEach((mark) => mark.remove());
        return copy.textContent;
    }""")
    assert kept.startswith("same opening words here\n\na line of ") and kept.endswith(" at the end")
    assert "In common:" in page.locator("#diff-note").inner_text()
    page.keyboard.press("d")
    page.wait_for_function("() => document.querySelectorAll('#answers ins, #answers del').length === 0")
    opened.harmless()


def test_differences_never_change_a_text(show: Open, readable: Path) -> None:
    page = show(readable).page
    open_first(page)
    for _ in range(12):
        plain = [page.locator(f"[data-side={side}] .text").text_content() for side in ("baseline", "model")]
        page.keyboard.press("d")
        page.wait_for_selector("#diff-note:not(:empty)")
        assert [page.locator(f"[data-side={side}] .text").text_content() for side in ("baseline", "model")] == plain
        page.keyboard.press("d")
        page.wait_for_selector("#diff-note:empty", state="attached")
        before = page.locator("#comparison .position").inner_text()
        page.keyboard.press("j")
        page.wait_for_function("text => document.querySelector('.position').innerText !== text", arg=before)


def test_invisible_characters_are_shown_by_their_codes(show: Open, made: Path) -> None:
    page = show(made).page
    page.get_by_label("Search").fill("line of another")
    settled(page, "3 of")
    open_first(page)
    codes = page.locator("[data-side=model] .code").all_inner_texts()
    assert codes == ["U+202E", "U+200B", "U+0007"]


def test_all_of_it_can_be_done_with_keys(show: Open, readable: Path) -> None:
    opened = show(readable)
    page = opened.page
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.parentElement.parentElement.rowIndex") == 1
    page.keyboard.press("Enter")
    page.wait_for_selector("#comparison-title")
    position = page.locator("#comparison .position")
    for key, place in (("j", "2 of"), ("ArrowRight", "3 of"), ("k", "2 of"), ("ArrowLeft", "1 of")):
        page.keyboard.press(key)
        page.wait_for_function("text => document.querySelector('.position').innerText.startsWith(text)", arg=place)
    address = page.url
    page.keyboard.press("k")
    assert page.url == address and position.inner_text().startswith("1 of")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible() and page.locator("#comparison").is_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("#browse", state="visible")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("j?")
    assert page.get_by_label("Search").input_value() == "j?"
    opened.harmless()


def test_enter_leads_from_the_search_to_the_first_that_it_found(show: Open, made: Path) -> None:
    opened = show(made)
    page = opened.page
    page.keyboard.press("/")
    page.keyboard.type(NEEDLE)
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.closest('#results') !== null")
    assert 0 < found(page) < 100
    page.keyboard.press("Enter")
    page.wait_for_selector("#comparison-title")
    assert page.locator("#comparison .position").inner_text().startswith("1 of")
    opened.harmless()


def test_tab_reaches_every_control_and_the_focus_can_be_seen(show: Open, made: Path) -> None:
    page = show(made).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        now = page.evaluate("""() => {
            const focused = document.activeElement;
            const around = [focused, focused.closest("label") ?? focused];
            const rings = around.map((one) => getComputedStyle(one).outlineStyle);
            const place = focused.closest("table.heat") ? "heat" : focused.closest(".scroll") ? "table" : "";
            return [focused.tagName, place, rings.some((ring) => ring !== "none")];
        }""")
        assert now[2], now
        seen.add((now[0], now[1]))
    assert {("INPUT", ""), ("A", ""), ("SELECT", ""), ("BUTTON", "table"), ("TD", "heat")} <= seen


def test_arrows_go_through_a_matrix_and_tell_its_numbers(show: Open, made: Path) -> None:
    page = show(made).page
    first = page.locator("#b0-matrix td[title]").nth(0)
    first.focus()
    page.keyboard.press("ArrowRight")
    told = page.locator("#b0-matrix [data-spoken]").inner_text()
    assert re.search(r": \d+\.\d\d % \[\d+\.\d\d, \d+\.\d\d\], \d+ instructions", told)
    page.keyboard.press("ArrowDown")
    assert page.locator("#b0-matrix [data-spoken]").inner_text() != told
    assert page.locator("#b0-matrix td[tabindex='0']").count() == 1


def test_the_way_back_leads_to_the_list_where_it_was(show: Open, readable: Path) -> None:
    page = show(readable).page
    page.get_by_role("button", name="Next page").click()
    link = page.locator("#results a").nth(5)
    target = link.get_attribute("href")
    link.click()
    page.wait_for_selector("#comparison-title")
    page.go_back()
    page.wait_for_selector("#browse", state="visible")
    assert page.locator("#page-of").inner_text().startswith("Page 2 of")
    assert page.evaluate("document.activeElement.getAttribute('href')") == target


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_colours_follow_the_reader_and_the_switch(show: Open, made: Path, colours: str) -> None:
    opened = show(made, colours=colours, alone=True)
    page = opened.page
    ground: Callable[[], str] = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")  # noqa: E731
    mark: Callable[[], str] = lambda: page.eval_on_selector(".ek-fill-ink", "one => getComputedStyle(one).fill")  # noqa: E731
    light, dark = ("rgb(255, 255, 255)", "rgb(27, 31, 36)"), ("rgb(21, 24, 29)", "rgb(232, 235, 239)")
    assert (ground(), mark()) == (dark if colours == "dark" else light)
    page.get_by_role("radio", name="Dark").check()
    assert (ground(), mark()) == dark
    page.get_by_role("radio", name="Light").check()
    assert (ground(), mark()) == light
    page.reload()
    page.wait_for_selector("html[data-ready=yes]", state="attached")
    assert (ground(), mark()) == light and page.locator("#theme input:checked").input_value() == "light"
    opened.harmless()


def test_back_and_forward_lead_through_what_was_read(show: Open, made: Path) -> None:
    opened = show(made)
    page = opened.page
    open_first(page, 2)
    place = page.url
    page.keyboard.press("Escape")
    page.wait_for_selector("#browse", state="visible")
    page.go_back()
    page.wait_for_selector("#comparison", state="visible")
    assert page.url == place
    page.go_back()
    page.wait_for_selector("#browse", state="visible")
    page.go_forward()
    page.wait_for_selector("#comparison-title")
    assert page.url == place
    opened.harmless()


def test_what_a_pointer_passes_is_not_told_aloud(show: Open, made: Path) -> None:
    page = show(made).page
    told = page.locator("#b0-matrix [data-spoken]")
    page.locator("#b0-matrix td[title]").nth(1).dispatch_event("pointerover")
    assert told.get_attribute("aria-live") == "off" and told.inner_text()
    page.locator("#b0-matrix td[title]").first.focus()
    assert told.get_attribute("aria-live") == "polite"


def changed_chunk(made: Path, folder: Path, name: str, change: Callable[[str], str]) -> Path:
    """The report with one of its packed parts changed, or left out where nothing of it is left."""
    page = made.read_text()
    whole = re.search(rf'<script type="text/plain" data-chunk="{name}">([^<]*)</script>', page)
    assert whole is not None
    kept = change(whole[1])
    path = folder / "changed.html"
    path.write_text(page.replace(whole[0], whole[0].replace(whole[1], kept) if kept else ""))
    return path


@pytest.mark.parametrize("part", ["places-0-0", "answers-2", "instructions"])
def test_a_damaged_part_is_told_and_nothing_else_stands_in_its_place(
    show: Open, made: Path, tmp_path: Path, part: str
) -> None:
    page = show(changed_chunk(made, tmp_path, part, lambda packed: packed[:40])).page
    choice(page, "Model").select_option(label="brief model")
    page.locator("#results a").first.click()
    page.wait_for_function("() => document.getElementById('browser-problem').textContent.includes('may not be whole')")
    assert page.locator("#browse").is_visible() and not page.locator("#comparison").is_visible()
    page.get_by_label("Search").fill("river")
    if not part.startswith("places"):
        settled(page, "The texts cannot be read.")


def test_a_missing_part_is_told(show: Open, made: Path, tmp_path: Path) -> None:
    page = show(changed_chunk(made, tmp_path, "places-1-3", lambda packed: "")).page
    page.wait_for_function("() => document.getElementById('browser-problem').textContent.includes('not whole')")


def test_a_damaged_index_leaves_the_boards(show: Open, made: Path, tmp_path: Path) -> None:
    page = show(changed_chunk(made, tmp_path, "index", lambda packed: packed[:40])).page
    assert "comparisons cannot be shown" in page.get_by_role("alert").inner_text()
    assert not page.locator("#browse").is_visible()
    head(page, "Win rate")
    assert sorting(page, "Win rate") == "descending"


def test_very_long_texts_are_shown_piece_by_piece(show: Open, long_texts: Path) -> None:
    opened = show(long_texts)
    page = opened.page
    names = page.locator("#results a").all_inner_texts()
    for number in (number for number, name in enumerate(names) if "towers" not in name):
        open_first(page, number)
        side = page.locator("[data-side=model]")
        assert len(side.locator(".text").text_content() or "") <= 160_000
        left = side.locator(".more")
        assert re.fullmatch(r"Show more \([\d,]+ characters left\)", left.inner_text())
        before = left.inner_text()
        left.click()
        assert left.inner_text() != before
        page.keyboard.press("d")
        page.wait_for_selector("#diff-note:not(:empty)")
        assert page.locator("#diff-note").inner_text() == "These answers are too long to be compared word by word."
        page.keyboard.press("d")
        page.wait_for_selector("#diff-note:empty", state="attached")
        page.keyboard.press("Escape")
        page.wait_for_selector("#browse", state="visible")
    opened.harmless()


def test_a_long_text_grows_until_all_of_it_is_there(show: Open, long_texts: Path) -> None:
    page = show(long_texts).page
    page.locator("#results a", has_text="letters").click()
    page.wait_for_selector("#comparison-title")
    more = page.locator(".said .more")
    while more.is_visible():
        more.click()
    assert page.locator(".said .text").text_content() == "\U0001f600\n" * 25_000


def test_many_equal_invisible_characters_are_counted(show: Open, long_texts: Path) -> None:
    page = show(long_texts).page
    page.locator("#results a", has_text="invisible").click()
    page.wait_for_selector("#comparison-title")
    assert page.locator("[data-side=model] .code").first.inner_text() == "U+200B × 20,000"


def test_towers_of_marks_paint_over_nothing_else(show: Open, long_texts: Path) -> None:
    page = show(long_texts).page
    page.locator("#results a", has_text="towers").click()
    title = page.locator("#comparison-title")
    title.scroll_into_view_if_needed()
    seen = title.screenshot()
    page.eval_on_selector_all(".text", "texts => texts.forEach((text) => { text.style.visibility = 'hidden'; })")
    assert title.screenshot() == seen


def test_judges_disagree_only_about_the_same_two_answers(show: Open, two_baselines: Path) -> None:
    page = show(two_baselines).page
    choice(page, "Board").select_option("")
    assert found(page) == 20
    assert page.locator("#results .tag").count() == 0


def test_no_number_looks_like_a_tie_or_a_certainty_that_it_is_not(show: Open, two_baselines: Path) -> None:
    page = show(two_baselines).page
    choice(page, "Board").select_option("")
    values = page.locator("#results td:nth-child(2)").all_inner_texts()
    assert "0.499" in values and "0.999" in values and "0.50" not in values and "1.00" not in values
    page.locator("#results tr", has_text="0.499").first.locator("a").click()
    page.wait_for_selector("#comparison-title")
    assert "P(model better) = 49.90 %" in page.locator(".outcome").inner_text().replace("\u00a0", " ")


def test_a_phone_needs_no_scrolling_sideways(show: Open, readable: Path) -> None:
    opened = show(readable, size=PHONE)
    page = opened.page
    assert fits(page)
    before = page.locator("#result-count").inner_text()
    page.get_by_label("Search").fill("the o")
    page.wait_for_function(
        "text => !['Reading the texts…', text].includes(document.getElementById('result-count').textContent)",
        arg=before,
    )
    open_first(page)
    left, right = (page.locator(f"[data-side={side}]").bounding_box() for side in ("baseline", "model"))
    assert left is not None and right is not None
    assert left["x"] == right["x"] and left["y"] + left["height"] <= right["y"]
    page.keyboard.press("d")
    page.wait_for_selector("#diff-note:not(:empty)")
    assert fits(page)
    opened.harmless()


def test_a_board_fits_a_phone_and_its_tables_scroll_in_their_own_boxes(show: Open, ranked: Path) -> None:
    page = show(ranked, size=PHONE).page
    assert fits(page)
    boxes = page.locator("section.board:visible .scroll")
    assert boxes.count() > 4
    for box in boxes.all():
        assert box.get_attribute("tabindex") == "0"
        assert box.get_attribute("aria-label") or box.get_attribute("aria-labelledby")


@pytest.mark.parametrize("width", [1280, 390])
def test_status_and_reason_are_in_sight_and_a_figure_says_that_it_scrolls(show: Open, ranked: Path, width: int) -> None:
    page = show(ranked, size=(width, 844)).page
    narrow = width < 500
    row = page.locator("section.board:visible table.ranking tbody tr").first
    below = row.locator(".name .narrow")
    assert below.is_visible() == narrow
    seen = below if narrow else row.locator(".status .mark")
    box = seen.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
    for reason in page.locator("section.board:visible .ranking .reason").all():
        assert reason.is_visible()
    for hint in page.locator("section.board:visible .sideways").all():
        assert hint.is_visible() == narrow


def test_a_reply_says_whose_answer_its_label_names(show: Open, made: Path) -> None:
    page = show(made).page
    open_first(page)
    said = page.locator(".labels").first.inner_text()
    assert re.fullmatch(r"\S+ is .+, \S+ is .+ in the reply", said)
    first, second = page.locator(".labels").first.locator("code").all_inner_texts()
    assert first != second


def test_paper_gets_every_board_and_no_controls(show: Open, made: Path) -> None:
    page = show(made, colours="dark", alone=True).page
    page.emulate_media(media="print")
    assert page.locator("section.board:visible h2").all_inner_texts() == ["random", "surface"]
    for gone in ("#comparisons", ".places", "#theme", "[data-tools]"):
        assert not page.locator(gone).first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("#b1-origins dl").is_visible()


def test_tables_are_tables_to_those_who_do_not_see_them(show: Open, ranked: Path) -> None:
    page = show(ranked).page
    for table in page.locator("table:visible").all():
        assert table.locator("caption").count() == 1
        assert table.locator("thead th[scope=col]").count() > 1
    assert page.locator("table.ranking:visible tbody th[scope=row]").count() > 1
    names = page.evaluate("""() => [...document.querySelectorAll("section")].map((one) =>
        document.getElementById(one.getAttribute("aria-labelledby"))?.textContent ?? one.getAttribute("aria-label"))""")
    assert all(names)
    assert page.locator("svg[role=img]").count() > 4
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))


def test_text_stands_out_from_its_ground_in_both_colours(show: Open, made: Path) -> None:
    for colours in ("light", "dark"):
        page = show(made, colours=colours).page
        open_first(page)
        assert page.evaluate(_FAINT) == []


def test_a_page_without_texts_says_so_and_keeps_its_verdicts(show: Open, shared: tuple[Path, Path]) -> None:
    opened = show(shared[0])
    page = opened.page
    assert "This file holds no texts" in page.locator("#browser-note").inner_text()
    assert page.get_by_label("Search").is_disabled() and found(page) == 3 * N
    open_first(page)
    assert page.get_by_text("This file holds no texts.").count() == 3
    assert page.locator(".given").count() == 4 and not page.get_by_role("button", name="Differences").is_visible()
    opened.harmless()


def test_a_sample_is_called_one(show: Open, shared: tuple[Path, Path]) -> None:
    opened = show(shared[1])
    note = opened.page.locator("#browser-note").inner_text()
    assert note.startswith(f"A sample of 9 of {N} instructions can be read here")
    assert found(opened.page) == 27
    assert opened.page.locator("table.ranking:visible tbody td:nth-child(7)").first.inner_text() == str(N)
    opened.harmless()


def test_links_stay_the_same_when_a_report_is_made_again(show: Open, made: Path, shared: tuple[Path, Path]) -> None:
    sample = show(shared[1]).page
    open_first(sample, 4)
    place, text = sample.evaluate("location.hash"), sample.locator("[data-side=model] .text").inner_text()
    assert show(made, place).page.locator("[data-side=model] .text").inner_text() == text


def test_answers_that_were_graded_alone_are_shown_alone(show: Open, graded: Path) -> None:
    opened = show(graded)
    page = opened.page
    assert page.locator("#value-head").inner_text() == "Grade"
    assert re.fullmatch(r"\d+\.\d\d", page.locator("#results td:nth-child(2)").first.inner_text())
    assert not choice(page, "Disagreement").is_visible() and not page.locator("#f-range").is_visible()
    open_first(page)
    assert page.locator("[data-side=model] .text").is_visible() and page.locator("[data-side=baseline]").count() == 0
    assert "on a scale from 1 to 10" in page.locator(".outcome").inner_text()
    assert page.locator("#b0-judge .fact").first.inner_text().split() == [
        "Position",
        "bias",
        "does",
        "not",
        "apply",
        "Answers",
        "were",
        "graded",
        "alone.",
    ]
    opened.harmless()


def test_a_browser_that_cannot_unpack_still_shows_the_board(browser_without_unpacking: Opened) -> None:
    page = browser_without_unpacking.page
    assert "lacks DecompressionStream" in page.get_by_role("alert").inner_text()
    head(page, "Win rate")
    assert sorting(page, "Win rate") == "descending"


@pytest.fixture
def browser_without_unpacking(show: Open, made: Path, tmp_path: Path) -> Opened:
    # the script is allowed by its digest, so that the browser and not the page is changed
    opened = show(made, alone=True)
    opened.page.add_init_script("delete window.DecompressionStream;")
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=yes]", state="attached")
    return opened


# texts whose contrast with the ground below them is less than 4.5 to 1, or 3 to 1 where they are large
_FAINT = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
        const linear = (one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        const [x, y, z] = [r, g, b].map((one) => linear(one / 255));
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const groundOf = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const colour = rgba(getComputedStyle(one).backgroundColor);
            if (colour[3] === 255) return colour;
        }
        return rgba(getComputedStyle(document.body).backgroundColor);
    };
    const faint = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
        if (!own || !element.checkVisibility()) continue;
        if (element.closest("script, style, .hidden, option, :disabled")) continue;
        const style = getComputedStyle(element);
        const ink = rgba(element instanceof SVGElement ? style.fill : style.color);
        const [high, low] = [light(ink), light(groundOf(element))].sort((a, b) => b - a);
        const large = parseFloat(style.fontSize) >= 24;
        const contrast = (high + 0.05) / (low + 0.05);
        if (contrast < (large ? 3 : 4.5)) faint.push([element.tagName, element.textContent.slice(0, 30), contrast]);
    }
    return faint;
}"""
