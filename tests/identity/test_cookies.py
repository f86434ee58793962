"""The guest cookie: who signed it is the only thing that counts."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.identity.cookies import GuestCookie, cookie_secret
from services.settings import Settings


def test_issued_cookie_names_one_guest() -> None:
    cookies = GuestCookie("secret")

    cookie = cookies.issue()

    assert cookies.subject(cookie) == cookies.subject(cookie) is not None


def test_every_newcomer_is_somebody_else() -> None:
    cookies = GuestCookie("secret")

    subjects = {cookies.subject(cookies.issue()) for _ in range(20)}

    assert len(subjects) == 20


@pytest.mark.parametrize("cookie", [None, "", "x", "ImEi.forged", "é" * 50, "a.b.c" * 1000])
def test_unsigned_cookie_is_nobody(cookie: str | None) -> None:
    assert GuestCookie("secret").subject(cookie) is None


def test_cookie_of_another_server_is_nobody() -> None:
    assert GuestCookie("secret").subject(GuestCookie("other").issue()) is None


def test_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path / "var", cookie_secret=None)

    first, second = cookie_secret(settings), cookie_secret(settings)

    assert first == second
    assert stat.S_IMODE((tmp_path / "var" / "cookie.key").stat().st_mode) == 0o600


def test_operators_secret_wins(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path, cookie_secret=SecretStr("operator"))

    assert cookie_secret(settings) == "operator"
    assert not (tmp_path / "cookie.key").exists()
