"""Whatever was judged is shown as text: two hundred payloads wherever a text can come from, and none of them runs."""

import unicodedata
from pathlib import Path

import pytest

from evalkit.text.safe import printable
from tests.browser.conftest import Open
from tests.browser.payloads import ELSEWHERE, PAYLOADS, RUN

pytestmark = pytest.mark.browser

# seen by nobody, though no control characters
_BLANKS = set("\u3164\ufe01")


def shown(text: str) -> str:
    """As the page writes a text: what is invisible by its code."""
    return "".join(_letter(letter) for letter in text.replace("\r\n", "\n"))


def _letter(letter: str) -> str:
    hidden = unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} or letter in _BLANKS
    return f"U+{ord(letter):04X}" if hidden and letter not in "\n\t" else letter


def test_no_payload_runs_as_a_text_and_each_is_shown(show: Open, bad_texts: Path) -> None:
    opened = show(bad_texts)
    page = opened.page
    read: list[list[str]] = page.evaluate("""async () => {
        const id = (name) => document.getElementById(name);
        const wait = async (until) => { while (!until()) await new Promise((done) => setTimeout(done, 1)); };
        const links = () => [...document.querySelectorAll("#results a")].map((link) => link.getAttribute("href"));
        const said = (place) => document.querySelector(place).textContent;
        const all = [...links()];
        while (!id("page-on").disabled) {
            id("page-on").click();
            all.push(...links());
        }
        const read = [];
        for (const link of all) {
            window.location.hash = link;
            await wait(() => id("comparison").dataset.link === window.location.hash);
            const places = [".instruction .text", "[data-side=baseline] .text", "[data-side=model] .text", ".said"];
            read.push(places.map(said));
        }
        return read;
    }""")
    assert len(read) == len(PAYLOADS) == 200
    by_number = {int(instruction.split(" ", 1)[0]): rest for instruction, *rest in read}
    for number, payload in enumerate(PAYLOADS):
        baseline, model, reply = by_number[number]
        assert model == shown(payload) and baseline == shown(f"baseline {payload}"), ascii(payload)
        assert shown(payload) in reply, ascii(payload)
    opened.harmless()


def test_no_payload_runs_where_comparisons_are_looked_for(show: Open, bad_texts: Path) -> None:
    opened = show(bad_texts)
    page = opened.page
    assert page.locator("#f-category option").count() == len(PAYLOADS) + 1
    for payload in PAYLOADS[::9]:
        page.get_by_label("Search").fill(payload)
    page.get_by_label("Search").fill("onerror")
    page.wait_for_function("() => document.getElementById('result-count').textContent.startsWith('2')")
    page.locator("#results a").first.click()
    page.wait_for_selector("#comparison-title")
    page.keyboard.press("d")
    page.wait_for_selector("#diff-note:not(:empty)")
    for cell in page.locator("#b0-categories td[title]").all()[:20]:
        cell.dispatch_event("pointerover")
    opened.harmless()


def test_no_payload_runs_as_a_name_and_each_is_shown(show: Open, bad_names: Path) -> None:
    opened = show(bad_names)
    page = opened.page
    whole = page.evaluate("document.body.textContent")
    for payload in PAYLOADS:
        assert printable(payload) in whole, ascii(payload)
    assert page.locator("section.board").count() == 11
    for link in page.locator("#boards a").all():
        link.click()
        page.locator("section.board:visible table.ranking thead button").first.click()
    page.locator("#f-board").select_option("")
    page.locator("#results a").first.click()
    page.wait_for_selector("#comparison-title")
    page.keyboard.press("j")
    opened.harmless()


def test_what_watches_the_page_would_notice_a_payload_that_runs(show: Open, tmp_path: Path) -> None:
    page = tmp_path / "careless.html"
    page.write_text(f'<html data-ready=yes><img src="{ELSEWHERE}" onerror="{RUN}">')
    opened = show(page)
    opened.page.wait_for_function("() => window.pwned === 1")
    assert opened.dialogs == ["1"] and opened.requests == [ELSEWHERE]
    for careful, line in (("default-src 'none'", "img-src"), ("require-trusted-types-for 'script'", "require-trusted")):
        page.write_text(
            "<html data-ready=yes><meta http-equiv=Content-Security-Policy "
            f"content=\"{careful}; script-src 'unsafe-inline'\">"
            f'<script>document.write("<img src={ELSEWHERE}>")</script>'
        )
        opened = show(page)
        assert any(line in one for one in opened.page.evaluate("window.violations")), careful
