"""The one file to run: `streamlit run app.py`. Imported by the server it is the server; run as the script it draws."""

from __future__ import annotations

from typing import Literal

import streamlit as st

if st.runtime.exists():
    from pages.parts.visit import administrates, came_by_link, sign_in_configured

    st.set_page_config(page_title="Syntaxia", layout="wide")
    account: Literal["visible", "hidden"] = "visible" if sign_in_configured() else "hidden"
    admin: Literal["visible", "hidden"] = "visible" if administrates() else "hidden"
    page = st.navigation(
        [
            st.Page("pages/start.py", title="Start", default=True),
            st.Page("pages/interview.py", title="Interview", url_path="interview", visibility="hidden"),
            st.Page("pages/report.py", title="Report", url_path="report", visibility="hidden"),
            st.Page("pages/shared.py", title="Shared report", url_path="shared", visibility="hidden"),
            st.Page("pages/invited.py", title="Invitation", url_path="invited", visibility="hidden"),
            st.Page("pages/compare.py", title="Compare", url_path="compare", visibility="hidden"),
            st.Page("pages/sample.py", title="Sample interview", url_path="sample", visibility="hidden"),
            st.Page("pages/history.py", title="History", url_path="history"),
            st.Page("pages/credits.py", title="Credits", url_path="credits"),
            st.Page("pages/preflight.py", title="Preflight", url_path="preflight"),
            st.Page("pages/account.py", title="Account", url_path="account", visibility=account),
            st.Page("pages/admin.py", title="Admin", url_path="admin", visibility=admin),
        ],
        position="hidden" if came_by_link() else "top",
    )
    page.run()
else:
    import functools
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager
    from typing import Any

    from pages.parts import opening
    from pages.parts.line_mends import bound_lines
    from pages.parts.streamlit_mends import (
        ask_nobody_for_our_address,
        bound_uploads,
        forget_left_tabs,
        front_end_parts,
        keep_sign_ins_between_processes,
        keep_turned_pages,
        let_runs_finish,
        list_pages_by_navigation_alone,
        take_only_what_a_widget_sends,
    )
    from services import logs
    from services.identity.cookies import cookie_secret, streamlit_secrets
    from services.media.tracks import install_adaptive_jitter_buffer
    from services.media.udp_ports import bind_udp_ports
    from services.observe.metrics import Bound
    from services.web import background, middleware, routes
    from services.web.first_paint import Opening
    from services.web.uvicorn_mends import bound_connections
    from services.wiring import wire

    @asynccontextmanager
    async def lifespan(server: Any) -> AsyncIterator[dict[str, Any]]:
        # Half a second now, when there is a runtime with which its front end registers.
        bound_lines(settings.max_connecting, functools.partial(refused, Bound.OFFERS))
        async with background.lifespan(server, forget_left_tabs) as state:
            yield state

    list_pages_by_navigation_alone()
    keep_turned_pages()
    let_runs_finish()
    ask_nobody_for_our_address()
    logs.configure()
    install_adaptive_jitter_buffer()
    settings = wire().settings
    bind_udp_ports(settings.udp_range)
    refused = wire().calls.recorder.metrics.refused
    bound_connections(settings.request_head_s, settings.max_connections, refused)
    take_only_what_a_widget_sends(functools.partial(refused, Bound.VALUES))
    bound_uploads(settings.uploads_mb * 1024 * 1024, functools.partial(refused, Bound.UPLOADED))
    if secrets := streamlit_secrets(settings, cookie_secret(settings)):
        keep_sign_ins_between_processes(secrets["auth"]["cookie_secret"])
    parts = front_end_parts(*opening.PARTS)
    around = middleware.around_pages(
        Opening(
            title="Syntaxia",
            head=opening.head(parts),
            body=opening.body,
            without_script=opening.WITHOUT_SCRIPT,
        ),
        ahead=[f"/{path}" for path in parts],
    )
    app = st.App(__file__, routes=routes.routes, middleware=around, lifespan=lifespan, secrets=secrets)
