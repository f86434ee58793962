"""Whether what only this server may read can be read by others on its machine."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path


def exposed(paths: Iterable[Path]) -> Iterator[str]:
    """A sentence for each file that another account of this machine can read, and how to close it.

    A file counts as closed when its folder is, whatever its own mode.
    """
    for path in paths:
        try:
            mode, folder = path.stat().st_mode, path.parent.stat().st_mode
        except OSError:
            continue
        through = folder & (stat.S_IXGRP | stat.S_IXOTH)
        if (mode & stat.S_IROTH and through & stat.S_IXOTH) or (mode & stat.S_IRGRP and through & stat.S_IXGRP):
            yield f"Others on this machine can read {path.name}: run chmod 600 on it, or chmod 700 on its folder."
