"""What can go wrong at a vendor: its causes, and the sentence a candidate or an operator reads for each.

No sentence ever holds anything a vendor sent: raw messages may quote keys or prompts.
"""

from __future__ import annotations

from enum import StrEnum

from services.core.errors import ProviderDropped, ProviderError, ProviderRefused, ProviderTimeout
from services.core.talk.events import CloseCause


class Fault(StrEnum):
    KEY = "key"
    ACCESS = "access"
    """The key is good, but not for this model."""
    CREDIT = "credit"
    RATE = "rate"
    BUSY = "busy"
    """Too many calls at once for this account."""
    MODEL = "model"
    """Unknown or retired."""
    CONFIG = "config"
    LIMIT = "limit"
    """The vendor's own limit on the length of a connection."""
    SAFETY = "safety"
    VENDOR = "vendor"
    NETWORK = "network"
    TIMEOUT = "timeout"


_SENTENCES = {
    Fault.KEY: "The {label} API key was not accepted. Check it in the settings (no spaces, right account).",
    Fault.ACCESS: "This key may not use {model}. Pick another model or enable access in the {label} console.",
    Fault.CREDIT: "Your {label} account has no credit left. Top up or switch provider. "
    "Nothing is wrong with your microphone.",
    Fault.RATE: "{label} is limiting requests right now. Wait a moment, then try again.",
    Fault.BUSY: "All voice lines of this {label} account are in use. Try again shortly.",
    Fault.MODEL: "{model} is not available at {label}. It may have been retired; choose another model in the settings.",
    Fault.CONFIG: "{label} did not accept the configuration of the call. It needs to be changed before trying again.",
    Fault.LIMIT: "The call reached {label}'s time limit.",
    Fault.SAFETY: "{label} stopped this answer for safety reasons.",
    Fault.VENDOR: "{label} has a problem right now. Please try again.",
    Fault.NETWORK: "The connection to {label} was lost or could not be made.",
    Fault.TIMEOUT: "{label} did not answer in time.",
}
_CAUSES = {
    Fault.KEY: CloseCause.AUTH,
    Fault.ACCESS: CloseCause.AUTH,
    Fault.CREDIT: CloseCause.QUOTA,
    Fault.MODEL: CloseCause.CONFIG,
    Fault.CONFIG: CloseCause.CONFIG,
    Fault.LIMIT: CloseCause.LIMIT,
    Fault.SAFETY: CloseCause.SAFETY,
    Fault.NETWORK: CloseCause.NETWORK,
    Fault.TIMEOUT: CloseCause.NETWORK,
}
_REFUSALS = frozenset({Fault.KEY, Fault.ACCESS, Fault.CREDIT, Fault.MODEL, Fault.CONFIG, Fault.SAFETY})


def sentence(fault: Fault, label: str, model: str = "") -> str:
    """For people. `label` and `model` are ours, never a vendor's words."""
    return _SENTENCES[fault].format(label=label, model=model or "the chosen model")


def cause(fault: Fault) -> CloseCause:
    return _CAUSES.get(fault, CloseCause.PROVIDER)


def error(fault: Fault, label: str, model: str = "") -> ProviderError:
    """`ProviderRefused` when trying again cannot help."""
    kind: type[ProviderError] = ProviderDropped
    if fault in _REFUSALS:
        kind = ProviderRefused
    elif fault is Fault.TIMEOUT:
        kind = ProviderTimeout
    return kind(sentence(fault, label, model), cause(fault))
