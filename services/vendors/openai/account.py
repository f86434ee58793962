"""A vendor reached through the openai SDK: its REST check and the opening of its realtime socket.

The SDK is imported, and a client made, in a thread: both take longer than a live call's event loop may stand still.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pydantic import SecretStr

from services.vendors.base import Check
from services.vendors.faults import Fault, sentence
from services.vendors.openai import faults
from services.vendors.socket import Socket, dial, options, tls

if TYPE_CHECKING:
    from openai import AsyncOpenAI

CHECK_S = 5.0


class Account:
    """Where to call, and as whom. `base_url` ends with `/v1`, as the SDK has it."""

    def __init__(self, label: str, base_url: str, key: SecretStr, model: str) -> None:
        self.label, self.base_url, self.model = label, base_url, model
        self._key = key
        self._dialler: AsyncOpenAI | None = None
        """Opens sockets and sends nothing over HTTP: it belongs to no event loop and holds nothing to be closed.

        Made once, because making it reads the certificates: 60 ms of processor time before each call's greeting.
        """

    def warm(self) -> None:
        self._dialler = self._dialler or self._client()

    async def open_socket(self, query: Mapping[str, str]) -> Socket:
        """Raises ProviderError."""
        if self._dialler is None:
            await asyncio.to_thread(self.warm)
        assert self._dialler is not None
        opening = self._dialler.realtime.connect(
            model=self.model,
            extra_query=dict(query),
            websocket_connection_options=cast(Any, options(self._secure)),
        )
        return await dial(opening.enter(), self.label, self.model, faults.of_status)

    async def check(self, *, model_is_listed: bool) -> Check:
        """One GET of the models; with `model_is_listed`, a list without the chosen one is a fault."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(CHECK_S):
                fault = await self._look(model_is_listed)
        except TimeoutError:
            fault = Fault.TIMEOUT
        seconds = round(time.monotonic() - started, 3)
        if fault is None:
            return Check(True, seconds, f"{self.label} accepts the key; {self.model} will voice the interview.")
        return Check(False, seconds, sentence(fault, self.label, self.model))

    async def _look(self, model_is_listed: bool) -> Fault | None:
        client = await asyncio.to_thread(self._client)
        import openai

        try:
            models = [model.id for model in (await client.models.list()).data]
        except openai.APITimeoutError:
            return Fault.TIMEOUT
        except openai.APIConnectionError:
            return Fault.NETWORK
        except openai.APIStatusError as refused:
            return faults.of_status(refused.status_code, refused.response.content)
        except openai.OpenAIError:
            return Fault.VENDOR
        finally:
            await client.close()
        return Fault.ACCESS if model_is_listed and models and self.model not in models else None

    @property
    def _secure(self) -> bool:
        return self.base_url.startswith("https")

    def _client(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI

        client = AsyncOpenAI(
            api_key=self._key.get_secret_value(), base_url=self.base_url, timeout=CHECK_S, max_retries=0
        )
        # Both are properties that import their part of the SDK when they are first used.
        _ = client.realtime, client.models
        if self._secure:
            tls()
        return client
