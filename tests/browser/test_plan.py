"""The plan is edited as a person does it: in popovers, which draw their widgets only when they are opened."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.candidate import Candidate
from tests.browser.conftest import Server

WITHIN_MS = 15_000


def opened(candidate: Candidate, question: str) -> Locator:
    candidate.key(f"question_{question}", "[data-testid=stPopoverButton]").click()
    return candidate.page.locator("[data-testid=stPopoverBody]")


def test_edits_in_a_popover_are_kept(house: Server, visitor: BrowserContext) -> None:
    candidate = Candidate(visitor, house)
    candidate.prepare()
    asked = candidate.key("question_q2", "h3").inner_text()

    popover = opened(candidate, "q2")
    expect(popover.locator("textarea")).to_have_value(asked)
    popover.locator("input[type=text]").first.fill("Who decided that, and how?")
    candidate.page.keyboard.press("Enter")
    expect(candidate.key("question_q2")).to_contain_text("Edited", timeout=WITHIN_MS)
    candidate.page.reload()
    candidate.key("begin", "button").wait_for(timeout=WITHIN_MS)

    popover = opened(candidate, "q2")
    expect(popover.locator("textarea")).to_have_value(asked)
    expect(popover.locator("input[type=text]").first).to_have_value("Who decided that, and how?")


def test_a_plan_made_too_long_is_shortened(house: Server, visitor: BrowserContext) -> None:
    candidate = Candidate(visitor, house)
    candidate.prepare()

    opened(candidate, "q1").get_by_role("slider").press("End")
    candidate.key("fit", "button").wait_for(timeout=WITHIN_MS)
    expect(candidate.key("begin", "button")).to_be_disabled()
    candidate.page.keyboard.press("Escape")
    expect(candidate.page.locator("[data-testid=stPopoverBody]")).to_be_hidden()
    expect(candidate.page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
    candidate.click("fit")
    expect(candidate.key("begin", "button")).to_be_enabled(timeout=WITHIN_MS)

    shown = candidate.key("question_q1", "[data-testid=stCaptionContainer]").first.inner_text()
    seconds = int(opened(candidate, "q1").locator("[data-testid=stSliderThumbValue]").inner_text())
    assert shown.endswith(f"{seconds // 60}:{seconds % 60:02d}")
