"""What somebody sees in the first seconds: visits of the start page, cold and warm, and the way from there to a report.

It needs what `make test` installs. `--against URL` measures another server in the same run, one visit of each in turn.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from services.core.plan.bank import samples
from tests.browser.conftest import Server, launch, run_app

WATCH = """
window.shift = 0;
const add = (one) => { if (!one.hadRecentInput) window.shift += one.value; };
new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type: "layout-shift", buffered: true });
"""
PAINT = 'performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0'
ANSWERS = (
    "Last year our order page took nine seconds. I ran explain analyze, saw a sequential scan over forty million rows "
    "and built a composite index; it went down to eighty milliseconds, and the price was six gigabytes of disk.",
    "I replayed a day of production traffic in staging first, and put an alert on it at two hundred milliseconds.",
)
Seen = Mapping[str, float]


@contextmanager
def our_server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        server = run_app(Path(folder), Path(folder) / "server.log", {})
        try:
            while server.process.poll() is None:
                try:
                    if httpx.get(f"{server.url}/readyz", timeout=2).status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield server
        finally:
            server.stop()


def visit(page: Page, url: str) -> Seen:
    """Milliseconds from the navigation to the first paint and to the button, bytes, and the layout's shift."""
    bytes_by: list[int] = []
    page.on("requestfinished", lambda request: bytes_by.append(request.sizes()["responseBodySize"]))
    page.goto(url)
    page.locator(".st-key-prepare button").wait_for(timeout=60_000)
    button = page.evaluate("performance.now()")
    page.wait_for_timeout(2500)
    return {
        "paint ms": page.evaluate(PAINT),
        "button ms": button,
        "layout shift": page.evaluate("window.shift"),
        "KB": sum(bytes_by) / 1024,
    }


def cold_and_warm(browser: Browser, url: str) -> tuple[Seen, Seen]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(WATCH)
    both = []
    for _ in range(2):
        page = context.new_page()
        both.append(visit(page, url))
        page.close()
    context.close()
    return both[0], both[1]


def to_a_report(browser: Browser, url: str) -> float:
    """Seconds from a cold browser to a report on the screen, with typed answers and no key."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, begun = context.new_page(), time.monotonic()

    def key(name: str, inner: str = "button") -> Any:
        return page.locator(f".st-key-{name} {inner}").first

    page.goto(url)
    key("job_description", "textarea").fill(samples()[1].text, timeout=60_000)
    page.keyboard.press("Control+Enter")
    key("consent", "label").click()
    key("prepare").click()
    key("begin").click(timeout=60_000)
    page.locator('.stage[data-phase="live"]').wait_for(timeout=60_000)
    for answer in ANSWERS:
        page.locator('.stage[data-ema="listening"]').wait_for(timeout=60_000)
        key("typed_answer", "textarea").fill(answer)
        page.keyboard.press("Enter")
        page.get_by_text(answer[:40]).first.wait_for(timeout=60_000)
        page.wait_for_timeout(1000)
    key("end_call").click()
    key("confirm_end").click(timeout=60_000)
    key("make_report").or_(key("delete_interview")).first.wait_for(timeout=60_000)
    if key("make_report").is_visible():
        key("make_report").click()
    key("delete_interview").wait_for(timeout=60_000)
    seconds = time.monotonic() - begun
    context.close()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--against", metavar="URL")
    wanted = parser.parse_args()
    with our_server() as server, sync_playwright() as driver:
        urls = {"this": server.url} | ({"other": wanted.against} if wanted.against else {})
        seen: dict[tuple[str, str], list[Seen]] = {}
        for _ in range(wanted.visits):
            for name, url in urls.items():
                browser = launch(driver)
                for kind, one in zip(("cold", "warm"), cold_and_warm(browser, url), strict=True):
                    seen.setdefault((name, kind), []).append(one)
                browser.close()
        print("| server | visit | paint ms | button ms | layout shift | KB |\n|---|---|---|---|---|---|")
        for (name, kind), visits in seen.items():
            medians = {what: statistics.median(one[what] for one in visits) for what in visits[0]}
            print(f"| {name} | {kind} | {medians['paint ms']:.0f} | {medians['button ms']:.0f} "
                  f"| {medians['layout shift']:.3f} | {medians['KB']:.0f} |")  # fmt: skip
        browser = launch(driver)
        print(f"\nFrom a cold browser to a report on the screen: {to_a_report(browser, server.url):.0f} s.")
        browser.close()


if __name__ == "__main__":
    try:
        main()
    except subprocess.SubprocessError as error:
        raise SystemExit(str(error)) from None
