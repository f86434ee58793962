"""The requests that text models were asked for a plan or a report, until the interview they are for is traced."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from services.core.usage import TextRequest

KEPT = 200
"""Plans and reports; the bill of an older one has the sums all the same."""


class TextRequests:
    """Thread-safe, in memory. Who writes a plan does not know yet for which interview: the digest joins them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Sequence[TextRequest]] = OrderedDict()

    def put(self, digest: str, requests: Sequence[TextRequest]) -> None:
        """Of a plan by its hash, of a report by its transcript's digest."""
        with self._lock:
            self._kept[digest] = requests
            self._kept.move_to_end(digest)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def of(self, digest: str) -> Sequence[TextRequest]:
        with self._lock:
            return self._kept.get(digest, ())
