"""Settings: read from the environment, and every one of them explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services import settings
from services.settings import ROOT, Settings

TABLE = (ROOT / "docs" / "configuration.md").read_text()


def documented() -> dict[str, str]:
    """The default each row names, by the setting's name in lower case."""
    return {name.lower(): default for name, default in re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", TABLE, re.MULTILINE)}


def test_the_table_has_a_row_for_every_setting_and_no_other() -> None:
    assert sorted(documented()) == sorted(Settings.model_fields)


@pytest.mark.parametrize(
    "name", [name for name, field in Settings.model_fields.items() if type(field.default) in (int, float)]
)
def test_the_table_names_the_default(name: str) -> None:
    assert documented()[name] == f"{Settings.model_fields[name].default:g}"


def test_an_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")

    assert Settings().openai_api_key is None


def test_no_stun_server_is_asked_unless_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ICE_SERVERS", raising=False)

    assert Settings().ice_servers == ()


def test_servers_that_are_no_json_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICE_SERVERS", "stun:stun.example.org")

    with pytest.raises(ValueError, match="must be a JSON list"):
        Settings()


def test_a_secret_can_be_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "turn_secret").write_text("of a file\n")
    monkeypatch.setattr(settings, "SECRETS", tmp_path)

    secret = Settings().turn_secret

    assert secret is not None
    assert secret.get_secret_value() == "of a file"
