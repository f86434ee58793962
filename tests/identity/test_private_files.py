"""A key or database that others on the machine can read is named, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.identity.private_files import exposed


@pytest.mark.parametrize(
    ("folder", "file", "open_to_others"),
    [
        (0o700, 0o644, False),
        (0o755, 0o600, False),
        (0o755, 0o644, True),
        (0o750, 0o640, True),
        (0o711, 0o604, True),
        (0o750, 0o604, False),
    ],
)
def test_a_file_is_exposed_where_others_can_reach_and_read_it(
    tmp_path: Path, folder: int, file: int, open_to_others: bool
) -> None:
    home = tmp_path / "var"
    home.mkdir()
    key = home / "cookie.key"
    key.write_text("secret")
    key.chmod(file)
    home.chmod(folder)

    told = list(exposed([key, home / "not there"]))

    assert told == (
        ["Others on this machine can read cookie.key: run chmod 600 on it, or chmod 700 on its folder."]
        if open_to_others
        else []
    )
