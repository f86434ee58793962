"""What of google-genai 3.6 this application uses, and the translation of everything it raises.

The SDK takes a third of a second to import and builds its types on first use, so both happen in a thread. Its
exceptions hold server texts and, for a refused upgrade, the request; none leaves this file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from services.core.plan.plan import Pace
from services.settings import Settings
from services.vendors import instructions
from services.vendors.base import Terms
from services.vendors.faults import Fault
from services.vendors.gemini.faults import of_close, of_http, text_of
from services.vendors.socket import CLOSE_S, Gone, quiet_logger

if TYPE_CHECKING:
    from google.genai import Client, types
    from google.genai.live import AsyncSession

API_VERSION = "v1beta"
"""google-genai 3 speaks v1 unless told otherwise; the Live models are documented under v1beta."""
VOICE = "Kore"
REST_TIMEOUT_MS = 5000
SILENCE_MS = {Pace.PATIENT: 1500, Pace.NORMAL: 800, Pace.BRISK: 500}
"""Silence after which the vendor takes an answer for finished."""
_BLOCKING_MODELS = "gemini-3.8-live"
"""Declares tools as blocking only where they are not: there the model would ask the next question before it may."""
_WARM_FRAME = {
    "serverContent": {"modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm", "data": "AAAA"}}]}},
    "usageMetadata": {"promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 1}]},
}


@asynccontextmanager
async def client(settings: Settings) -> AsyncIterator[Client]:
    made = await asyncio.to_thread(_made, settings)
    try:
        yield made
    finally:
        await made.aio.aclose()
        made.close()


def warm(settings: Settings) -> None:
    """Loads the SDK, and builds the types that a connection speaks in."""
    _made(settings).close()


def _made(settings: Settings) -> Client:
    from google import genai
    from google.genai import types

    from services.vendors.websockets_mends import BoundedConnection

    assert settings.gemini_api_key is not None
    types.LiveServerMessage.model_validate(_WARM_FRAME)
    options = types.HttpOptions(
        api_version=API_VERSION,
        base_url=settings.gemini_base_url,
        timeout=REST_TIMEOUT_MS,
        # A missed keepalive closes with 1011 while the vendor is merely busy; silence is noticed by the call instead.
        async_client_args={
            "create_connection": BoundedConnection,
            "open_timeout": None,
            "close_timeout": CLOSE_S,
            "ping_interval": None,
            "compression": None,
            "max_size": None,
            "logger": quiet_logger(),
        },
    )
    return genai.Client(api_key=settings.gemini_api_key.get_secret_value(), http_options=options)


async def model_fault(made: Client, model: str) -> Fault | None:
    """None when the key may use the model."""
    import httpx2
    from google.genai import errors

    try:
        await made.aio.models.get(model=model)
    except errors.APIError as refused:
        return of_http(refused.code or 0, f"{refused.status} {refused.message} {text_of(refused.details)}")
    except httpx2.TimeoutException:
        return Fault.TIMEOUT
    except (httpx2.HTTPError, OSError):
        return Fault.NETWORK
    return None


def live_config(terms: Terms, model: str, handle: str | None) -> types.LiveConnectConfig:
    """Made afresh for each connection: the SDK writes into the one it is given."""
    from google.genai import types

    end = types.EndSensitivity.END_SENSITIVITY_HIGH if terms.pace is Pace.BRISK else None
    blocking = types.Behavior.BLOCKING if model.startswith(_BLOCKING_MODELS) else None
    tools = [
        types.FunctionDeclaration(
            name=tool["name"],
            description=tool["description"],
            parameters=_schema(tool["parameters"]),
            behavior=blocking,
        )
        for tool in instructions.tool_schemas(terms.plan, terms.tools)
    ]
    voice = types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name=VOICE))
    return types.LiveConnectConfig(
        response_modalities=[types.Modality.AUDIO],
        system_instruction=types.Content(role="user", parts=[types.Part(text=instructions.prompt(terms))]),
        speech_config=types.SpeechConfig(voice_config=voice),
        realtime_input_config=types.RealtimeInputConfig(
            automatic_activity_detection=types.AutomaticActivityDetection(
                disabled=False,
                start_of_speech_sensitivity=types.StartSensitivity.START_SENSITIVITY_HIGH,
                end_of_speech_sensitivity=end or types.EndSensitivity.END_SENSITIVITY_LOW,
                prefix_padding_ms=200,
                silence_duration_ms=SILENCE_MS[terms.pace],
            ),
            activity_handling=types.ActivityHandling.START_OF_ACTIVITY_INTERRUPTS,
            turn_coverage=types.TurnCoverage.TURN_INCLUDES_ONLY_ACTIVITY,
        ),
        input_audio_transcription=types.AudioTranscriptionConfig(language_codes=["en-US"]),
        output_audio_transcription=types.AudioTranscriptionConfig(),
        session_resumption=types.SessionResumptionConfig(handle=handle),
        context_window_compression=types.ContextWindowCompressionConfig(
            trigger_tokens=100_000, sliding_window=types.SlidingWindow(target_tokens=50_000)
        ),
        tools=[types.Tool(function_declarations=tools)],
    )


def _schema(parameters: Any) -> types.Schema | None:
    """JSON schema in the vendor's own dialect; an object without properties is left out, as it asks."""
    from google.genai import types

    if not parameters["properties"]:
        return None
    properties = {
        name: types.Schema(
            type=types.Type[spec["type"].upper()],
            enum=list(spec["enum"]) if "enum" in spec else None,
            description=spec.get("description"),
        )
        for name, spec in parameters["properties"].items()
    }
    return types.Schema(type=types.Type.OBJECT, properties=properties, required=list(parameters["required"]))


