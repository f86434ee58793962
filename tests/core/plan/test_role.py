"""Title, level and domain are read from the ways postings are written."""

from __future__ import annotations

from collections import Counter

import pytest

from services.core.plan.plan import Domain, Level
from services.core.plan.role import domain_of, fallback_title, level_of, title_in, years_wanted


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Senior Backend Engineer (m/f/d)\nBerlin", "Senior Backend Engineer"),
        ("Job title: Staff SRE\nTeam: Core", "Staff SRE"),
        ("Role: Data Engineer | Remote", "Data Engineer"),
        ("We're hiring: Platform Engineer at Acme", "Platform Engineer"),
        ("Acme Corp\nFull-Stack Developer - Hamburg\nWe build.", "Full-Stack Developer"),
        ("Acme builds toys. We are looking for a Frontend Engineer who cares.", "Frontend Engineer"),
        ("Acme builds toys. Join us as Machine Learning Engineer and learn.", "Machine Learning Engineer"),
        ("Wir suchen einen Senior Softwareentwickler (m/w/d) für unser Team.", "Senior Softwareentwickler"),
        ("Toys are fun.\nThe Lead Firmware Engineer will own the code.", "Lead Firmware Engineer"),
        ("A place to grow.\nYou like toys.", ""),
        ("Role: \nA place to grow", ""),
        ("senior data analyst [all genders]", "Senior data analyst"),
        ("iOS Developer\nBerlin", "iOS Developer"),
        ("macOS Engineer", "macOS Engineer"),
        ("SENIOR QA ENGINEER\nBerlin", "Senior QA Engineer"),
    ],
)
def test_title_is_found_where_postings_put_it(text: str, title: str) -> None:
    assert title_in(text) == title


@pytest.mark.parametrize(
    ("title", "text", "level"),
    [
        ("Staff Engineer", "", Level.STAFF),
        ("Solutions Architect", "", Level.SENIOR),
        ("Solutions Architect", "10+ years of experience", Level.STAFF),
        ("Senior Solutions Architect", "", Level.SENIOR),
        ("Head of Platform", "", Level.STAFF),
        ("VP of Data", "", Level.STAFF),
        ("Engineering Manager", "", Level.SENIOR),
        ("Developer", "A 4-year BA/BS program in computer science", Level.MID),
        ("Sr. Developer", "", Level.SENIOR),
        ("Lead Developer", "12 years of experience", Level.SENIOR),
        ("Developer", "10+ years of experience", Level.STAFF),
        ("Developer", "at least 5 years in a similar role", Level.SENIOR),
        ("Developer", "2-4 years of experience", Level.MID),
        ("Developer", "mind. 6 Jahre Erfahrung", Level.SENIOR),
        ("Developer", "Our company turned 15 years old.", Level.MID),
        ("Junior Developer", "", Level.MID),
        ("Developer", "With over 25 years of experience, Contoso is the leader.\n- 2+ years of Java", Level.MID),
        ("Developer", "For 12 years, Acme has been building software in Vienna. We need 3 years of React.", Level.MID),
        ("Developer", "We have 20 years of experience in logistics.", Level.MID),
        ("Developer", "In your first 2 years in the job you learn. 6+ years of experience.", Level.SENIOR),
        ("Manager", "You led for at least 2 years, and have 8+ years of experience overall.", Level.SENIOR),
        ("Developer", "Min. 6 years as Oracle DBA", Level.SENIOR),
        ("Developer", "Skills: COBOL 7+ years, DB2, JCL (mandatory)", Level.SENIOR),
        ("Developer", "5+ years Kotlin", Level.SENIOR),
        ("Developer", "12+ years on the market", Level.MID),
        ("Developer", "5+ years of Java, 12 months of Go\n2+ years of experience with Kafka", Level.SENIOR),
    ],
)
def test_level_follows_title_then_years(title: str, text: str, level: Level) -> None:
    assert level_of(title, text)[0] is level


def test_entry_level_is_named_in_a_notice() -> None:
    assert "entry-level" in level_of("Junior Developer", "")[1]


def test_years_of_something_else_do_not_count() -> None:
    assert years_wanted("A phone that is four or 12 years old\nno numbers here") is None


@pytest.mark.parametrize(
    ("title", "weights", "domain"),
    [
        ("Firmware Engineer", {Domain.WEB: 3}, Domain.EDGE),
        ("Engineer", {Domain.ANALYTICS: 2, Domain.WEB: 1}, Domain.ANALYTICS),
        ("Platform Engineer", {Domain.WEB: 5}, Domain.WEB),
        ("", {}, Domain.WEB),
    ],
)
def test_domain_weighs_title_against_skills(title: str, weights: dict[Domain, int], domain: Domain) -> None:
    assert domain_of(title, Counter(weights)) is domain


def test_every_domain_has_a_title_to_fall_back_on() -> None:
    assert len({fallback_title(domain) for domain in Domain}) == len(Domain)
