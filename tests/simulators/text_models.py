"""Gemini generateContent, or the Responses API of OpenAI and xAI, on a local port: strict about every request.

    with TextModelSimulator("gemini", weather=on("Verdict", "down")) as sim:  # sim.environment, sim.invalid, sim.asked
    python -m tests.simulators.text_models --vendor xai --port 8203

A `mind` answers what is asked, in Python values that become JSON; a string is sent as it is. The weather decides, for
each request, whether something goes wrong instead.
"""

from __future__ import annotations

import argparse
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.simulators.text_minds import honest
from tests.simulators.text_weather import Answered, Weather, fair, refusal
from tests.waiting import PATIENCE_S

MODELS = {"gemini": "gemini-3.8-flash", "openai": "gpt-6.1-terra", "xai": "grok-4.6"}
_FIELDS = {
    "gemini": {"contents", "systemInstruction", "generationConfig"},
    "openai": {"model", "instructions", "input", "text", "max_output_tokens", "store"},
}
_CONFIG = {"responseMimeType", "responseJsonSchema", "maxOutputTokens", "seed"}
_BOUNDS = {"minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "default", "pattern", "format"}
_SHAPES = {"questions": "PlanDraft", "level": "Verdict"}
_TOKENS = {"prompt": 900, "cached": 400, "written": 200, "thought": 50}


@dataclass(frozen=True)
class Asked:
    """One request, whatever the vendor's dialect."""

    number: int
    shape: str
    system: str
    text: str
    """The data with their marks, and what follows them."""
    seed: int = 0
    data: Any = field(default=None, repr=False)


Mind = Callable[[Asked], Any]


class _Building(ThreadingHTTPServer):
    request_queue_size = 128
    """Of five, the default, a busy machine turns away whoever knocks at the same moment; they come again after 1 s."""


class TextModelSimulator:
    def __init__(
        self,
        vendor: str = "gemini",
        *,
        mind: Mind = honest,
        weather: Weather | str = fair,
        model: str = "",
        api_key: str = "",
        port: int = 0,
        thinks_s: float = 0.0,
    ) -> None:
        self.vendor, self.mind, self.thinks_s = vendor, mind, thinks_s
        self.weather: Weather = (lambda asked: weather) if isinstance(weather, str) else weather
        self.model, self.api_key = model or MODELS[vendor], api_key or f"{vendor}-key-simulated"
        self.asked: list[Asked] = []
        self.invalid: list[str] = []
        self.at_once = 0
        """Requests that were being answered at the same time, at most."""
        self._running = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = _Building(("127.0.0.1", port), _Door)
        self._server.simulator = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{'' if self.vendor == 'gemini' else '/v1'}"

    @property
    def environment(self) -> dict[str, str]:
        name = self.vendor.upper()
        return {f"{name}_API_KEY": self.api_key, f"{name}_BASE_URL": self.base_url}

    @property
    def settings(self) -> dict[str, Any]:
        return {name.lower(): value for name, value in self.environment.items()}

    def shapes(self) -> list[str]:
        return [asked.shape for asked in self.asked]

    def __enter__(self) -> TextModelSimulator:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE_S)

    def answer(self, path: str, headers: dict[str, str], body: Any) -> Answered | None:
        """None: the line is cut without an answer."""
        with self._lock:
            self._running += 1
            self.at_once = max(self.at_once, self._running)
        try:
            return self._answer(path, headers, body)
        finally:
            with self._lock:
                self._running -= 1

    def _answer(self, path: str, headers: dict[str, str], body: Any) -> Answered | None:
        if self._key(headers) != self.api_key:
            return refusal(self.vendor, "bad_key")
        if fault := self._fault(path, body):
            self.invalid.append(fault)
            return refusal(self.vendor, "bad_request")
        with self._lock:
            asked = self._asked(body, len(self.asked) + 1)
            self.asked.append(asked)
        kind = self.weather(asked)
        if kind == "silence":
            self._over.wait(PATIENCE_S)
            return None
        if kind == "cut_line":
            return None
        if kind and (refused := refusal(self.vendor, kind)):
            return refused
        time.sleep(self.thinks_s)
        thought = self.mind(asked)
        text = {"no_json": "I would rather talk.", "empty": "", "half": json.dumps(thought)[:40]}.get(
            kind, thought if isinstance(thought, str) else json.dumps(thought)
        )
        return self._gemini(text, kind) if self.vendor == "gemini" else self._responses(text, kind)

    def _key(self, headers: dict[str, str]) -> str:
        if self.vendor == "gemini":
            return headers.get("x-goog-api-key", "")
        return headers.get("authorization", "").removeprefix("Bearer ")

    def _fault(self, path: str, body: Any) -> str:
        gemini = self.vendor == "gemini"
        if path != (f"/v1beta/models/{self.model}:generateContent" if gemini else "/v1/responses"):
            return f"path {path}"
        if unknown := set(body) - _FIELDS["gemini" if gemini else "openai"]:
            return f"unknown fields {unknown}"
        if gemini:
            config = body["generationConfig"]
            if set(config) - _CONFIG or config["responseMimeType"] != "application/json":
                return f"generationConfig {sorted(config)}"
            return _schema_fault(config["responseJsonSchema"])
        if body["model"] != self.model or body["store"] is not False:
            return f"model {body['model']}, store {body['store']}"
        form = body["text"]["format"]
        if form["type"] != "json_schema" or form["strict"] is not True or not re.fullmatch(r"\w{1,64}", form["name"]):
            return "text.format"
        return _schema_fault(form["schema"])

    def _asked(self, body: Any, number: int) -> Asked:
        if self.vendor == "gemini":
            config = body["generationConfig"]
            schema, seed = config["responseJsonSchema"], config.get("seed", 0)
            system, text = (part["parts"][0]["text"] for part in (body["systemInstruction"], body["contents"][0]))
        else:
            schema, seed = body["text"]["format"]["schema"], 0
            system, text = body["instructions"], body["input"]
        shape = next(name for field_, name in _SHAPES.items() if field_ in schema["properties"])
        marked = re.search(r"<data>\n(.*)\n</data>", text, re.DOTALL)
        assert marked
        return Asked(number, shape, system, text, seed, json.loads(marked.group(1)))

    def _gemini(self, text: str, kind: str) -> Answered:
        finish = {"cut": "MAX_TOKENS", "safety": "SAFETY"}.get(kind, "STOP")
        content = {"role": "model", "parts": [{"text": text}]} if finish == "STOP" and text else {"role": "model"}
        counts = {
            "promptTokenCount": _TOKENS["prompt"],
            "cachedContentTokenCount": _TOKENS["cached"],
            "candidatesTokenCount": _TOKENS["written"],
            "thoughtsTokenCount": _TOKENS["thought"],
        }
        return Answered({"candidates": [{"content": content, "finishReason": finish}], "usageMetadata": counts})

    def _responses(self, text: str, kind: str) -> Answered:
        reason = {"cut": "max_output_tokens", "safety": "content_filter"}.get(kind)
        written: dict[str, Any] = {"type": "output_text", "text": text, "annotations": []}
        if kind == "refusal":
            written = {"type": "refusal", "refusal": "I cannot help with that."}
        message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [written]}
        return Answered(
            {
                "id": "resp_1",
                "object": "response",
                "created_at": 1,
                "model": self.model,
                "status": "incomplete" if reason else "completed",
                "incomplete_details": {"reason": reason} if reason else None,
                "output": [{"type": "reasoning", "id": "rs_1", "summary": []}, *([] if reason else [message])],
                "parallel_tool_calls": True,
                "tool_choice": "auto",
                "tools": [],
                "usage": {
                    "input_tokens": _TOKENS["prompt"],
                    "input_tokens_details": {"cached_tokens": _TOKENS["cached"]},
                    "output_tokens": _TOKENS["written"] + _TOKENS["thought"],
                    "output_tokens_details": {"reasoning_tokens": _TOKENS["thought"]},
                    "total_tokens": 1150,
                },
            }
        )