async def open_live(
    stack: AsyncExitStack, made: Client, model: str, settings: types.LiveConnectConfig
) -> AsyncSession | Fault:
    """The open session, which `stack` closes, or why there is none."""
    from google.genai import errors
    from websockets.exceptions import InvalidHandshake, InvalidStatus

    opening = made.aio.live.connect(model=model, config=settings)
    try:
        session = await opening.__aenter__()
    except errors.APIError as closed:
        return of_close(closed.code, text_of(closed.details), begun=False)
    except InvalidStatus as refused:
        body = bytes(refused.response.body or b"")
        return of_http(refused.response.status_code, body.decode(errors="replace"))
    except (InvalidHandshake, EOFError):
        return Fault.VENDOR
    except OSError:
        return Fault.NETWORK
    except ValueError:
        return Fault.CONFIG
    stack.push_async_exit(opening)
    return session if session.setup_complete is not None else Fault.VENDOR


async def next_message(turn: AsyncIterator[Any]) -> Any:
    """Raises Gone, StopAsyncIteration at the end of a turn, TypeError or ValueError for a frame the SDK cannot read."""
    from google.genai import errors
    from websockets.exceptions import ConnectionClosed

    try:
        return await anext(turn)
    except errors.APIError as closed:
        raise Gone(closed.code, text_of(closed.details)) from None
    except (ConnectionClosed, OSError):
        raise Gone(None, "") from None


async def send(session: AsyncSession, said: dict[str, Any]) -> None:
    """Raises Gone."""
    from websockets.exceptions import ConnectionClosed

    try:
        if "answer" in said:
            await session.send_tool_response(function_responses=said["answer"])
        else:
            await session.send_realtime_input(**said)
    except (ConnectionClosed, OSError):
        raise Gone(None, "") from None


def audio_input(pcm: bytes, rate_hz: int) -> dict[str, Any]:
    from google.genai import types

    return {"audio": types.Blob(data=pcm, mime_type=f"audio/pcm;rate={rate_hz}")}


def tool_answer(call_id: str, name: str, result: str, *, is_error: bool) -> dict[str, Any]:
    from google.genai import types

    response = {"error" if is_error else "output": result}
    return {"answer": types.FunctionResponse(id=call_id, name=name, response=response)}


async def close(session: AsyncSession) -> None:
    """Bounded by the closing handshake's timeout; may be called again."""
    from websockets.exceptions import ConnectionClosed

    try:
        await session.close()
    except (ConnectionClosed, OSError):
        pass
