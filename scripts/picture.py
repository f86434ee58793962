"""Makes the README's picture from the product itself: a typed interview in a headless Chromium, offline.

Run `make test` once (it installs what this needs), then `.venv/bin/python scripts/picture.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

from services.core.plan.bank import samples  # noqa: E402
from tests.browser.conftest import launch  # noqa: E402

PORT = 8599
ANSWERS = (
    "Our order history took nine seconds. I found a sequential scan, built an index, and it went down to 80 ms.",
    "I measured it for a week, and put an alert on it at 200 ms.",
)


def main() -> None:
    with tempfile.TemporaryDirectory() as var:
        environment = {**os.environ, "VAR_DIR": var, "DATABASE_URL": f"sqlite:///{var}/syntaxia.db"}
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
        command += [f"--server.port={PORT}", "--server.address=127.0.0.1"]
        server = subprocess.Popen(command, cwd=ROOT, env=environment)  # noqa: S603 (our own server)
        try:
            _take(f"http://127.0.0.1:{PORT}", ROOT / "docs" / "interview.png")
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _take(url: str, picture: Path) -> None:
    httpx.Client(transport=httpx.HTTPTransport(retries=10)).get(f"{url}/healthz", timeout=120)
    with sync_playwright() as driver:
        browser = launch(driver)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
        page.goto(url)
        page.locator(".st-key-job_description textarea").fill(samples()[1].text, timeout=60_000)
        page.keyboard.press("Control+Enter")
        page.locator(".st-key-consent label").click()
        page.locator(".st-key-prepare button").click()
        page.locator(".st-key-begin button").click(timeout=60_000)
        page.locator('.stage[data-phase="live"]').wait_for(timeout=60_000)
        for answer in ANSWERS:
            page.wait_for_timeout(9000)  # Ema speaks
            page.locator(".st-key-typed_answer textarea").fill(answer)
            page.keyboard.press("Enter")
        page.wait_for_timeout(4000)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
