"""Text of job descriptions, models and people is drawn as it is."""

from __future__ import annotations

import pytest

from pages.parts.visit import plain

JOINER = "\u2060"


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Design *fast* APIs", r"Design \*fast\* APIs"),
        ("<script>", r"\<script\>"),
        ("a\n\n# b", r"a \# b"),
        (":red[x] $a$", r"\:red\[x\] \$a\$"),
        (":material/home:", rf"\:{JOINER}material/home\:"),
        ("https://x.y", rf"https\:{JOINER}//x\.y"),
        ("www.x.y", rf"www{JOINER}\.x\.y"),
        ("a@b.c", rf"a@{JOINER}b\.c"),
        ("&lt;b&gt;", r"\&lt;b\&gt;"),
    ],
)
def test_nothing_in_a_text_becomes_markup(text: str, drawn: str) -> None:
    assert plain(text) == drawn
