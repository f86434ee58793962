"""Two real replicas behind nginx, with PostgreSQL, Redis and coturn: one is killed, one is drained."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from deploy.cluster import Cluster
from tests.browser.candidate import Candidate, eventually
from tests.browser.conftest import Anybody, Server


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), {"FREE_WINDOW_S": "2", "READBACK_WAIT_S": "0"})
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def database(cluster: Cluster) -> Iterator[sa.Engine]:
    engine = sa.create_engine(cluster.database_url.replace("postgresql://", "postgresql+psycopg://"))
    yield engine
    engine.dispose()


def begun(cluster: Cluster, anybody: Anybody) -> tuple[Candidate, str, str]:
    """A candidate in a call, the interview's id, and the replica that carries it."""
    process = cluster.parts["a"].process
    assert process is not None
    context = anybody()
    candidate = Candidate(context, Server(cluster.url, cluster.home, cluster.home / "a.log", process))
    interview_id = candidate.prepare()
    candidate.begin()
    home = next(one["value"] for one in context.cookies() if one["name"] == "replica")
    return candidate, interview_id, str(home)


def amounts(database: sa.Engine, interview_id: str) -> list[int]:
    query = sa.text("select amount from credit_entries where interview_id = :id order by id")
    with database.connect() as connection:
        return [int(row[0]) for row in connection.execute(query, {"id": interview_id})]


def newcomers_home(cluster: Cluster) -> str | None:
    answer = httpx.get(cluster.url, timeout=60)
    assert answer.status_code == 200
    return answer.cookies.get("replica")


def test_candidate_of_a_killed_replica_is_told_and_refunded(
    cluster: Cluster, anybody: Anybody, database: sa.Engine
) -> None:
    candidate, interview_id, home = begun(cluster, anybody)
    candidate.eventually(lambda: amounts(database, interview_id) == [-15], "the charge")

    cluster.parts[home].kill()

    expect(candidate.page.get_by_text("The server that carried your call stopped")).to_be_visible(timeout=60_000)
    expect(candidate.page.get_by_text("15 credits were charged and 15 given back")).to_be_visible(timeout=60_000)
    assert amounts(database, interview_id) == [-15, 15]
    cluster.start_replica(home)
    cluster.wait_for(home)


def test_drained_replica_finishes_its_call_and_leaves(cluster: Cluster, anybody: Anybody) -> None:
    candidate, _, home = begun(cluster, anybody)
    other = "b" if home == "a" else "a"
    process = cluster.parts[home].process
    assert process is not None

    cluster.parts[home].send(signal.SIGTERM)
    eventually(lambda: httpx.get(f"{cluster.replica_url(home)}/readyz").status_code == 503, "draining")
    eventually(lambda: newcomers_home(cluster) == other, "newcomers elsewhere")
    candidate.end()
    candidate.report()
    homes = {newcomers_home(cluster)}
    while process.poll() is None:
        homes.add(newcomers_home(cluster))

    assert process.poll() == 0
    assert homes == {other}
