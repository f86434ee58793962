"""What a browser shows of a page before the front end has loaded, and which of its parts are fetched meanwhile."""

from __future__ import annotations

import base64
import html

from pages.parts import components
from pages.parts.start.hero import HEADLINE, SENTENCE

PARTS = (
    "Button",
    "BidiComponent",
    "ButtonGroup",
    "Checkbox",
    "FileUploader",
    "Radio",
    "Spinner",
    "TextArea",
    "SourceSerifVariable-Roman",
    "MaterialSymbols-Rounded",
)
"""Of the start page; other pages use most of them too."""
WITHOUT_SCRIPT = "<p>Syntaxia is a live conversation in the browser: please allow JavaScript for this address.</p>"
_DESCRIPTION = (
    "An AI technical phone screen that your team runs for itself. Every claim of its report rests on said words."
)
_STYLE = """
/* Once lifted it stays so: a page that is turned to may have no heading, or none yet. */
#opening { position: fixed; inset: 0; z-index: 999999; pointer-events: none; background: #fbfcfb; color: #0e1613;
  font-family: "Source Sans", sans-serif; transition: visibility 0s 1e6s; }
#opening img { position: absolute; left: 17px; top: 14px; height: 32px; }
#opening div { max-width: 1080px; margin: 100px auto 0; padding: 0 16px; }
#opening b { display: block; max-width: 643px; font: 600 40px/1.2 "Source Serif", Georgia, serif; }
#opening p { max-width: 643px; font-size: 16px; line-height: 1.6; margin: 16px 0 0; }
#root:has([data-testid="stMain"] :is(h1, h2, [class*="st-key-stage"], [data-testid="stAlert"])) ~ #opening {
  visibility: hidden; transition: none; }
#opening.late { display: none; }
@media (prefers-color-scheme: dark) { #opening { background: #0f1513; color: #e6eeea; } }
[data-testid="stMainBlockContainer"] { width: 100% !important; max-width: 100% !important; }
/* Each part of the start page is fetched when it is met: its place is kept until then. */
.st-key-ways { min-height: 44px; }
.st-key-minute { min-height: 244px; }
.st-key-job_preset { min-height: 40px; }
.st-key-job_description { min-height: 136px; }
.st-key-job_file { min-height: 54px; }
.st-key-provider { min-height: 74px; }
.st-key-voice_state { min-height: 28px; }
.st-key-pace { min-height: 60px; }
.st-key-consent { min-height: 24px; }
.st-key-prepare { min-height: 40px; }
@media print { #opening { display: none; } }
"""
_LATE_S = 12
"""A page that has drawn no heading by then has something else to say, such as that the server is away."""


def head(parts: tuple[str, ...]) -> str:
    links = []
    for path in parts:
        if path.endswith(".js"):
            links.append(f'<link rel="modulepreload" crossorigin href="./{path}">')
        else:
            links.append(
                f'<link rel="preload" as="font" type="font/woff2" crossorigin fetchpriority="low" href="./{path}">'
            )
    return (
        f'<meta name="description" content="{html.escape(_DESCRIPTION)}">'
        '<meta name="color-scheme" content="light dark">'
        f"<style>{components.FRAME_STYLE}{_STYLE}</style>{''.join(links)}"
    )


def body(path: str) -> str:
    """Not for what reads a page aloud: the page itself comes in a moment."""
    words = f"<b>{HEADLINE}</b><p>{SENTENCE.replace('**', '')}</p>" if path == "/" else ""
    logo = "data:image/svg+xml;base64," + base64.b64encode(components.LOGO.read_bytes()).decode()
    late = f'setTimeout(() => document.getElementById("opening").classList.add("late"), {1000 * _LATE_S})'
    return (
        f'<div id="opening" aria-hidden="true"><img alt="" src="{logo}"><div>{words}</div></div><script>{late}</script>'
    )
