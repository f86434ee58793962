"""A person who has a keyboard and no mouse: goes from control to control, by the names that a screen reader says."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

MOST_STEPS = 120
FOCUS = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (!at || at === document.body) return ["", true];
  const spoken = at.cloneNode(true);
  spoken.querySelectorAll("[aria-hidden=true]").forEach((one) => one.remove());
  const name = at.getAttribute("aria-label") || at.labels?.[0]?.innerText || at.placeholder || spoken.textContent || "";
  const drawn = (one) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
  };
  const around = [at];
  while (around.length < 6 && around.at(-1).parentElement) around.push(around.at(-1).parentElement);
  return [name.trim(), around.some(drawn)];
}"""


class Keyboard:
    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, name: str, key: str = "Enter") -> None:
        self._go_to(name)
        self._page.keyboard.press(key)

    def type(self, name: str, text: str) -> None:
        self._go_to(name)
        self._page.keyboard.insert_text(text)

    def _go_to(self, name: str) -> None:
        """Fails where the focus cannot be seen, or does not get there."""
        passed = []
        for _ in range(MOST_STEPS):
            found, seen = self._page.evaluate(FOCUS)
            if found.startswith(name):
                assert seen, f"nothing shows that “{name}” has the focus"
                return
            passed.append(found)
            self._page.keyboard.press("Tab")
        pytest.fail(f"no way by keyboard to “{name}”: {passed}")
