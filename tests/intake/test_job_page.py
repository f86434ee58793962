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


BEFORE = "<div class='consent'><p>We use cookies to improve your experience and for analytics and marketing.</p></div>"
AFTER = "<div class='related'><h3>Similar jobs</h3><ul><li><a>Java Developer, Spring and Oracle</a></li></ul></div>"
DUTIES = """<h2>What you will do</h2><ul>
<li>Design and run the payment platform on PostgreSQL and Kafka.</li>
<li>Own on-call for three services and lead the reviews of incidents.</li></ul>
<h2>What you bring</h2><ul>
<li>Five years of Python or Go in production, with tests and reviews.</li>
<li>PostgreSQL: query plans, indexes and replication.</li></ul>"""
PAY = "<table><tr><th>Level</th><td>Senior</td></tr></table>"
TEAM = "<p>You will work with six engineers in two time zones, and you will have a say in what we build next.</p>"


def test_cookies_and_other_jobs_are_no_part_of_the_posting() -> None:
    text = posting_on(f"<body>{BEFORE}<div class='job'>{MAIN}{PAY}{DUTIES}{TEAM}</div>{AFTER}</body>")

    assert text.startswith("Data Engineer\n")
    assert text.endswith("what we build next.")
    assert "Senior" in text


def test_page_whose_main_text_is_not_found_is_read_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trafilatura.extract", lambda *_, **__: "Similar jobs")

    assert "query plans" in posting_on(f"<body>{MAIN}{DUTIES}{AFTER}</body>")


def test_a_page_made_by_scripts_is_nothing() -> None:
    assert posting_on("<html><body><div id='app'></div><script>load()</script></body></html>") == ""
