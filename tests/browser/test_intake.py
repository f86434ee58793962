"""A job description brought as a file, and an address that is refused, as a person meets them."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, expect

from services.core.plan.bank import samples
from tests.browser.candidate import Candidate
from tests.browser.conftest import Server
from tests.intake.sites import docx, paragraphs

DROP = """(field, text) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], "job.txt", { type: "text/plain" }));
  for (const kind of ["dragover", "drop"]) {
    field.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer }));
  }
}"""


def test_a_word_file_becomes_a_plan(house: Server, visitor: BrowserContext) -> None:
    candidate = Candidate(visitor, house)
    document = docx(paragraphs(samples()[1].text.replace("&", "&amp;")))
    field = candidate.key("job_description", "textarea")

    candidate.page.goto(candidate.server.url)
    candidate.key("job_file", "input[type=file]").set_input_files(
        [{"name": "job.docx", "mimeType": "application/octet-stream", "buffer": document}]
    )
    expect(field).to_have_value(re.compile("^Senior Backend Engineer, Payments"), timeout=60_000)
    candidate.key("consent", "label").click()
    candidate.click("prepare")

    candidate.key("begin", "button").wait_for(timeout=60_000)
    assert "Senior Backend Engineer, Payments" in candidate.page.locator("h1").first.inner_text()


def test_a_file_can_be_dropped_on_the_field(house: Server, visitor: BrowserContext) -> None:
    candidate = Candidate(visitor, house)
    field = candidate.key("job_description", "textarea")
    candidate.page.goto(candidate.server.url)
    candidate.key("job_file", "input[type=file]").wait_for(state="attached", timeout=20_000)
    field.wait_for(timeout=20_000)

    field.evaluate(DROP, samples()[0].text)

    expect(field).to_have_value(re.compile("Larkspur"), timeout=60_000)


def test_a_private_address_is_refused_where_it_was_pasted(house: Server, visitor: BrowserContext) -> None:
    candidate = Candidate(visitor, house)
    field = candidate.key("job_description", "textarea")

    candidate.page.goto(house.url)
    field.fill(f"{house.url}/readyz")
    field.press("Control+Enter")

    expect(candidate.page.get_by_text("unusual port, so it is not opened")).to_be_visible(timeout=60_000)
    expect(field).to_have_value(f"{house.url}/readyz")
