"""The bank: what Ema can ask about, what good answers look like, and where to read on. TOML files and their one loader.

A new skill, question, competency, resource or sample posting is a change of a TOML file here and of no Python:

- `clusters/*.toml`: skills that are asked about alike, with the questions an interviewer would ask about them;
- `competencies.toml`, `resources.toml`: what questions are rated by, and where a candidate can read on;
- `sections.toml`, `languages.toml`: how postings are built, and in which words;
- `problems.toml`: short problems that whoever prepares an interview may add to its plan;
- `samples.toml`: postings to try the product with.

Files are read and validated at first use and kept.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.core.data import beside, names_beside
from services.core.plan.plan import Domain, Level, template_id


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_ENDINGS = ("ingly", "edly", "ing", "ies", "ied", "es", "ed", "ly", "s", "e")


def stem(word: str) -> str:
    """A word without the endings of English plurals and verb forms: crude, the same for both sides of a comparison."""
    word = word.casefold()
    if word.endswith(_ENDINGS):
        ending = next(filter(word.endswith, _ENDINGS))
        if len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def stems(text: str) -> frozenset[str]:
    """The stems of the words in `text`."""
    return frozenset(stem(word) for word in text.split())


def _listed(value: Any) -> Any:
    """ "one, two" as ("one", "two")."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Stems = Annotated[frozenset[str], BeforeValidator(stems)]


class Entry(_Row):
    """A skill and how postings write it."""

    name: str
    aliases: tuple[str, ...]
    """In lower case: any case matches. With a capital: this very case ("Go", "React")."""
    is_subject: bool
    """A subject ("load balancing") rather than a product; it does not fit where a question speaks of a product."""
    unclear: frozenset[str] = frozenset()
    """Spellings that mean other things too: they count only in a context of the trade."""
    near: frozenset[str] = frozenset()
    """Words one of which stands near an unclear spelling, as stems; none: any word of the trade will do."""
    against: tuple[str, ...] = ()
    """Words around a spelling, in lower case, that show that something else is meant."""


def _written(value: Any) -> Any:
    """A skill of a TOML file: its other spellings alone, or a table."""
    return value if isinstance(value, dict) else {"also": value}


class Spellings(_Row):
    """How a skill is written, as a TOML file has it."""

    also: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    unclear: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    """Of the spellings, or the name, those that mean other things too."""
    near: str = ""
    against: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()


class BankQuestion(_Row):
    """One question. `{skill}` stands for the skill's name."""

    text: str
    follow_ups: tuple[str, str]
    purpose: str
    levels: frozenset[Level] = frozenset(Level)

    @functools.cached_property
    def id(self) -> str:
        return template_id(self.text)


class SkillCluster(_Row):
    """Skills that are asked about with the same questions."""

    key: str
    name: str = ""
    """What the cluster is about where no posting names a skill of it; "": as its first subject, or its first skill."""
    competency: str
    """Key of a `CompetencyKind`."""
    domain: Domain | None = None
    """None: found in every domain."""
    vocabulary: Stems
    """Words people use when they talk about it, as stems."""
    skills: Annotated[dict[str, Annotated[Spellings, BeforeValidator(_written)]], Field(repr=False)] = {}
    """Products and languages, each with its other spellings. The name itself matches in this very case, or in any case
    where it is among the spellings in lower case."""
    subjects: Annotated[dict[str, Annotated[Spellings, BeforeValidator(_written)]], Field(repr=False)] = {}
    """Common nouns, which match in any case."""
    questions: Annotated[tuple[BankQuestion, ...], Field(min_length=1)]
    stand_in: str = ""
    """What `{skill}` becomes where the posting names no product of this cluster."""

    @functools.cached_property
    def entries(self) -> tuple[Entry, ...]:
        products = (_entry(name, name, spelt, False) for name, spelt in self.skills.items())
        nouns = (_entry(name, name.casefold(), spelt, True) for name, spelt in self.subjects.items())
        return (*products, *nouns)

    @property
    def plainest(self) -> Entry:
        """What stands for the cluster where the posting names nothing of it."""
        if self.name:
            return Entry(name=self.name, aliases=(), is_subject=True)
        return next((entry for entry in self.entries if entry.is_subject), self.entries[0])


