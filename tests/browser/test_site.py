"""A site in a browser, from the disk: tables to sort and filter, texts that load when they are read, and no payload."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import evalkit as ek
from evalkit.reporting.site.addresses import page_name
from evalkit.text.safe import printable
from tests.browser.conftest import Open, Opened
from tests.browser.payloads import PAYLOADS
from tests.browser.reports import hostile_rows, named_verdicts
from tests.browser.test_hostile import shown
from tests.browser.test_page import PHONE, fits, settled

pytestmark = pytest.mark.browser

N = 60


@pytest.fixture(scope="module", autouse=True)
def without_figures() -> Iterator[None]:
    """The figures of a board take longer to draw than all else of a site, and are the report's."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("evalkit.reporting.page.section._DRAWN", ())
        yield


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two benchmarks, on both of which the model `steady` is."""
    folder = tmp_path_factory.mktemp("site")
    for benchmark, models in (("essays", ("steady", "brief", "wordy")), ("letters", ("steady", "late"))):
        rows = [
            {**row, "instruction": f"{benchmark} {row['instruction']}", "preference": 1.1 + (at * 7 % 10) / 12,
             "raw_completion": f"said of {benchmark} {at % N}"}
            for at, row in enumerate(named_verdicts("judge", models, n=N))
        ]  # fmt: skip
        (folder / f"{benchmark}.json").write_text(json.dumps(rows))
    named = {name: folder / f"{name}.json" for name in ("essays", "letters")}
    return ek.site(folder / "site", benchmark=named, title="Two benchmarks").path


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every payload as a text, and all of them in the names of models, judges and benchmarks."""
    folder = tmp_path_factory.mktemp("hostile")
    names = [" ".join(PAYLOADS[start : start + 10]) for start in range(0, len(PAYLOADS), 10)]
    rows = named_verdicts(" ".join(PAYLOADS[:100]), names, n=4) + named_verdicts(
        " ".join(PAYLOADS[100:]), names[:2], n=4
    )
    for name, content in (("texts", hostile_rows()), ("names", rows)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    named = {"texts": folder / "texts.json", "names": folder / "names.json"}
    return ek.site(folder / "site", benchmark=named, title=" ".join(PAYLOADS)).path


def models(opened: Opened) -> list[str]:
    found: list[str] = opened.page.eval_on_selector_all(
        "#overview tbody tr:not([hidden]) th", "heads => heads.map(head => head.innerText.trim())"
    )
    return found


def columns(opened: Opened) -> int:
    return opened.page.locator("#overview thead tr:last-child th.column:visible").count()


def test_the_overview_searches_sorts_and_keeps_the_view_in_its_address(show: Open, site: Path) -> None:
    opened = show(site / "index.html")
    page = opened.page
    given = models(opened)
    assert sorted(given) == ["brief", "late", "steady", "wordy"] and columns(opened) == 2
    page.get_by_role("combobox", name="Numbers").select_option("")
    everything = columns(opened)
    assert everything > 2
    page.get_by_role("combobox", name="Benchmark").select_option("letters")
    assert columns(opened) == everything // 2 and page.locator("[data-group]:visible").count() == 1
    assert set(models(opened)) == set(given)
    page.locator("#overview thead tr:last-child th.column:visible button").last.click()
    # models without a number stay last, whichever way round
    assert set(models(opened)[:2]) == {"late", "steady"}
    page.get_by_role("searchbox", name="Models").fill("ste")
    assert models(opened) == ["steady"]
    address = page.evaluate("window.location.hash")
    assert address.startswith("#view:") and "find=ste" in address and "sort=" in address
    again = show(site / "index.html", address)
    assert models(again) == ["steady"] and columns(again) == everything // 2
    again.page.get_by_role("link", name="steady").click()
    again.page.wait_for_url("**/models/steady.html")
    opened.harmless()


def test_a_model_is_read_on_all_its_benchmarks_and_loads_texts_when_they_are_wanted(show: Open, site: Path) -> None:
    opened = show(site / "models" / "steady.html")
    page, data = opened.page, (site / "data").as_uri()
    settled(page, f"{2 * N} of")
    n_sheets = len(list((site / "data").iterdir()))
    wins = page.locator('[data-verdict="win"]').nth(1)
    n_wins = wins.inner_text().split()[0]
    wins.click()
    settled(page, f"{n_wins} of")
    assert page.locator("#f-board").input_value() == "1" and page.locator("#f-model").is_hidden()
    page.locator("#results a").first.click()
    page.wait_for_selector("#comparison-title")
    assert page.locator(".instruction .text").inner_text().startswith("letters instruction")
    assert page.locator("[data-side=model] .text").inner_text().startswith("an answer")
    assert page.locator(".said").inner_text().startswith("said of letters")
    assert 0 < len(set(opened.requests)) < n_sheets
    place = page.evaluate("window.location.hash")
    opened.harmless(loads=data)
    again = show(site / "models" / "steady.html", place)
    assert again.page.locator(".said").inner_text().startswith("said of letters")


def test_a_lost_or_cut_style_sheet_is_named(show: Open, site: Path) -> None:
    sheets = {path: path.read_text() for path in (site / "data").iterdir()}
    for lost in (True, False):
        for path, text in sheets.items():
            if lost:
                path.unlink()
            else:
                path.write_text(text[: len(text) // 2])
        opened = show(site / "models" / "late.html")
        opened.page.locator("#results a").first.click()
        opened.page.wait_for_selector("#browser-problem:not([hidden])")
        assert "cannot be shown" in opened.page.get_by_role("alert").inner_text()
        for path, text in sheets.items():
            path.write_text(text)


@pytest.mark.parametrize("place", ["index.html", "models/steady.html", "benchmarks/essays.html", "judges/judge.html"])
def test_every_kind_of_page_is_ready_soon_and_fits_a_phone(place: str, show: Open, site: Path) -> None:
    opened = show(site / place, size=PHONE)
    assert fits(opened.page)
    assert opened.page.evaluate("performance.getEntriesByName('interactive').length") == 1
    opened.harmless(loads=(site / "data").as_uri())
    assert show(site / place, scripts=False).page.locator("h1").is_visible()


def test_no_payload_runs_on_any_kind_of_page_and_each_is_shown(show: Open, hostile: Path) -> None:
    assert len(PAYLOADS) == 200
    pages = [path for path in sorted(hostile.rglob("*.html")) if path.parent.name != "models"]
    pages += sorted((hostile / "models").iterdir())[:3]
    data = (hostile / "data").as_uri()
    for path in pages:
        opened = show(path)
        for button in opened.page.locator("thead button:visible").all()[:2]:
            button.click()
        if path.name == "index.html":
            whole = opened.page.evaluate("document.body.textContent")
            # what a CI runner would take for a command at the start of a line is one only there
            missing = [payload for payload in PAYLOADS if printable(payload) not in whole]
            assert missing == ["::error::x"] and "::error::x" in whole
        opened.harmless(loads=data)


def test_no_payload_runs_as_a_text_that_a_page_loads(show: Open, hostile: Path) -> None:
    opened = show(hostile / "models" / f"{page_name('model')}.html")
    page = opened.page
    read: list[list[str]] = page.evaluate("""async () => {
        const id = (name) => document.getElementById(name);
        const wait = async (until) => { while (!until()) await new Promise((done) => setTimeout(done, 1)); };
        const links = () => [...document.querySelectorAll("#results a")].map((link) => link.getAttribute("href"));
        const all = [...links()];
        while (!id("page-on").disabled) { id("page-on").click(); all.push(...links()); }
        const read = [];
        for (const link of all) {
            window.location.hash = link;
            await wait(() => id("comparison").dataset.link === window.location.hash);
            const places = [".instruction .text", "[data-side=model] .text"];
            read.push(places.map((place) => document.querySelector(place).textContent));
        }
        return read;
    }""")
    by_number = {int(instruction.split(" ", 1)[0]): model for instruction, model in read}
    assert [by_number[number] for number in range(200)] == [shown(payload) for payload in PAYLOADS]
    opened.harmless(loads=(hostile / "data").as_uri())
