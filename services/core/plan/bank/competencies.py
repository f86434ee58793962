"""The competencies questions belong to, each with what its four levels look like."""

from __future__ import annotations

from services.core.plan.bank.cluster import CompetencyKind

COMPETENCIES: dict[str, CompetencyKind] = {
    kind.key: kind
    for kind in (
        CompetencyKind(
            "interface",
            "User interface engineering",
            (
                "Names frameworks without explaining what they do to the page; no screen or flow of their own after"
                " a probe.",
                "Describes components and state in general; how it behaves on a slow phone or with a keyboard is"
                " missing.",
                "Walks through an interface they built, with one real cost weighed: render time, bundle size,"
                " accessibility or reuse.",
                "Also weighs another approach, says where theirs stops working, and shows with users or measurements"
                " that it helped.",
            ),
            "Prepare the story of one screen: what was slow or unusable, how you found out, what you changed and"
            " what the numbers said.",
        ),
        CompetencyKind(
            "api",
            "API and service design",
            (
                "Lists endpoints or verbs; cannot say who calls the service or what happens when it fails.",
                "Sensible structure in general terms; versioning, idempotency or failure of a dependency is left out.",
                "Explains a service they designed, who depended on it, and one real trade-off in its contract.",
                "Also compares alternatives, names what the contract made hard later, and has evidence of how it"
                " held in use.",
            ),
            "Take one service you designed and practise explaining a single decision in its contract: what you gave"
            " up, and for whom.",
        ),
        CompetencyKind(
            "code",
            "Software craft",
            (
                "Speaks about the language or clean code in slogans; no piece of their own code after a probe.",
                "Knows the usual practices; why one was worth its cost in a real code base is missing.",
                "Shows with code they worked on why they chose a structure, a library or a test, and what it cost.",
                "Also weighs other designs, admits where theirs hurts, and can tell what changed in defects, speed"
                " or ease of change.",
            ),
            "Pick a piece of code you changed your mind about and rehearse it: first version, what hurt, what you"
            " did, what got better.",
        ),
        CompetencyKind(
            "stores",
            "Data storage and modelling",
            (
                "Treats the database as a box; no schema, query or incident of their own after a probe.",
                "Knows indexes and normal forms; locking, growth or a failing migration is missing.",
                "Explains a schema, query or migration they handled, with sizes or times, and one trade-off they"
                " accepted.",
                "Also compares other stores or models, says what would break it, and gives the figures before and"
                " after.",
            ),
            "Prepare one story of a slow query or a risky migration with four numbers: rows, time before, time"
            " after, minutes of risk.",
        ),
        CompetencyKind(
            "distributed",
            "Distributed and event-driven systems",
            (
                "Assumes messages arrive once and in order; no failing case of their own after a probe.",
                "Knows queues, retries and eventual consistency by name; duplicates or partial failure stay vague.",
                "Explains a system they ran between services, how it behaved when a part failed, and one guarantee"
                " they traded away.",
                "Also weighs other designs, states which failures it does not survive, and shows what happened under"
                " real load.",
            ),
            "Draw one system you worked on and practise answering: what if this message comes twice, late, or never?",
        ),
        CompetencyKind(
            "security",
            "Security and privacy",
            (
                "Relies on a product or a checklist; cannot name what is protected from whom.",
                "Names common weaknesses; how one was found or prevented in their own system is missing.",
                "Explains a threat they dealt with, the control they chose and what it cost users or developers.",
                "Also ranks risks, says what remains open, and can show that the control works or was tested.",
            ),
            "Write half a page on one system you know: what an attacker would want, what stops them, and what is"
            " still open.",
        ),
        CompetencyKind(
            "quality",
            "Testing and quality",
            (
                "Speaks for testing in general; no test of their own that caught or missed something.",
                "Knows kinds of tests; what not to test, or how a suite went wrong, is missing.",
                "Describes tests they wrote, a defect these caught or let through, and the cost of keeping them.",
                "Also compares ways to get the same safety, names blind spots, and has figures such as escaped"
                " defects or run time.",
            ),
            "Collect two defects: one your tests caught and one they missed; be ready to say what each taught you.",
        ),
        CompetencyKind(
            "platform",
            "Platform and delivery automation",
            (
                "Names tools; cannot follow a change from a commit to a running system.",
                "Describes a pipeline or cluster in general; a failed rollout or drift between environments is"
                " missing.",
                "Walks through automation they built or ran, a rollout that went wrong and one choice that cost"
                " something.",
                "Also weighs other platforms, says what it does not protect from, and knows lead time, failure rate"
                " or hours saved.",
            ),
            "Rehearse one failed rollout end to end: first sign, how you got back, what you changed so that it"
            " cannot happen again.",
        ),
        CompetencyKind(
            "operations",
            "Reliability and operations",
            (
                "Treats outages as bad luck; no incident of their own after a probe.",
                "Knows monitoring and on-call practice; how they found a cause or chose an alert is missing.",
                "Tells an incident they worked on in order, with signals and times, and one measure that had a price.",
                "Also weighs other measures, says which failures are still possible, and shows what changed"
                " afterwards in numbers.",
            ),
            "Write down one incident as a timeline: signal, hypothesis, action, effect. Then say what you would"
            " still not notice today.",
        ),
        CompetencyKind(
            "infrastructure",
            "Cloud, network and systems",
            (
                "Lists services of a cloud; cannot say why one was chosen or what happens when it is gone.",
                "Sound general picture; cost, limits or a path a packet really takes is missing.",
                "Explains a set-up they built or debugged down to the layer that mattered, with one trade-off.",
                "Also compares options with their cost, names the point of failure that remains, and gives"
                " measurements.",
            ),
            "Pick one system you run and practise tracing a request through every hop, with what each costs and how"
            " it fails.",
        ),
        CompetencyKind(
            "pipelines",
            "Data pipelines and warehousing",
            (
                "Moves data from A to B in theory; no pipeline of their own after a probe.",
                "Knows batch, streaming and tools; late data, reruns or a changed source is missing.",
                "Explains a pipeline they own, what they do when it fails half way, and one trade-off between fresh,"
                " cheap and right.",
                "Also weighs other designs, says which errors would pass unseen, and gives volumes, delays or cost"
                " before and after.",
            ),
            "Take one pipeline and rehearse three questions: what if it runs twice, what if data is late, who"
            " notices if it is wrong?",
        ),
        CompetencyKind(
            "insight",
            "Analysis and decision support",
            (
                "Repeats definitions; no analysis of their own that somebody acted on.",
                "Right methods in general; what could have misled them is missing.",
                "Tells an analysis or experiment they ran, the decision it served and one weakness they dealt with.",
                "Also weighs other explanations or designs, states how sure one can be, and knows what happened"
                " after the decision.",
            ),
            "Prepare one analysis that changed a decision, and one that should not have been trusted; say how you"
            " could tell.",
        ),
        CompetencyKind(
            "learning",
            "Machine learning in production",
            (
                "Names models; cannot say how success was measured.",
                "Knows training and evaluation; leakage, drift or cost in production is missing.",
                "Explains a model they took to use, how they evaluated it and one trade-off, such as accuracy"
                " against latency.",
                "Also compares it with something simpler, states where it fails, and shows effect and decay after"
                " launch.",
            ),
            "For one model, be ready with the simple baseline, the metric that mattered, the worst error and how you"
            " would notice decay.",
        ),
        CompetencyKind(
            "embedded",
            "Embedded software under constraints",
            (
                "Treats a device like a small server; no memory, timing or hardware limit of their own after a probe.",
                "Knows interrupts, tasks and registers; what the limit really was, or how it was measured, is missing.",
                "Explains firmware they wrote, the budget it had to meet and one trade-off between memory, time and"
                " clarity.",
                "Also weighs other designs, names the worst case, and shows measurements on the target.",
            ),
            "Prepare one firmware story with its budget: kilobytes, microseconds or microamperes before and after,"
            " and how you measured.",
        ),
        CompetencyKind(
            "devices",
            "Connected devices and edge systems",
            (
                "Assumes devices are always on and reachable; no field problem of their own after a probe.",
                "Knows protocols and updates in general; a device that does not come back is missing.",
                "Explains devices they shipped or ran, a failure in the field and one trade-off between reach, power"
                " and safety.",
                "Also weighs other protocols or processes, says what can still go wrong out there, and gives fleet"
                " figures.",
            ),
            "Rehearse one field failure: how many devices, how you knew, how you recovered them, what you would"
            " design differently.",
        ),
        CompetencyKind(
            "collaboration",
            "Collaboration and ownership",
            (
                "Speaks of teamwork in general; no situation of their own after a probe.",
                "Describes good practice; what was hard, or what they did themselves, is missing.",
                "Tells a concrete situation, what they did in it and what it cost or what they would give up.",
                "Also considers how others saw it, what they would do differently, and what changed because of it.",
            ),
            "Prepare one story of a disagreement or a hand-over: what you wanted, what the others wanted, what you"
            " did, how it ended.",
        ),
        CompetencyKind(
            "leadership",
            "Technical leadership",
            (
                "States opinions on how things should be; no decision of their own across people or teams after a"
                " probe.",
                "Right instincts; who disagreed, or what was given up, is missing.",
                "Explains a direction they set or changed, how they brought people along and the main trade-off.",
                "Also weighs the paths not taken, says where it went wrong, and shows what was different a year later.",
            ),
            "Choose one decision that outlived you: options, who objected, what you gave up, and how you know"
            " whether it was right.",
        ),
        CompetencyKind(
            "problems",
            "Problem solving",
            (
                "Speaks of problems in general; none of their own after a probe.",
                "Describes a problem they met; what its cause was, or what they did themselves, is missing.",
                "Tells a concrete problem step by step, what they tried and what the solution cost.",
                "Also weighs other ways, says what remains unsolved, and knows what changed because of it.",
            ),
            "Prepare one problem as a story: first sign, what you tried in vain, what helped, and how you know.",
        ),
        CompetencyKind(
            "judgement",
            "Decisions and judgement",
            (
                "States opinions; no decision of their own after a probe.",
                "Describes a decision; what spoke against it, or who had to live with it, is missing.",
                "Explains a decision of theirs, the option they turned down and what it cost.",
                "Also says what would have changed their mind, where they were wrong, and what came of it.",
            ),
            "Rehearse one decision: what you knew, what you did not know, what you gave up, how it ended.",
        ),
    )
}

GENERAL = frozenset({"collaboration", "problems", "judgement"})
"""Of every profession: an answer about them needs no word of the software trade."""
