"""What a quota costs a request, with Redis there, stopped, hung and back; and what clearing cookies wins.

    python benchmarks/quotas.py

Starts a Redis of its own on loopback. Times depend on the machine: compare rows of one run.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

sys.path.insert(0, str(Path(__file__).parent.parent))

from services.core.errors import QuotaExceeded
from services.identity.quotas import REDIS_AGAIN_S, Action, Quotas
from services.identity.visitor import Visitor
from services.settings import Settings

HITS = 200
LIMIT = 1000
COOKIES = 200
GUEST = Visitor("g1", "guest", address="203.0.113.7")
COUNTED = {"begin": {"guest": f"{LIMIT}/day", "address": None, "guests": None}}


def main() -> None:
    program = shutil.which("redis-server")
    if program is None:
        sys.exit("This needs Redis: run scripts/services, or apt-get install redis-server.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", home]
        server = start(command, port)
        try:
            print(f"{'':24}{'first ms':>10}{'median ms':>11}{'p99 ms':>9}{'admitted':>10}")
            row("in this process", Quotas(Settings(quotas=COUNTED)))
            counting = Quotas(Settings(quotas=COUNTED, redis_url=SecretStr(f"redis://127.0.0.1:{port}/0")))
            row("Redis", counting)
            os.kill(server.pid, signal.SIGSTOP)
            row("Redis hung (SIGSTOP)", counting)
            os.kill(server.pid, signal.SIGCONT)
            time.sleep(REDIS_AGAIN_S)
            row("Redis awake again", counting)
            server.kill()
            server.wait()
            row("Redis stopped", counting)
            server = start(command, port)
            time.sleep(REDIS_AGAIN_S)
            row("Redis started again", counting)
        finally:
            server.kill()
            server.wait()
    print(f"\n{COOKIES} fresh cookies from one network begin interviews with a paid voice:")
    print(f"  without quotas {begun(Quotas(Settings()))}, with the table {begun(Quotas(Settings(quotas={})))}")


def start(command: list[str], port: int) -> subprocess.Popen[bytes]:
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.02)


def row(state: str, counting: Quotas) -> None:
    times, admitted = [], 0
    for _ in range(HITS):
        began = time.perf_counter()
        admitted += passes(lambda: counting.take(Action.BEGIN, GUEST))
        times.append(1000 * (time.perf_counter() - began))
    rest = sorted(times[1:])
    p99 = rest[round(0.99 * len(rest))]
    print(f"{state:24}{times[0]:10.2f}{statistics.median(rest):11.3f}{p99:9.2f}{admitted:10}")


def passes(take: Callable[[], None]) -> bool:
    try:
        take()
    except QuotaExceeded:
        return False
    return True


def begun(counting: Quotas) -> int:
    guests = (Visitor(f"g{number}", "guest", address="2001:db8::/64") for number in range(COOKIES))
    return sum(passes(lambda guest=guest: counting.take(Action.BEGIN, guest)) for guest in guests)  # type: ignore[misc]


if __name__ == "__main__":
    main()
