from services.media import loopback
from tests.waiting import PATIENCE_S


def test_server_hears_itself() -> None:
    assert loopback.warm(within_s=PATIENCE_S)


def test_a_server_that_cannot_call_itself_starts_all_the_same() -> None:
    assert not loopback.warm(within_s=0.001)
