"""Gemini's refusals and closes, translated: REST errors, refused upgrades, close codes and their reasons.

A close code alone says little here: 1008 is a wrong model, a missing permission or the ordinary end after a goAway;
1011 is an outage, a spent quota or a connection that became too old (PROVIDERS facts of 2026-10). Texts are matched
by their beginnings, since a reason is cut at 123 bytes. Nothing of what the vendor wrote is passed on.
"""

from __future__ import annotations

from typing import Any

from services.vendors.faults import Fault

LABEL = "Gemini"
_TEXTS = (
    ("exceeded your current quota", Fault.CREDIT),
    ("resource_exhausted", Fault.CREDIT),
    ("resource has been exhausted", Fault.CREDIT),
    ("api_key_invalid", Fault.KEY),
    ("api key not valid", Fault.KEY),
    ("api key expired", Fault.KEY),
    ("api key not found", Fault.KEY),
    ("is not found for api version", Fault.MODEL),
    ("not supported for bidigeneratecontent", Fault.MODEL),
    ("no longer available", Fault.MODEL),
    ("permission denied", Fault.ACCESS),
    ("permission_denied", Fault.ACCESS),
    ("deadline expired", Fault.LIMIT),
    ("prohibited", Fault.SAFETY),
    ("blocked by safety", Fault.SAFETY),
)
_STATUSES = {401: Fault.KEY, 403: Fault.ACCESS, 404: Fault.MODEL, 429: Fault.CREDIT, 400: Fault.CONFIG}
_CODES = {1000: Fault.LIMIT, 1001: Fault.LIMIT, 1007: Fault.CONFIG, 1008: Fault.CONFIG}
_MAX_BODY = 4000


def of_http(status: int, text: str) -> Fault:
    """A REST answer or a refused upgrade. A bad key is a 400 here, and a spent quota and haste are both 429."""
    told = text[:_MAX_BODY].lower()
    if status == 429 and ("concurren" in told or "too many connections" in told):
        return Fault.BUSY
    if status == 429:
        return Fault.RATE if "retrydelay" in told else Fault.CREDIT
    return _told(told) or _STATUSES.get(status, Fault.VENDOR)


def of_close(code: int | None, reason: str, *, warned: bool = False, begun: bool = True) -> Fault:
    """`warned`: a goAway came before. `begun`: the call was set up, so our settings were accepted."""
    fault = _told(reason.lower())
    if fault is not None:
        return fault
    if warned:
        return Fault.LIMIT
    if code is None or code == 1006:
        return Fault.NETWORK
    if code == 1007 and begun:
        return Fault.VENDOR
    return _CODES.get(code, Fault.VENDOR)


def text_of(details: Any) -> str:
    """Whatever shape an SDK error has its details in, as text to look for codes in; never shown or logged."""
    return details if isinstance(details, str) else repr(details)


def _told(text: str) -> Fault | None:
    return next((fault for part, fault in _TEXTS if part in text), None)
