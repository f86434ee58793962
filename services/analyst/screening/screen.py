"""The screen as the rest of the server sees it: a process that lives as long as one report is screened.

Kept apart from the server, because its arithmetic would take the processor from the calls, and because 180 MB are
needed for a second or two at a time. Words stand on its pipes alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

import structlog

from services.core.plan.plan import Plan
from services.core.report.screening import Screened, SentenceKind, answers_to_screen, runs_in, texts_to_screen
from services.core.talk.transcript import Turn
from services.settings import ROOT

log = structlog.get_logger(__name__)

SCREEN_S = 120.0
"""From start to answer, the start of the process included. It takes two or three of them, and many more where calls
keep every core busy, since it gives way to them; a late report is better than one that nothing has screened."""
MAX_TEXTS = 1200
"""More than is said in an interview; what comes after them is left to the rules."""
OFF = "The screen of the answers was off because {why}: rules alone looked for private words and orders to the rating."
_NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV", "PYTHONPATH")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TOKENIZERS_PARALLELISM"), "1")
"""Several threads on small matrices wait for each other more than they compute."""


class LocalScreen:
    """One report at a time; another waits for as long as one may take."""

    def __init__(
        self, screen_s: float = SCREEN_S, command: Sequence[str] = ("-m", "services.analyst.screening")
    ) -> None:
        self._screen_s, self._command = screen_s, tuple(command)
        self._alone = threading.Lock()

    def __call__(self, plan: Plan, turns: Sequence[Turn], posting: str) -> Screened:
        runs = runs_in(posting)
        request = {
            "texts": texts_to_screen(turns)[:MAX_TEXTS],
            "answers": list(answers_to_screen(plan, turns)),
        }
        if not request["texts"]:
            return Screened(posting=runs)
        answer = self._asked(request)
        if "missing" in answer:
            log.warning("screen off", why=answer["missing"])
            return Screened(posting=runs, note=OFF.format(why=answer["missing"]))
        kinds = {text: SentenceKind(kind) for text, kind in answer["kinds"].items()}
        return Screened(kinds, frozenset(answer["elsewhere"]), runs, answer["note"])

    def _asked(self, request: dict[str, Any]) -> dict[str, Any]:
        if not self._alone.acquire(timeout=self._screen_s):
            return {"missing": "it was busy with other reports"}
        try:
            done = subprocess.run(  # noqa: S603 (our own module)
                [sys.executable, "-B", *self._command],
                input=json.dumps(request).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a traceback could quote the candidate
                timeout=self._screen_s,
                cwd=ROOT,
                env={**{name: os.environ[name] for name in _NEEDED if name in os.environ}, **_ONE_THREAD},
                check=True,
            )
            answer: dict[str, Any] = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            return {"missing": "it took too long"}
        except (OSError, subprocess.CalledProcessError, ValueError):
            return {"missing": "it failed"}
        finally:
            self._alone.release()
        return answer
