"""Declares the tools of `MCP_SERVERS` on the ElevenLabs agent, which has to know every tool before a call.

    python -m services.tools.agent            # shows what differs, changes nothing
    python -m services.tools.agent --apply    # makes it so

It also does what `python -m services.vendors.elevenlabs.agent` does. Run it again when the servers or their tools
change.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from services.core.talk.lookups import OutsideTool
from services.settings import Settings
from services.tools.servers import configured
from services.tools.toolbox import Toolbox
from services.vendors.elevenlabs import agent


async def listed(settings: Settings) -> Sequence[OutsideTool]:
    """What all servers offer. Raises ValueError where one does not answer: an agent without its tools is no use."""
    toolbox = Toolbox(configured(settings), settings.var_dir)
    toolbox.start()
    try:
        await toolbox.ready()
        if trouble := [state.sentence for state in toolbox.states() if not state.ok]:
            raise ValueError(" ".join(trouble))
        return toolbox.all_tools()
    finally:
        await toolbox.aclose()


if __name__ == "__main__":
    sys.exit(agent.main(listed=listed))
