"""The API answers as /api/openapi.json says, whatever is sent: schemathesis writes the requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from services.settings import Settings
from services.vendors import ephemeral
from services.vendors.ephemeral import EphemeralToken
from services.web import api
from tests.web.test_api import MINTED, OWN, Site

if TYPE_CHECKING:
    import schemathesis
    from schemathesis.specs.openapi.schemas import OpenApiSchema

pytestmark = pytest.mark.realtime
OPERATIONS = [(path, method) for path, methods in api.api.openapi()["paths"].items() for method in methods]
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


@pytest.fixture(scope="module")
def description() -> OpenApiSchema:
    """Imported here: every worker collects this module, one of them needs schemathesis, which takes seconds."""
    import schemathesis

    return schemathesis.openapi.from_dict(api.api.openapi())


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_one_of_those_described(
    path: str, method: str, description: OpenApiSchema, ada: tuple[Site, dict[str, str]]
) -> None:
    from schemathesis.core import NotSet

    site, headers = ada

    @FEW
    @given(case=description[path][method].as_strategy())
    def answers(case: schemathesis.Case[Any]) -> None:
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

    answers()
