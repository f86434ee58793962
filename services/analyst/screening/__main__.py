"""The screen's own process: reads one request as JSON from standard input and answers it on standard output."""

from __future__ import annotations

import json
import os
import sys

from services.analyst.screening.kinds import judged
from services.model_files import ModelRefused


def main() -> None:
    if hasattr(os, "nice"):
        os.nice(10)  # a call on this machine goes first
    try:
        answer = judged(json.load(sys.stdin))
    except ModelRefused as missing:
        answer = {"missing": str(missing)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
