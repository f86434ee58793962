"""From a web page to the job posting on it."""

from __future__ import annotations

import json

import pytest

from services.intake.job_page import posting_in, posting_on

DESCRIPTION = "<p>You design the <b>payment platform</b> with us.</p><ul><li>Python</li><li>PostgreSQL</li></ul>"
POSTING = {
    "@context": "https://schema.org",
    "@type": "JobPosting",
    "title": "Backend Engineer",
    "hiringOrganization": {"@type": "Organization", "name": "Larkspur"},
    "description": DESCRIPTION,
}
TEXT = "Backend Engineer\nLarkspur\n\nYou design the payment platform with us.\n\n- Python\n\n- PostgreSQL"


def with_data(*data: object, body: str = "<p>Sign up for news.</p>") -> str:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(item)}</script>' for item in data)
    return f"<!doctype html><html><head>{scripts}</head><body>{body}</body></html>"


@pytest.mark.parametrize(
    "data",
    [
        POSTING,
        [POSTING],
        {"@graph": [{"@type": "Organization", "name": "Larkspur"}, POSTING]},
        {**POSTING, "@type": ["JobPosting", "Thing"]},
        {**POSTING, "description": DESCRIPTION.replace("<", "&lt;").replace(">", "&gt;")},
    ],
    ids=["plain", "list", "graph", "two types", "escaped twice"],
)
def test_embedded_posting_is_preferred(data: object) -> None:
    assert posting_on(with_data({"@type": "WebSite"}, data)) == TEXT


def test_sections_follow_unless_they_repeat() -> None:
    posting = {**POSTING, "skills": ["Kafka", "Redis"], "qualifications": "Python", "responsibilities": 7}

    assert posting_in(json.dumps(posting)) == f"{TEXT}\n\nSkills:\nKafka\nRedis"


@pytest.mark.parametrize("data", ["", "{", "[" * 100_000, "7", '{"@type": "JobPosting"}', '{"description": "text"}'])
def test_data_without_a_posting_is_nothing(data: str) -> None:
    assert posting_in(data) == ""


MAIN = "<h1>Data Engineer</h1><p>You build pipelines that book every payment exactly once.</p>"
READ = "Data Engineer\n\nYou build pipelines that book every payment exactly once."


@pytest.mark.parametrize(
    "page",
    [
        f"<html><nav>Home Jobs</nav><main>{MAIN}</main><footer>Imprint</footer></html>",
        f"<html><nav>Home Jobs</nav>{MAIN}<footer>Imprint</footer><aside>More jobs</aside></html>",
        f"<html>Cookies<MAIN id=1>{MAIN}<button>Apply</button>",
        f"<html><main></main>{MAIN}</html>",
        f"<script type='application/ld+json'>{{</script><body>{MAIN}</body>",
        f"<body>{MAIN}<script type='application/ld+json'>",
    ],
    ids=["main", "no main", "main unclosed", "main empty", "broken data", "script unclosed"],
)
def test_main_text_is_read_without_its_surroundings(page: str) -> None:
    assert posting_on(page) == READ


def test_a_page_made_by_scripts_is_nothing() -> None:
    assert posting_on("<html><body><div id='app'></div><script>load()</script></body></html>") == ""
