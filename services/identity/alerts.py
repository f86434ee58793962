"""Where an operator's alerts go besides log and admin page: one POST of JSON to a webhook of theirs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime

import httpx
import stamina
import structlog

log = structlog.get_logger(__name__)

TIMEOUT_S = 5.0
ATTEMPTS = 3


@dataclass(frozen=True)
class Alert:
    """Something an operator should know: counts and names of limits, never an address."""

    name: str
    sentence: str
    at: datetime


@dataclass(frozen=True)
class Webhook:
    """Posts `{"text", "name", "at"}`; chat services such as Slack, Mattermost and Teams show `text`.

    Never raises: an alert that cannot be delivered is in the log and on the admin page anyway.
    """

    url: str = field(repr=False)

    def tell(self, alert: Alert) -> None:
        """Returns at once."""
        threading.Thread(target=self.post, args=(alert,), name="alert", daemon=True).start()

    def post(self, alert: Alert) -> None:
        """Waits for the answer, `ATTEMPTS` times `TIMEOUT_S` at most."""
        content = {"text": f"Syntaxia: {alert.sentence}", "name": alert.name, "at": alert.at.isoformat()}
        try:
            for attempt in stamina.retry_context(on=httpx.TransportError, attempts=ATTEMPTS, wait_max=2.0):
                with attempt:
                    answer = httpx.post(self.url, json=content, timeout=TIMEOUT_S)
            answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            log.warning("alert refused by the webhook", name=alert.name, status=error.response.status_code)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("alert not delivered", name=alert.name, error=type(error).__name__)
