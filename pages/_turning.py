"""A mend of Streamlit 1.67: what a page still asks for while another takes its place must not blank that one."""

from __future__ import annotations

from dataclasses import replace

from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData


def keep_turned_pages() -> None:
    """For the whole process, once.

    An answer sent in the moment a call ends asks for a fragment of the page before. Streamlit announces a run of that
    page, at which the browser clears the new one, and then finds no such fragment to run. The new page runs instead.
    """
    run = script_runner.ScriptRunner._run_script

    def run_current_page(self: script_runner.ScriptRunner, asked: RerunData) -> None:
        current = self._pages_manager.current_page_script_hash
        gone = not any(map(self._fragment_storage.contains, asked.fragment_id_queue))
        if asked.fragment_id_queue and gone and current and asked.page_script_hash != current:
            asked = replace(asked, fragment_id_queue=[], is_auto_rerun=False, page_script_hash=current, page_name="")
        run(self, asked)

    script_runner.ScriptRunner._run_script = run_current_page  # type: ignore[method-assign]
