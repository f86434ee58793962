"""Everything a call needs, on a SQLite file of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.analyst.rules import utc_now
from services.calls.call import no_witness
from services.calls.registry import Calls
from services.core.interview import Interview
from services.core.plan.bank import samples
from services.core.plan.plan import Pace
from services.interviews.interviews import Interviews
from services.interviews.transcripts import Transcripts
from services.observe.recorder import Recorder
from services.settings import Settings
from services.store.store import Store
from services.tools.toolbox import Toolbox
from services.vendors.base import Listen, Provider
from tests.candidate import Candidate
from tests.stage import ScriptedAnalyst


@dataclass
class House:
    settings: Settings
    interviews: Interviews
    transcripts: Transcripts
    candidates: list[Candidate] = field(default_factory=list)
    user_id: str = ""

    def calls(
        self,
        *providers: Provider,
        recorder: Recorder | None = None,
        toolbox: Toolbox | None = None,
        listen: Listen = no_witness,
    ) -> Calls:
        voices = {provider.info.key: provider for provider in providers}
        calls = Calls(
            self.interviews, voices, self.transcripts, self.settings, recorder, toolbox=toolbox, listen=listen
        )
        calls.bind(asyncio.get_running_loop())
        return calls

    def prepare(self, provider: str = "offline") -> Interview:
        self.user_id = self.user_id or self.interviews.accounts.guest("somebody").id
        return self.interviews.preparation.prepare(
            self.user_id,
            job_description=samples()[0].text,
            provider=provider,
            pace=Pace.NORMAL,
            consent=True,
        )

    async def visit(self, calls: Calls, interview: Interview) -> Candidate:
        candidate = Candidate(await calls.admit(interview))
        self.candidates.append(candidate)
        return candidate

    def now(self, interview: Interview) -> Interview:
        return self.interviews.get(self.user_id, interview.id)

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.interviews.accounts.ledger(self.user_id)]


Build = Callable[..., House]


def build_house(folder: Path, **windows: Any) -> House:
    rules = {"free_window_s": 60, "interview_limit_s": 900, "rejoin_grace_s": 2, "readback_wait_s": 0, **windows}
    settings = Settings(
        database_url=f"sqlite:///{folder / 'call.db'}",
        var_dir=folder,
        **rules,
    )
    store = Store(settings.database_url.get_secret_value())
    store.migrate()
    transcripts = Transcripts()
    return House(settings, Interviews(store, settings, ScriptedAnalyst(), utc_now, transcripts), transcripts)
