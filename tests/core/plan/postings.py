"""Postings of our own in the shapes of real ones, and how well plans for them read.

`python -m tests.core.plan.postings [shapes]` prints the scores by column, and what changes with the shape.

Each line of `postings.txt` is dressed in a layout and in the paragraphs that postings carry besides the work; three
phrases of those may never reach a plan.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

from services.core.errors import JobDescriptionRefused
from services.core.plan.plan import Plan
from services.core.plan.planning import make_plan

Item = TypeVar("Item")

ABOUT = (
    "Thornbury & Wick has made garden tools since 1911 and now builds its whole platform on Erlang and COBOL folklore.",
    "We are a cooperative of lighthouse keepers. Our founders met over Fortran and never looked back.",
    "Quillfeather is loved by people who go to market every Saturday; our story began with a Delphi program.",
    "Marrow Lane is one of the leading suppliers of buttons, with edge over every rival since 1974.",
)
OFFERS = (
    ("30 days of leave and a pottery allowance", "pottery"),
    ("A dental plan and a gym membership; lunches cooked by Matlab the cat", "dental"),
    ("Stock options, a pension and a kayak for everybody", "kayak"),
    ("Competitive salary, parental leave and a SAS airline discount", "airline"),
    ("Relocation support, a training budget for Rust and free snacks", "snacks"),
)
LAWS = (
    (
        "Applicants must be a U.S. citizen, lawful permanent resident or refugee under 8 U.S.C. 1157 to apply.",
        "citizen",
    ),
    (
        "We are an equal opportunity employer and hire without regard to race, religion, age or veteran status.",
        "equal opportunity",
    ),
    (
        "Reasonable accommodation is available for qualified applicants with disabilities on the accessible page.",
        "accommodation",
    ),
    ("Employment is contingent on a background check and a drug test as far as the law allows.", "background check"),
)
PRIVACY = (
    "By applying you agree to our privacy policy; we process your personal data for six months.",
    "Our privacy notice explains how candidate data is kept in Salesforce and deleted.",
)
APPLY = (
    ("Send us your CV and a cover letter by the end of the month. No recruitment agencies, please.", "cover letter"),
    ("Click the button, upload your resume and our recruiter Jenkins will call you.", "recruiter"),
    ("Apply online. The interview process has three rounds and a walk through our orchard.", "orchard"),
)
SIMILAR = "Senior Haskell Developer\nFlorist (part-time)\nKubernetes Engineer, Oslo"
HEADINGS = (
    (
        "About us",
        "What you will do",
        "What you bring",
        "Nice to have",
        "What we offer",
        "Equal opportunity",
        "How to apply",
    ),
    ("Who we are", "Responsibilities", "Requirements", "Bonus points", "Benefits", "Legal", "Application process"),
    (
        "Our company",
        "Your role",
        "Qualifications",
        "Preferred qualifications",
        "Perks",
        "Diversity and inclusion",
        "Apply",
    ),
    (
        "About the company",
        "Key Responsibilities:",
        "Must have:",
        "Nice-to-have:",
        "We offer:",
        "EEO statement:",
        "Contact:",
    ),
)


@dataclass(frozen=True, slots=True)
class Posting:
    number: int
    title: str
    """As a plan should have it."""
    heading: str
    """As the posting has it."""
    level: str
    domain: str
    must: tuple[str, ...]
    tasks: tuple[str, ...]
    asks: tuple[str, ...]
    extras: tuple[str, ...]
    forbidden: tuple[str, ...]
    """What no question may mention."""

    @property
    def text(self) -> str:
        return LAYOUTS[self.number % len(LAYOUTS)](self)


def postings() -> list[Posting]:
    lines = (Path(__file__).parent / "postings.txt").read_text(encoding="utf-8").splitlines()
    return [_posting(number, line) for number, line in enumerate(line for line in lines if line[:1] != "#")]


def _posting(number: int, line: str) -> Posting:
    named, level, domain, must, tasks, asks, extras = (part.strip() for part in line.split("|"))
    title, _, heading = named.partition(" = ")
    forbidden = (_of(OFFERS, number)[1], _of(LAWS, number)[1], _of(APPLY, number)[1])
    return Posting(
        number, title, heading or title, level, domain, _list(must, ","), _list(tasks, ";"), _list(asks, ";"),
        _list(extras, ";"), forbidden,
    )  # fmt: skip


def _list(text: str, mark: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(mark)) if text != "-" else ()


def _of(pool: Sequence[Item], number: int) -> Item:
    return pool[number % len(pool)]


def _sections(posting: Posting) -> list[tuple[str, list[str]]]:
    about, do, bring, nice, offer, law, apply = _of(HEADINGS, posting.number)
    return [
        (about, [_of(ABOUT, posting.number)]),
        (do, list(posting.tasks)),
        (bring, list(posting.asks)),
        *([(nice, list(posting.extras))] if posting.extras else []),
        (offer, [_of(OFFERS, posting.number)[0]]),
        (law, [_of(LAWS, posting.number)[0]]),
        (apply, [_of(APPLY, posting.number)[0], _of(PRIVACY, posting.number)]),
    ]


def markdown(posting: Posting) -> str:
    parts = [f"# {posting.heading} (m/f/d)"]
    parts += [
        f"## {name.rstrip(':')}\n\n" + "\n".join(f"* {line}" for line in lines) for name, lines in _sections(posting)
    ]
    return "\n\n".join(parts).replace("C++", "C\\+\\+")


def html(posting: Posting) -> str:
    lists = "".join(
        f"<h3>{name}</h3><ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>" for name, lines in _sections(posting)
    )
    return f"<div class='job'><h1>{posting.heading}</h1><p>Hybrid, full-time</p>{lists}</div>"


def plain(posting: Posting) -> str:
    parts = [f"{posting.heading}\nRemote or on site"]
    parts += [f"{name}\n" + "\n".join(f"- {line}." for line in lines) for name, lines in _sections(posting)]
    return "\n\n".join(parts)


def flat(posting: Posting) -> str:
    """One line, as a copy from some sites comes."""
    parts = [posting.heading, "Full-time."]
    parts += [f"{name.rstrip(':')}: " + " ".join(f"{line}." for line in lines) for name, lines in _sections(posting)]
    return " ".join(parts)


def sited(posting: Posting) -> str:
    """With a web site around it."""
    around = "Home\nCareers\nSign in\nAll jobs\n\n"
    body = plain(posting)
    return f"{around}{body}\n\nSave job\nShare this job\n\nSimilar jobs\n{SIMILAR}\n\n© All rights reserved"


def glyphs(posting: Posting) -> str:
    parts = [f"JOB TITLE: {posting.heading}"]
    parts += [
        f"{name.upper().rstrip(':')}\n" + "\n".join(f"• {line}" for line in lines) for name, lines in _sections(posting)
    ]
    return "\n".join(parts)


def wrapped(posting: Posting) -> str:
    """As a PDF or an e-mail has it."""
    return "\n".join(textwrap.fill(line, 70) if len(line) > 70 else line for line in plain(posting).split("\n"))


def prose(posting: Posting) -> str:
    about, _, _, _, offer, law, apply = (lines for _, lines in _sections(posting)) if posting.extras else (
        *(lines for _, lines in _sections(posting)[:3]), [], *(lines for _, lines in _sections(posting)[3:])
    )  # fmt: skip
    parts = [
        f"{posting.heading}",
        *about,
        "What you will do: " + ". ".join(posting.tasks) + ".",
        "Requirements: " + ". ".join(posting.asks) + ".",
        *([f"{', '.join(posting.extras)} would be a plus."] if posting.extras else []),
        *offer,
        *law,
        *apply,
    ]
    return "\n".join(parts)


LAYOUTS: tuple[Callable[[Posting], str], ...] = (markdown, html, plain, flat, sited, glyphs, wrapped, prose)


@dataclass(frozen=True, slots=True)
class Score:
    title: bool
    level: bool
    domain: bool
    found: int
    wanted: int
    quoted: tuple[str, ...]
    """Forbidden things that questions mention."""


def score(posting: Posting, plan: Plan) -> Score:
    names = {skill.name for skill in plan.skills}
    said = " ".join(f"{question.text} {question.jd_phrase}" for question in plan.questions).casefold()
    return Score(
        plan.role_title.casefold() == posting.title.casefold(),
        plan.level.value == posting.level,
        not posting.must or plan.domain.value == posting.domain,
        sum(skill in names for skill in posting.must),
        len(posting.must),
        tuple(word for word in posting.forbidden if word in said),
    )


def shares(scores: Sequence[Score]) -> dict[str, float]:
    """By column, of 1; `quoted` is a count."""
    return {
        "title": sum(one.title for one in scores) / len(scores),
        "level": sum(one.level for one in scores) / len(scores),
        "domain": sum(one.domain for one in scores) / len(scores),
        "skills": sum(one.found for one in scores) / sum(one.wanted for one in scores),
        "quoted": float(sum(len(one.quoted) for one in scores)),
    }


SHAPES: tuple[Callable[[str], str], ...] = (
    lambda text: " ".join(text.replace("\n- ", " • ").split()),
    lambda text: "".join(f"<p>{line}</p>" for line in text.split("\n") if line),
    lambda text: re.sub(r"(?m)^- ", "● ", text),
    str.upper,
    lambda text: re.sub(r"(?<=\w)[.,;:](?=\s|$)", "", text),
    lambda text: re.sub(r"(?m)^(.{30,45}\b[a-z]{3})([a-z]{4})", r"\1-\n\2", text),
    lambda text: re.sub(r"\n+", "\n", text),
    lambda text: "\n".join(textwrap.fill(line, 64) if len(line) > 64 else line for line in text.split("\n")),
)
"""What happens to a text on its way into the field."""


def changed(count: int, seed: int = 7) -> tuple[int, int, list[tuple[str, int, str]]]:
    """How many of `count` reshaped postings get another title, how many another set of skills, and which."""
    random, every = Random(seed), postings()
    titles = skills = 0
    cases = []
    for _ in range(count):
        posting, shape = random.choice(every), random.randrange(len(SHAPES))
        before = make_plan(plain(posting))
        try:
            after = make_plan(SHAPES[shape](plain(posting)))
        except JobDescriptionRefused as refused:
            titles, skills = titles + 1, skills + 1
            cases.append((posting.title, shape, refused.sentence))
            continue
        lost = {skill.name for skill in before.skills} ^ {skill.name for skill in after.skills}
        other = before.role_title.casefold() != after.role_title.casefold()
        titles, skills = titles + other, skills + bool(lost)
        if lost or other:
            cases.append((posting.title, shape, f"{after.role_title} {sorted(lost)}"))
    return titles, skills, cases


def main() -> None:
    scores = []
    for posting in postings():
        try:
            plan = make_plan(posting.text)
        except JobDescriptionRefused as refused:
            print(f"{posting.title}: refused: {refused.sentence}")
            scores.append(Score(False, False, False, 0, len(posting.must), ()))
            continue
        one = score(posting, plan)
        scores.append(one)
        if not (one.title and one.level and one.domain and one.found == one.wanted) or one.quoted:
            missing = set(posting.must) - {skill.name for skill in plan.skills}
            layout = LAYOUTS[posting.number % len(LAYOUTS)].__name__
            print(
                f"{posting.title} ({layout}): {plan.role_title}, {plan.level}, {plan.domain},"
                f" missing {missing}, {one.quoted}"
            )
    print({column: round(share, 3) for column, share in shares(scores).items()})
    if len(sys.argv) > 1:
        titles, skills, cases = changed(int(sys.argv[1]))
        for case in cases[:40]:
            print(case)
        print(f"of {sys.argv[1]} shapes: another title {titles}, other skills {skills}")


if __name__ == "__main__":
    main()