def _entry(name: str, own: str, spelt: Spellings, is_subject: bool) -> Entry:
    """A name that is spelt in lower case too, or is unclear as it stands, does not count twice."""
    every = (*spelt.also, *spelt.unclear)
    aliases = tuple(dict.fromkeys(every if own.casefold() in every else (own, *every)))
    return Entry(
        name=name,
        aliases=aliases,
        is_subject=is_subject,
        unclear=frozenset(spelt.unclear),
        near=stems(spelt.near),
        against=spelt.against,
    )


class Resource(_Row):
    """A book, or a page with its address."""

    title: str
    why: str
    url: str = ""
    """Empty for a book."""


class CompetencyKind(_Row):
    key: str
    name: str
    anchors: tuple[str, str, str, str]
    """What levels 1 to 4 look like."""
    resource: str
    """Key of a `Resource`."""


class BankProblem(_Row):
    """Can be said aloud and answered without paper."""

    key: str
    title: str
    topic: Stems
    level: Level
    text: str
    follow_up: str


class Sample(_Row):
    key: str
    title: str
    text: str


class Bank(_Row):
    clusters: dict[str, SkillCluster]
    competencies: dict[str, CompetencyKind]
    resources: dict[str, Resource]

    @functools.cached_property
    def clusters_by_template(self) -> dict[str, SkillCluster]:
        return {question.id: cluster for cluster in self.clusters.values() for question in cluster.questions}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        strays = {cluster.competency for cluster in self.clusters.values()} - set(self.competencies)
        strays |= {kind.resource for kind in self.competencies.values()} - set(self.resources)
        if strays:
            raise ValueError(f"named in the bank and nowhere described: {', '.join(sorted(strays))}")
        return self


def _pairs(value: Any) -> Any:
    """ "one = two, three = four" as a dictionary."""
    return dict(pair.split(" = ") for pair in _listed(value)) if isinstance(value, str) else value


def _split(value: Any) -> Any:
    return tuple(value.split()) if isinstance(value, str) else value


def _phrases(value: Any) -> Any:
    return {key: _listed(" ".join(text.split())) for key, text in value.items()}


class Language(_Row):
    """How a text in it is told from others, and what postings in it are made of."""

    script: str = ""
    """A range of characters, for a language that is not written in Latin letters."""
    words: Annotated[tuple[str, ...], BeforeValidator(_split)] = ()
    """Function words."""
    spoken: Annotated[tuple[str, ...], BeforeValidator(_split)] = ()
    """Those of somebody who tells what they did."""
    letters: str = ""
    """Letters that hardly any other language has."""
    job: Annotated[tuple[str, ...], BeforeValidator(_split)] = ()
    """Beginnings of words that postings are made of."""
    roles: Annotated[dict[str, str], BeforeValidator(_pairs)] = {}
    """What people are called, and the English of it."""


class Sections(_Row):
    """How postings head their sections, and what gives away a sentence that says nothing about the work."""

    headings: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_phrases)]
    """By kind of section, in lower case."""
    silent: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_phrases)]
    """By kind. A phrase with a star at its end may go on."""


@functools.cache
def sections() -> Sections:
    return Sections.model_validate(_read("sections.toml"))


@functools.cache
def languages() -> dict[str, Language]:
    """By English name."""
    return {
        name: Language.model_validate(row)
        for name, row in _read("languages.toml").items()
        if "job" in row or "words" in row
    }


@functools.cache
def words_before_roles() -> dict[str, str]:
    """In other languages: what stands before a role ("старший", "kıdemli"), and its English."""
    found: dict[str, str] = _read("languages.toml")["words_before"]
    return found


@functools.cache
def bank() -> Bank:
    """Raises ValueError where a file of the bank is not what it should be."""
    parts = [_read(name) for name in names_beside(__file__, "clusters")]
    return Bank.model_validate(
        {
            "clusters": {key: row for part in parts for key, row in _keyed(part).items()},
            "competencies": _keyed(_read("competencies.toml")),
            "resources": _read("resources.toml"),
        }
    )


@functools.cache
def problems() -> tuple[BankProblem, ...]:
    return tuple(BankProblem.model_validate(row) for row in _keyed(_read("problems.toml")).values())


@functools.cache
def samples() -> tuple[Sample, ...]:
    """Postings to try the product with, in the order the start page shows them."""
    return tuple(Sample.model_validate(row) for row in _keyed(_read("samples.toml")).values())


@functools.cache
def _read(name: str) -> dict[str, Any]:
    return beside(__file__, name)


def _keyed(rows: dict[str, Any]) -> dict[str, Any]:
    return {key: {"key": key, **row} for key, row in rows.items()}