def _schema_fault(schema: Any) -> str:
    """What strict structured output refuses."""
    nodes = [schema]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
        if not isinstance(node, dict):
            continue
        if node.get("type") == "object":
            names = node.get("properties", {})
            if node.get("additionalProperties") is not False or set(node.get("required", ())) != set(names):
                return "an object that is not strict"
        if found := _BOUNDS & set(node):
            return f"a schema with {found}"
        groups = (node.get("properties", {}), node.get("$defs", {}))
        nodes += [value for group in groups for value in group.values()]
        nodes += [value for key, value in node.items() if key not in ("properties", "$defs")]
    return ""


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answered = self.server.simulator.answer(self.path, headers, body)  # type: ignore[attr-defined]
        if answered is None:
            self.close_connection = True
            return
        content = answered.body if isinstance(answered.body, bytes) else json.dumps(answered.body).encode()
        self.send_response(answered.status)
        for name, value in {"Content-Type": "application/json", **answered.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _main() -> None:
    parser = argparse.ArgumentParser(description="A local text model of a vendor's")
    parser.add_argument("--vendor", default="gemini", choices=MODELS)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--weather", default="")
    parser.add_argument("--thinks-s", type=float, default=0.5)
    arguments = parser.parse_args()
    options: dict[str, Any] = {"port": arguments.port, "weather": arguments.weather, "thinks_s": arguments.thinks_s}
    with TextModelSimulator(arguments.vendor, **options) as sim:
        print(*(f"{name}={value}" for name, value in sim.environment.items()), sep="\n", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    try:
        _main()
    except KeyboardInterrupt:
        pass
