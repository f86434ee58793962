"""`python -m services.core.report verify FILE`: whether an exported report is as this server signed it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from pydantic import ValidationError

from services.core.report.rubric import Report
from services.identity.cookies import cookie_secret
from services.interviews.signing import UNCHANGED, Signer
from services.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Prints one sentence; 0 when the report is unchanged and ours, else 1."""
    parser = argparse.ArgumentParser(prog="python -m services.core.report", description="Checks a report's signature.")
    parser.add_argument("command", choices=["verify"])
    parser.add_argument("file", type=Path, help="a report as its page or the API gives it, in JSON")
    told = verdict(parser.parse_args(arguments).file, Signer(cookie_secret(Settings())))
    print(told)
    return 0 if told == UNCHANGED else 1


def verdict(file: Path, signer: Signer) -> str:
    """What people added under `review` is no part of what was signed."""
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
        report = Report.model_validate({key: value for key, value in written.items() if key != "review"})
    except ValidationError as error:
        places = (".".join(map(str, fault["loc"])) for fault in error.errors(include_url=False, include_input=False))
        return f"This is no report as this version makes them; look at: {'; '.join(places)}."
    except (OSError, ValueError, AttributeError):
        return "This file cannot be read as a report in JSON."
    return signer.verdict(report)


if __name__ == "__main__":  # pragma: no cover
    sys.exit(main())
