"""The API answers as /api/openapi.json says, whatever is sent: schemathesis writes the requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.core import NotSet

from services.settings import Settings
from services.vendors import ephemeral
from services.vendors.ephemeral import EphemeralToken
from services.web import api
from tests.web.test_api import MINTED, OWN, Site

pytestmark = pytest.mark.realtime
DESCRIPTION = schemathesis.openapi.from_dict(api.api.openapi())
DESCRIPTION.config.phases.coverage.enabled = False
"""Its requests are the same at each run, hundreds of them; what is random finds more in less time."""
FEW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ECHO = 6
"""Characters from which a repeated input is no accident."""


def words(sent: Any) -> Iterator[str]:
    if isinstance(sent, str) and len(sent) >= ECHO:
        yield sent
    elif isinstance(sent, dict):
        for name, value in sent.items():
            yield from words(name)
            yield from words(value)
    elif isinstance(sent, list):
        for value in sent:
            yield from words(value)


OURS = set(words(api.api.openapi()))
"""What stands in the description may stand in an answer."""


@pytest.fixture(scope="module")
def ada(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, dict[str, str]]]:
    """Where tokens are given, and the headers of somebody who is signed in, shows a token and has an interview."""

    async def mint(_: Settings) -> EphemeralToken:
        return MINTED

    with pytest.MonkeyPatch.context() as patch:
        rules = {"token": {"user": "10/hour"}}
        site = Site(tmp_path_factory.mktemp("site"), patch, direct_tokens=True, quotas=rules)
        patch.setattr(ephemeral, "conversation_token", mint)
        cookies = site.cookies("ada")
        site.prepared(cookies)
        visitor = site.parts.identity.visitor(cookies)
        assert visitor
        token = site.parts.tokens.make(visitor.id, "t")
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        yield site, {**OWN, "cookie": cookie, "authorization": f"Bearer {token}"}


@DESCRIPTION.parametrize()
@FEW
def test_every_answer_is_one_of_those_described(case: schemathesis.Case[Any], ada: tuple[Site, dict[str, str]]) -> None:
    site, headers = ada
    body = b"" if isinstance(case.body, NotSet) else case.body
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}

    for shown in (headers, OWN):
        answer = site.client.request(
            case.method, f"/api{case.formatted_path}", headers=shown, params=case.query, **sent
        )

        assert str(answer.status_code) in case.operation.definition.raw["responses"]
        assert answer.status_code < 500
        assert answer.status_code < 400 or answer.json().keys() >= {"error", "code"}
        repeated = [one for one in words([case.path_parameters, case.query, sent]) if one in answer.text]
        assert set(repeated) <= OURS
