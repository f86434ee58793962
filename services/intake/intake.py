"""The door for job descriptions that come as a file or as the address of a job page; both become text to edit.

Whatever is brought is read in a process of its own that has seconds, little memory, no key and no way to write, and
is forgotten once it is text.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import structlog

from services.core.errors import JobDescriptionRefused
from services.intake.documents import EMPTY
from services.intake.fetching import Fetcher
from services.settings import ROOT

log = structlog.get_logger(__name__)

MAX_FILE_BYTES = 2 * 1024 * 1024
"""As `server.maxUploadSize` counts in .streamlit/config.toml."""
READ_S = 10.0
"""From start to text, the start of the process included."""
READERS = 2
"""At a time; whoever comes next waits for one of them."""

EMPTY_FILE = "This file is empty. Choose another one, or paste the text into the field."
FILE_TOO_LARGE = (
    "This file is larger than 2 MB. Save only the pages with the job description, or paste the text into the field."
)
UNREADABLE = "This document is damaged or built in an unusual way. Open it, copy its text and paste it into the field."
TOO_LONG = "Reading this document took too long. Open it, copy its text and paste it into the field."
BUSY = "Many documents are being read right now. Try again in a few seconds, or paste the text into the field."
NO_POSTING = (
    "No job posting could be read at this address; some sites show it only inside a browser. Open the page in"
    " your browser, copy the text of the posting and paste it into the field."
)
_NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""What an interpreter may need to start. Keys and passwords are in other variables."""


class Intake:
    """Thread-safe. All of it blocks, for seconds at most, and raises JobDescriptionRefused with what to do instead."""

    def __init__(self, fetcher: Fetcher | None = None, read_s: float = READ_S) -> None:
        self._fetcher, self._read_s = fetcher or Fetcher(), read_s
        self._readers = threading.BoundedSemaphore(READERS)

    def from_file(self, data: bytes) -> str:
        """Plain text of a PDF, Word document, text file or saved web page."""
        if not data:
            raise JobDescriptionRefused(EMPTY_FILE)
        if len(data) > MAX_FILE_BYTES:
            raise JobDescriptionRefused(FILE_TOO_LARGE)
        return self._read(data)

    def from_page(self, address: str) -> str:
        """Plain text of the job posting at this address."""
        page = self._fetcher.fetch(address)
        try:
            return self._read(page.body, page.media_type, page.charset)
        except JobDescriptionRefused as refused:
            raise JobDescriptionRefused(NO_POSTING) if refused.sentence == EMPTY else refused from None

    def _read(self, data: bytes, *said_of_it: str) -> str:
        if not self._readers.acquire(timeout=self._read_s):
            raise JobDescriptionRefused(BUSY)
        try:
            done = subprocess.run(  # noqa: S603 (no shell reads what a web site said of its page)
                [sys.executable, "-B", "-m", "services.intake.documents", *said_of_it],
                input=data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # libraries quote from what they cannot read
                timeout=self._read_s,
                cwd=ROOT,
                env={name: os.environ[name] for name in _NEEDED if name in os.environ},
                check=True,
            )
        except subprocess.TimeoutExpired:
            log.warning("document took too long", bytes=len(data))
            raise JobDescriptionRefused(TOO_LONG) from None
        except subprocess.CalledProcessError as error:
            log.warning("document could not be read", bytes=len(data), exit_code=error.returncode)
            raise JobDescriptionRefused(UNREADABLE) from None
        finally:
            self._readers.release()
        answer = json.loads(done.stdout)
        if "refused" in answer:
            raise JobDescriptionRefused(answer["refused"])
        text: str = answer["text"]
        return text
