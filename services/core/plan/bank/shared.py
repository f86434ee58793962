"""What every domain has: languages, work on old code, and work with people."""

from __future__ import annotations

from services.core.plan.bank.cluster import HANDS_ON, MID_ONLY, SEASONED, STAFF_ONLY, Cluster, ask, entries, words

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "languages",
        "code",
        None,
        entries(
            "Python: asyncio",
            "Java",
            "Kotlin",
            "Go: golang, Golang",
            "C#: c sharp",
            "Ruby",
            "PHP",
            "Scala",
            "Elixir|Erlang",
            "Clojure|Haskell",
        ),
        words(
            "function module class type types thread threads lock race async await blocking goroutine channel"
            " concurrency memory garbage profile profiler exception error test tests refactor dependency package"
            " interface readable review library performance loop pool code bug"
        ),
        (
            ask(
                "Tell me about a piece of {skill} you wrote that you are still glad about. What makes it good?",
                "What did its first version look like?",
                "What would a colleague criticise about it?",
                purpose="Taste in code, shown on their own.",
            ),
            ask(
                "Describe a time when things running at the same time in {skill} got in each other's way. How did"
                " you find it?",
                "How did you convince yourself that the fix was right?",
                "What did it do to speed or simplicity?",
                purpose="Concurrency, met in practice.",
                levels=SEASONED,
            ),
            ask(
                "Walk me through a {skill} program that you made noticeably faster or smaller. Where did you begin?",
                "What did the profile show that surprised you?",
                "When did you stop, and why then?",
                purpose="Performance work led by measurement.",
            ),
            ask(
                "Tell me about an error in {skill} code that took you longest to understand.",
                "What were you sure of that was not true?",
                "What has it changed in the way you write code?",
                purpose="Persistence and method in debugging.",
                levels=MID_ONLY,
            ),
            ask(
                "Tell me about a convention or a library for {skill} that you introduced to several teams. Did it"
                " stay?",
                "Who ignored it, and were they wrong?",
                "What would you not standardise again?",
                purpose="Raising the level of code beyond one's own.",
                levels=STAFF_ONLY,
            ),
        ),
    ),
    Cluster(
        "architecture",
        "leadership",
        None,
        entries(
            "~Software architecture: architecture, architectures, architecture reviews, system design,"
            " softwarearchitektur, domain-driven design, ddd, design patterns",
            "~Technical direction: technical strategy, roadmap, tech lead, technical lead, technical leadership,"
            " rfc, rfcs, leading a technical topic, technische leitung",
            "~Technical decisions: adr, architecture decision, write down decisions, trade-offs, judgement",
        ),
        words(
            "decision decide option options team teams trade proposal document write disagree agree direction"
            " standard principle migration cost risk boundary module owner reviewers review revisit consequence"
            " context adopt convince simple"
        ),
        (
            ask(
                "Tell me about a technical decision of yours that others had to live with for a long time.",
                "Which option did you turn down, and what spoke for it?",
                "What did you get wrong?",
                purpose="Decisions with consequences, and honesty about them.",
            ),
            ask(
                "Describe a direction you set that people first disagreed with. How did it end?",
                "What did you change because of their objections?",
                "How would you know today if they had been right?",
                purpose="Leading by argument across teams.",
                levels=SEASONED,
            ),
            ask(
                "Tell me about something you decided to leave as it was, although people pressed for a change.",
                "What did it cost to wait?",
                "When would you have changed your mind?",
                purpose="Judgement about what not to do.",
                levels=STAFF_ONLY,
            ),
        ),
    ),
    Cluster(
        "legacy",
        "code",
        None,
        entries(
            "~Legacy systems: legacy, legacy code, modernisation, modernization, refactoring, technical debt,"
            " monolith, altsysteme",
            "~Migrations: migration, large migration, migrate, replatforming, cloud migration",
        ),
        words(
            "old legacy rewrite refactor step steps strangler test tests risk debt module dependency migrate"
            " migration parallel run compare switch rollback months users feature freeze document understand slow"
            " fast profile bottleneck cut"
        ),
        (
            ask(
                "Tell me about old code that you had to change without fully understanding it. How did you make that"
                " safe?",
                "What did you learn about it that nobody had known?",
                "What did you leave alone?",
                purpose="Careful change in unknown code.",
            ),
            ask(
                "Walk me through a migration you carried to its end, above all the last ten percent.",
                "What made those last ten percent hard?",
                "What would you have dropped from the plan?",
                purpose="Finishing, which is where migrations fail.",
            ),
            ask(
                "Describe a time you argued for a rewrite, or against one. What did you base it on?",
                "How did it turn out?",
                "Which cost had nobody counted?",
                purpose="Judgement between repair and replacement.",
                levels=SEASONED,
            ),
        ),
    ),
    Cluster(
        "performance",
        "code",
        None,
        entries(
            "~Performance tuning: performance optimisation, performance optimization, performance engineering, app"
            " performance, application performance, performance issues, performance improvements, profiling, low"
            " latency, low-latency, battery usage",
        ),
        words(
            "slow fast profile profiler trace measure measured flame allocation cache latency percentile milliseconds"
            " seconds bottleneck query cpu memory battery frame load benchmark budget regression before after"
        ),
        (
            ask(
                "Tell me about something that was too slow, or used too much, until you changed it. How did you find"
                " where it went?",
                "Which first guess was wrong?",
                "What were the figures before and after?",
                purpose="Performance found by measurement.",
            ),
            ask(
                "Walk me through how you find out whether a change really made something faster for its users.",
                "What makes that measurement misleading?",
                "What keeps it from getting slow again?",
                purpose="Trust in one's own measurements.",
            ),
            ask(
                "Describe where you decided to stop making something faster.",
                "What would the next step have cost?",
                "Who would have wanted more?",
                purpose="Knowing when performance is good enough.",
                levels=SEASONED,
            ),
        ),
    ),
    Cluster(
        "teamwork",
        "collaboration",
        None,
        entries(
            "~Working across teams: cross-functional, cross functional, across teams, stakeholders, stakeholder,"
            " product managers, product manager, work closely with, product owners, across several teams, designers,"
            " interdisziplinär, zusammenarbeit, enge zusammenarbeit, cloud teams",
            "~Ownership: end-to-end ownership, take ownership, from design to production, eigenverantwortung,"
            " eigenverantwortlich",
            "~Communication: communicate, explain, explains, written communication, documentation, kommunikation",
            "~Agile: scrum, kanban, sprint, agile methods, agile methoden",
            "~Code review: review code, code reviews, review each other's code, pair programming, pairing",
        ),
        words(
            "team teams product manager designer support sales customer stakeholder meeting agree agreed disagree"
            " disagreed conflict deadline scope priority explain explained wrote document feedback review reviewed"
            " asked told decided listen owner responsibility late promise compromise together colleague"
        ),
        (
            ask(
                "Tell me about a time when you and a colleague from another discipline wanted different things. What"
                " did you do?",
                "What did you understand about their side that you had missed?",
                "What came of it?",
                purpose="Working through a real difference of interest with designers, product managers or others.",
            ),
            ask(
                "Describe something that was nobody's job and that you took on. How did that go?",
                "What did you put off for it?",
                "Who looks after it now?",
                purpose="Ownership beyond the task one was given.",
            ),
            ask(
                "Tell me about a piece of feedback on your work that you did not like at first. What did you do with"
                " it?",
                "What did you change?",
                "How do you give such feedback yourself?",
                purpose="Taking and giving criticism of work.",
                levels=MID_ONLY,
            ),
            ask(
                "Tell me about a code review in which you and the author saw it differently. How did it end?",
                "What did you learn from the other side?",
                "What do you not comment on in a review?",
                purpose="Code review as a conversation between colleagues.",
            ),
            ask(
                "Describe a plan or a sprint that turned out wrong while your team was in the middle of it.",
                "Who noticed first, and how?",
                "What did you give up to finish the rest?",
                purpose="Working in an agile team when the plan does not hold.",
            ),
            ask(
                "Tell me about bad news you had to give to people who counted on you. How did you go about it?",
                "What did you offer them instead?",
                "What would you tell them earlier next time?",
                purpose="Honest communication when it costs something.",
                levels=HANDS_ON,
            ),
            ask(
                "Tell me about a change that needed several teams who had other priorities. How did you get it done?",
                "Whom could you not convince, and what did you do then?",
                "What did it cost you in other work?",
                purpose="Getting things done across teams without authority.",
                levels=SEASONED,
            ),
        ),
    ),
    Cluster(
        "mentoring",
        "collaboration",
        None,
        entries(
            "~Mentoring: mentor, coaching, coach, mentors, mentorship, onboarding, mentoring senior engineers,"
            " anleitung",
            "~People leadership: team lead, lead a team, leading a team, line-manage, managing people, managed teams,"
            " performance reviews, teamleitung",
        ),
        words(
            "mentor mentee junior colleague engineer person learn learned grow growth feedback pair paired review"
            " stuck explain confidence task delegate goal weekly independent promote mistake trust hire team habit"
            " question"
        ),
        (
            ask(
                "Tell me about someone who got better at their work with your help. What did you do, and what did"
                " you leave to them?",
                "What did you try that did not help?",
                "How could you tell that it had worked?",
                purpose="Helping others grow, with an example.",
            ),
            ask(
                "Describe a time you let someone make a mistake, or stepped in. How did you decide?",
                "How did they see it?",
                "What would you do differently?",
                purpose="Judgement in delegation and support.",
                levels=SEASONED,
            ),
        ),
    ),
)
