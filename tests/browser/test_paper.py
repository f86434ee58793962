"""Reports on paper."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Server


def test_the_samples_report_is_printed_as_a_document(house: Server, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(f"{house.url}/sample?report=minute")
    expect(page.get_by_role("button", name="Print or save as PDF")).to_be_visible(timeout=60_000)
    page.emulate_media(media="print")

    expect(page.get_by_text("What was said, by competency")).to_be_visible()
    for of_the_screen in ("[data-testid=stHeader]", ".st-key-actions"):
        expect(page.locator(of_the_screen)).to_be_hidden()
