"""Pages in a real browser: Debian's Chromium, driven without a window."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, sync_playwright

from tests.browser.reports import (
    graded_report,
    hostile_names,
    hostile_texts,
    long_texts_report,
    made_report,
    preferences_report,
    recorded_report,
    shared_reports,
    two_baselines_report,
)
from tests.conftest import REAL_DATA

_PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser")
_PATIENCE_MS = 10_000
_NOWHERE = "about:blank"
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


@dataclass
class Opened:
    """A page and all that it did besides being seen."""

    page: Page
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def harmless(self, *, loads: str | None = None) -> None:
        """Nothing was loaded, nothing went wrong, and nothing that was judged was run.

        Of a site, style sheets below the address `loads` may be.
        """
        assert self.problems == []
        assert [one for one in self.requests if loads is None or not one.startswith(loads)] == []
        assert self.dialogs == []
        assert self.page.evaluate("window.violations") == []
        assert self.page.evaluate("typeof window.pwned") == "undefined"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; where it is missing and may be installed, it is."""
    if (found := _installed()) is not None:
        return found
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        pytest.skip("Chromium is not installed, and only root could install Debian's")
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(["apt-get", "-qq", *command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"Chromium is not installed, and apt-get cannot: {done.stderr.strip()[-200:]}")
    found = _installed()
    assert found is not None
    return found


def _installed() -> str | None:
    return next((place for place in _PLACES if Path(place).exists()), None)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # as root there is no sandbox
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


Open = Callable[..., Opened]
Setting = tuple[tuple[int, int], str, bool]


class Tab:
    """A browser's page that shows one file after another; what happens belongs to the file that is shown."""

    def __init__(self, browser: Browser, setting: Setting) -> None:
        size, colours, scripts = setting
        self.scripts = scripts
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if colours == "dark" else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(_PATIENCE_MS)
        self.context.add_init_script(_WATCH)
        self.page = self.context.new_page()
        self.shown = Opened(self.page)
        self.address = _NOWHERE
        self.page.on("request", self._request)
        self.page.on("dialog", self._dialog)
        self.page.on("console", lambda one: self.shown.problems.append(one.text))
        self.page.on("pageerror", lambda one: self.shown.problems.append(str(one)))

    def show(self, path: Path, place: str) -> Opened:
        # a new document even where only the place is another one, and no pointer left over it
        self.address = _NOWHERE
        self.page.goto(_NOWHERE)
        self.page.mouse.move(0, 0)
        self.shown, self.address = Opened(self.page), path.as_uri()
        self.page.goto(self.address + place)
        if self.scripts:
            self.page.wait_for_selector("html[data-ready=yes]", state="attached")
        return self.shown

    def remembers(self) -> bool:
        return self.scripts and self.page.evaluate("window.localStorage.length") > 0

    def _request(self, one: Request) -> None:
        if one.url.split("#")[0] != self.address:
            self.shown.requests.append(one.url)

    def _dialog(self, one: Dialog) -> None:
        self.shown.dialogs.append(one.message)
        one.dismiss()


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> Iterator[dict[Setting, Tab]]:
    """Tabs that tests use one after the other, since to open one takes longer than to show a file."""
    tabs: dict[Setting, Tab] = {}
    yield tabs
    for tab in tabs.values():
        tab.context.close()


@pytest.fixture
def show(browser: Browser, tabs: dict[Setting, Tab]) -> Iterator[Open]:
    """Open a file, perhaps at a place, on a screen of some size in some colours.

    What changes more than the file that is shown wants a tab `alone`.
    """
    own: list[Tab] = []
    used: list[Tab] = []

    def opened(
        path: Path,
        place: str = "",
        *,
        size: tuple[int, int] = (1280, 900),
        colours: str = "light",
        scripts: bool = True,
        alone: bool = False,
    ) -> Opened:
        setting = (size, colours, scripts)
        if alone:
            own.append(Tab(browser, setting))
            return own[-1].show(path, place)
        if setting not in tabs:
            tabs[setting] = Tab(browser, setting)
        used.append(tabs[setting])
        return tabs[setting].show(path, place)

    yield opened
    for tab in own:
        tab.context.close()
    assert not any(tab.remembers() for tab in used), "the next test would see what this one left: show it alone"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three models under two judges in both orders, with texts."""
    return made_report(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def shared(made: Path) -> tuple[Path, Path]:
    """The same without texts, and with few instructions."""
    return shared_reports(made)


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return graded_report(tmp_path_factory.mktemp("graded"))


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real answers with real replies of two judges."""
    return recorded_report(_real(), tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="session")
def preferences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real verdicts on 44 models, numbers only."""
    return preferences_report(_real(), tmp_path_factory.mktemp("preferences"))


@pytest.fixture(scope="session")
def bad_texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_texts(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="session")
def bad_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_names(tmp_path_factory.mktemp("names"))


@pytest.fixture(scope="session")
def long_texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers of up to a million characters."""
    return long_texts_report(tmp_path_factory.mktemp("long"))


@pytest.fixture(scope="session")
def two_baselines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One judge on one model's answers beside those of two baselines, of which one is better and one is worse."""
    return two_baselines_report(tmp_path_factory.mktemp("baselines"))


@pytest.fixture(params=["made", "recorded"])
def readable(request: pytest.FixtureRequest) -> Path:
    """A page with texts to read."""
    page = request.getfixturevalue(request.param)
    assert isinstance(page, Path)
    return page


@pytest.fixture(params=["made", "preferences"])
def ranked(request: pytest.FixtureRequest) -> Path:
    """A page with a board."""
    page = request.getfixturevalue(request.param)
    assert isinstance(page, Path)
    return page


def _real() -> Path:
    folder = REAL_DATA / "alpaca_eval"
    if not folder.is_dir():
        pytest.skip("the published AlpacaEval files are not beside this checkout")
    return folder
