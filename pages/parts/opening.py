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
    "An AI technical phone screen that your team runs for itself. Every claim of its report rests on what was said."
)
_STYLE = """
/* Once lifted it stays so: a page that is turned to may have no heading, or none yet. */
#opening { position: fixed; inset: 0; z-index: 999999; pointer-events: none; background: #fbfcfb; color: #0e1613;
  font-family: "Source Sans", sans-serif; transition: visibility 0s 1e6s; }
#opening img { position: absolute; left: 17px; top: 14px; height: 32px; }
/* Where the page has the same words, in one block: it is the greatest thing to be seen until the page is there. */
#opening p { max-width: min(1080px, 100% - 32px); margin: 112px auto 0; font-size: 16px; line-height: 1.6; }
#opening span { display: block; max-width: 57%; }
#opening b { font: 600 40px/1.6 "Source Serif", Georgia, serif; }
@media (max-width: 1000px) { #opening p { margin-top: 88px; } #opening b { line-height: 1.4; } }
@media (max-width: 640px) { #opening span { max-width: 100%; } }
#root:has([data-testid="stMain"] :is(h1, h2, [class*="st-key-stage"], [data-testid="stAlert"])) ~ #opening {
  visibility: hidden; transition: none; }
#opening.late { display: none; }
@media (prefers-color-scheme: dark) { #opening { background: #0f1513; color: #e6eeea; } }
[data-testid="stMainBlockContainer"] { width: 100% !important; max-width: 100% !important; }
/* Streamlit has three heights of a page's top: before its header, without a menu in it, and with one. */
@media screen {
  [data-testid="stMainBlockContainer"] { padding-top: 76px !important; }
  [data-testid="stToolbar"] > div { min-height: 40px; }
}
/* Each part of the start page is fetched when it is met: its place is kept until then, and its grey stand-in takes
   none. */
[class*="st-key-"] [data-testid="stSkeleton"] { display: none; }
.st-key-ways { min-height: 44px; }
.st-key-minute { min-height: 244px; }
.st-key-job_preset { min-height: 40px; }
.st-key-job_description { min-height: 136px; }
.st-key-job_file { min-height: 54px; }
.st-key-provider { min-height: 74px; }
.st-key-voice_state { min-height: 28px; }
.st-key-pace { min-height: 60px; }
.st-key-consent { min-height: 24px; }
.st-key-prepare { min-height: 40px; min-width: 175px !important; }
@media (max-width: 1000px) {
  .st-key-ways { min-height: 100px; }
  .st-key-job_preset { min-height: 68px; }
}
@media (min-width: 641px) and (max-width: 800px) {
  .st-key-minute { min-height: 282px; }
}
@media (min-width: 641px) {
  /* It is drawn for a narrow page until it has been measured. */
  .st-key-job_file [data-testid="stFileUploaderDropzone"] { flex-direction: row !important; }
}
@media (max-width: 640px) {
  .st-key-job_file { min-height: 88px; }
  .st-key-consent { min-height: 42px; }
}
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
    words = f"<p><span><b>{HEADLINE}</b><br>{SENTENCE.replace('**', '')}</span></p>" if path == "/" else ""
    logo = "data:image/svg+xml;base64," + base64.b64encode(components.LOGO.read_bytes()).decode()
    late = f'setTimeout(() => document.getElementById("opening").classList.add("late"), {1000 * _LATE_S})'
    return f'<div id="opening" aria-hidden="true"><img alt="" src="{logo}">{words}</div><script>{late}</script>'
