"""A real server and a real Chromium with a fake microphone; both end with the test, by their own process id."""

from __future__ import annotations

import functools
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from array import array
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests import speech

ROOT = Path(__file__).parent.parent.parent
START_S = 180
SPOKEN = (
    "test_spoken_interview_reaches_a_report_with_quotes",
    "test_answers_through_a_poor_microphone_and_beside_a_television_are_taken",
    "test_a_loudspeaker_and_a_dead_microphone_are_no_candidate",
    "test_two_tabs_read_back_and_analyse_once",
    "test_words_are_corrected_then_reviewed",
)
"""What is said is recognised while it is said: one after the other, so that none takes the others' processor."""
LONG = (
    "test_no_page_has_a_serious_violation",
    "test_an_interview_by_keyboard_alone_is_quoted",
    "test_no_return_ends_as_of_the_last_audio",
    "test_nothing_said_is_found_on_disk",
    "test_interview_on_a_vendor_ends_in_a_report_and_leaks_nothing",
    "test_kill_in_mid_call_leaves_nothing_stuck",
    "test_a_call_goes_on_when_its_guest_signs_in_from_another_tab",
    "test_candidate_of_a_killed_replica_is_told_and_refunded",
)
"""They begin early, so that no worker is left alone with one of them in the end."""
MIC_RATE_HZ = 48_000
CHROMIUM = (
    os.environ.get("CHROMIUM", ""),
    *(shutil.which(name) or "" for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PLAYWRIGHTS_OWN = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "TcpPortRandomizationWin,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch"
)
"""What Playwright switches off in Chromium: of two such lists only the last one counts."""
QUIET = [
    # Each window renders two pages for its address bar, which nobody sees: a third of a browser's processor time.
    f"--disable-features={PLAYWRIGHTS_OWN},WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


@dataclass
class Server:
    """One running app; what it wrote is `log`, what it keeps is under `var`."""

    url: str
    var: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def database(self) -> Path:
        return self.var / "syntaxia.db"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)


Serve = Callable[..., Server]
Browse = Callable[..., Browser]
Anybody = Callable[..., BrowserContext]
SERVERS = pytest.StashKey[list[Server]]()
BROWSERS = pytest.StashKey[list[Browser]]()


def run_app(folder: Path, log: Path, environment: Mapping[str, object]) -> Server:
    """The app on a free port of this machine, with what it keeps in this folder; not to be ready yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, var, temporary = f"http://127.0.0.1:{port}", folder / "var", folder / "tmp"
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    temporary.mkdir(exist_ok=True)
    keep |= {"MAX_LAG_MS": "0"}  # a busy machine is no reason to refuse a test's second call
    keep |= {"DATABASE_URL": f"sqlite:///{var / 'syntaxia.db'}", "VAR_DIR": str(var), "TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", "--browser.gatherUsageStats=false"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=out,
            stderr=out,
            env={**keep, **{name: str(value).replace("{url}", url) for name, value in environment.items()}},
        )
    return Server(url, var, log, process)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One app for all tests that need no settings of their own, each as a new visitor; none of its calls is charged."""
    folder = tmp_path_factory.mktemp("house")
    server = run_app(folder, folder / "server.log", {"FREE_WINDOW_S": 600})
    try:
        _wait_until_ready(server)
        yield server
    finally:
        server.stop()


@pytest.fixture
def serve(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Serve]:
    """`serve(FREE_WINDOW_S=5, …)` starts the app on loopback with this environment; again on the same data.

    `{url}` in a value stands for the app's own address.
    """
    servers = request.node.stash[SERVERS] = list[Server]()

    def start(**environment: object) -> Server:
        server = run_app(tmp_path, tmp_path / f"server{len(servers)}.log", environment)
        servers.append(server)
        _wait_until_ready(server)
        return server

    yield start
    for server in servers:
        server.stop()


def _wait_until_ready(server: Server) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if server.process.poll() is not None:
            break
        with suppress(OSError), urllib.request.urlopen(f"{server.url}/readyz", timeout=2) as answer:  # noqa: S310
            if answer.status == 200:
                return
        time.sleep(0.1)
    pytest.fail(f"the app did not become ready:\n{server.log.read_text()[-3000:]}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with an equal part of the list; when that is done, it takes from the end of others' parts."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    parts = [_picked(items, SPOKEN), *([] for _ in range(workers - 1))]
    for at, item in enumerate(_picked(items, LONG)):
        parts[1 + at % (workers - 1) if workers > 1 else 0].append(item)
    rest = [item for item in items if _named(item) not in SPOKEN + LONG]
    ordered: list[pytest.Item] = []
    for at, part in enumerate(parts):
        room = max(0, (len(items) - len(ordered)) // (workers - at) - len(part))
        ordered += [*part, *rest[:room]]
        rest = rest[room:]
    items[:] = ordered + rest


def _picked(items: Sequence[pytest.Item], names: Sequence[str]) -> list[pytest.Item]:
    """In the order of these names."""
    return sorted((item for item in items if _named(item) in names), key=lambda item: names.index(_named(item)))


def _named(item: pytest.Item) -> str:
    return str(getattr(item, "originalname", item.name))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """A failure tells what the pages showed and what the servers wrote: it may not happen again to be looked at."""
    report = yield
    if call.when == "call" and report.failed:
        shared = getattr(item, "funcargs", {})
        browsers = [*item.stash.get(BROWSERS, []), *([shared["quiet_browser"]] if "quiet_browser" in shared else [])]
        servers = [*item.stash.get(SERVERS, []), *([shared["house"]] if "house" in shared else [])]
        contexts = [context for browser in browsers for context in browser.contexts]
        report.sections += [("page", _shown(page)) for context in contexts for page in context.pages]
        report.sections += [("server", server.log.read_text()[-5000:]) for server in servers]
    return report


def _shown(page: Page) -> str:
    try:
        return f"{page.url}\n{page.locator('body').inner_text(timeout=1000)}"
    except BrowserError as error:
        return f"{page.url}: {error.message}"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


def launch(playwright: Playwright, microphone: Path | None = None) -> Browser:
    """A Chromium whose microphone plays this file once, then silence; without one, a beep.

    Its pages stand still unless a test wants motion: without a GPU the stage's takes up to half a core, which the
    server's recogniser needs.
    """
    executable = next((path for path in CHROMIUM if path and Path(path).exists()), None)
    if executable is None:
        pytest.fail("The browser tests need Chromium or Chrome: run scripts/browser, or set CHROMIUM to its path.")
    sound = [f"--use-file-for-fake-audio-capture={microphone}%noloop"] if microphone else []
    browser = playwright.chromium.launch(executable_path=executable, args=[*QUIET, *sound])
    browser.new_context = functools.partial(browser.new_context, reduced_motion="reduce")  # type: ignore[method-assign]
    return browser


@pytest.fixture(scope="session")
def quiet_browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests in which nobody speaks."""
    browser = launch(playwright, quiet_room(tmp_path_factory.mktemp("microphone") / "room.wav"))
    yield browser
    browser.close()


@pytest.fixture
def anybody(quiet_browser: Browser) -> Iterator[Anybody]:
    """`anybody()` is somebody who was never here, in a quiet room."""
    made: list[BrowserContext] = []

    def come(**more: Any) -> BrowserContext:
        made.append(quiet_browser.new_context(**more))
        return made[-1]

    yield come
    for context in made:
        context.close()


@pytest.fixture
def visitor(anybody: Anybody) -> BrowserContext:
    return anybody()


def quiet_room(path: Path) -> Path:
    """Two minutes of a microphone that works, at -60 dBFS, and of nobody speaking: zeros would never be charged."""
    chance = random.Random(1)
    second = array("h", (chance.randint(-60, 60) for _ in range(MIC_RATE_HZ))).tobytes()
    return speech.write_wav(path, 120 * second, MIC_RATE_HZ)


@pytest.fixture
def browse(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Browse]:
    """`browse(wav)` launches a browser for this test."""
    browsers = request.node.stash[BROWSERS] = list[Browser]()

    def open_one(microphone: Path | None = None) -> Browser:
        browsers.append(launch(playwright, microphone))
        return browsers[-1]

    yield open_one
    for browser in browsers:
        browser.close()
