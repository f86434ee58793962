"""Who holds an interview's lease: the processes that carry calls, by name; and which of them are certainly gone."""

from __future__ import annotations

import os
import secrets

_of_this_process: set[str] = set()


def new_owner() -> str:
    """Names whoever carries calls here, uniquely: host, process and a random part."""
    owner = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"
    _of_this_process.add(owner)
    return owner


def is_here(owner: str | None) -> bool:
    """Whether it is one of this process: what it holds is held, however late a lease is renewed."""
    return owner in _of_this_process


def is_gone(owner: str | None) -> bool:
    """True when this owner's process ran on this host and is not there any more, whatever its lease says.

    False where that cannot be known: another host's process is judged by its lease alone.
    """
    host, _, rest = (owner or "").partition(":")
    pid = rest.partition(":")[0]
    if host != os.uname().nodename or not pid.isdecimal() or is_here(owner):
        return False
    if int(pid) == os.getpid():
        return True  # its predecessor of the same number: a process that was started again, as in a container
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
