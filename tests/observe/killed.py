"""A process that is killed in the middle of a call: python -m tests.observe.killed <langfuse> <database>"""

from __future__ import annotations

import os
import signal
import sys

from pydantic import SecretStr

from services.core.plan.plan import Pace
from services.core.talk import events as e
from services.core.talk.conversation import Conversation
from services.observe.recorder import CallRecorder
from services.settings import Settings
from services.store.store import Store
from services.wiring import recorder_for
from tests.core.talk.scripts import TEXTS, begins, says
from tests.observe.test_recorder import FACTS, talk


def script(call: CallRecorder) -> None:
    """A greeting, an answer whose reply is heard out, and an answer whose reply has just begun."""
    conversation = Conversation(FACTS.plan, pace=Pace.NORMAL, limit_s=900, wrap_up_s=60)
    conversation.reconnected("Gemini")
    call.connected(0.0, provider="gemini", label="Gemini", model="gemini-3.8-live")
    spoken = ((5.0, TEXTS[1], 400), (20.0, TEXTS[2], 500))
    talk(call, [(0.0, e.CandidateJoined()), *says("i1", f"Hello, I'm Ema. {TEXTS[0]}", 0.5, 4.0)], conversation)
    for number, (at, text, tokens) in enumerate(spoken):
        turn = e.UserText(f"u{number}", "We moved the ledger.", append=False, final=True)
        talk(call, [(at, e.SpeechStarted()), (at + 4, e.SpeechStopped()), (at + 4.1, turn)], conversation)
        talk(call, [*begins(f"a{number}", text, at + 5), (at + 6, e.Usage({"input_audio": tokens}))], conversation)


def main(langfuse: str, database: str) -> None:
    given = {"langfuse_public_key": "pk-killed", "langfuse_secret_key": SecretStr("sk"), "langfuse_host": langfuse}
    recorder = recorder_for(Settings.model_validate({"database_url": database, **given}), Store(database))
    call = recorder.call(FACTS)
    script(call)
    recorder.close()  # all that was told has been sent: on its own it is five seconds later
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
