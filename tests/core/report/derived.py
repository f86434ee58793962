"""More answers whose forms are derived by rules: what is said stays, how it is said changes."""

from __future__ import annotations

import re

POLISHED = (
    (
        "I moved our search to Elasticsearch because the database timed out at noon. We considered Solr instead. "
        "Answers went from two seconds to 90 milliseconds, at the cost of a second copy."
    ),
    (
        "I wrote the rate limiter because one client took the gateway down. We compared a token bucket with a sliding"
        " window. The price was some rejected bursts, and errors fell from nine percent to one."
    ),
    (
        "We split the orders table because backups failed each night. I considered archiving instead. Restores went "
        "from six hours to forty minutes, at the cost of slower reports."
    ),
    (
        "I added a cache in front of the price service because it broke under load. We considered more replicas "
        "instead. Load dropped by 70 percent, and the drawback is that prices can be a minute old."
    ),
    (
        "I replaced polling with web sockets because the servers were overloaded. We compared server-sent events. "
        "Requests dropped from 8000 to 300 a second, in exchange for connections that we have to watch."
    ),
    (
        "We moved the build to remote caching because it took forty minutes. I evaluated two tools. It fell from 40 "
        "minutes to eight, and the trade-off is one more service that can fail."
    ),
    (
        "I designed the retry of webhooks because partners lost events. We considered a queue for each partner "
        "instead. Lost events went from 200 a day to two, at the expense of duplicates."
    ),
    (
        "I migrated the monitoring to Prometheus because the old one missed an outage. We compared it with a vendor. "
        "Alerts fell from 80 a week to nine, and the cost is disk space."
    ),
    (
        "We made the import incremental because full runs got stuck. I considered a larger machine instead. It takes "
        "eleven minutes instead of seven hours, at the cost of more complex code, and since then I always test "
        "restarts."
    ),
    (
        "I rewrote the seat map because it crashed on old phones. We compared canvas with plain elements. Rendering "
        "went from 900 to 60 milliseconds, and we accepted a coarser zoom."
    ),
    (
        "I introduced contract tests because a rename broke two teams. We considered a shared staging system instead."
        " Incidents dropped from five a quarter to one, at the cost of slower merges."
    ),
    (
        "We rotated certificates automatically because one expired and took the shop down. I evaluated three tools. "
        "Manual work fell from ten hours to one, and the drawback is a dependency on one more service."
    ),
    (
        "I cut the image of our service because deploys timed out. We compared two base images. It shrank from 1200 "
        "megabytes to 90, at the cost of fewer tools for debugging."
    ),
    (
        "I built the feature store because models failed on stale data. We considered computing at request time "
        "instead. Freshness went from a day to five minutes, in exchange for more memory."
    ),
    (
        "We changed the message format because consumers broke with every field. I compared two schemas. Failures "
        "dropped from 30 a month to two, and we accepted larger messages."
    ),
    (
        "I tuned the garbage collector because pauses broke our limits. We considered rewriting the hot path instead."
        " Pauses fell from 800 to 40 milliseconds, at the cost of more memory."
    ),
    (
        "I led the move to feature flags because a rollback took hours. We compared three vendors. Rollbacks went "
        "from two hours to ten seconds, and the trade-off is old flags that nobody removes."
    ),
    (
        "We encrypted the backups because an audit failed. I considered encrypting single columns instead. It took "
        "three weeks, at the cost of slower restores, and next time I would begin with the keys."
    ),
    (
        "I calibrated the sensors on the line because readings were corrupted by heat. We compared two models. Errors"
        " dropped from six degrees to one, at the expense of a longer start."
    ),
    (
        "I wrote the update of our firmware because devices got stuck halfway. We considered full images instead. "
        "Failures went from 40 devices to none, in exchange for a second slot in memory."
    ),
    (
        "We sharded the user database because writes were blocked at nine. I evaluated a larger instance. Throughput "
        "grew from 900 to 4000 writes, and the cost is that joins are harder."
    ),
    (
        "I moved the reports to a replica because they blocked checkouts. We considered a warehouse instead. Blocked "
        "checkouts fell from 60 a day to three, and the drawback is data that is minutes old."
    ),
    (
        "I built the audit log because a mistake could not be traced. We compared triggers with events. Questions "
        "took two minutes instead of two days, at the cost of more storage."
    ),
    (
        "We added load shedding because one sale took the site down. I considered queues instead. Outages dropped "
        "from three a month to none, and we accepted some refused visitors."
    ),
    (
        "I changed the deploy to canaries because a release broke logins. We evaluated two controllers. Bad releases "
        "reached one percent instead of everybody, at the cost of slower rollouts."
    ),
    (
        "I fixed the pagination because deep pages failed. We compared cursors with offsets. The slowest page went "
        "from nine seconds to 80 milliseconds, and the trade-off is that nobody can jump to a page."
    ),
)
_FILLERS = ("um", "uh", "like", "you know")
_PRESENT = {
    "moved": "move", "wrote": "write", "split": "split", "added": "add", "replaced": "replace", "designed": "design",
    "migrated": "migrate", "made": "make", "rewrote": "rewrite", "introduced": "introduce", "rotated": "rotate",
    "cut": "cut", "built": "build", "changed": "change", "tuned": "tune", "led": "lead", "encrypted": "encrypt",
    "calibrated": "calibrate", "sharded": "shard", "fixed": "fix", "considered": "consider", "compared": "compare",
    "evaluated": "evaluate", "went": "goes", "fell": "falls", "dropped": "drops", "shrank": "shrinks", "grew": "grows",
    "took": "takes", "broke": "breaks", "failed": "fails", "accepted": "accept", "was": "is", "were": "are",
}  # fmt: skip
_GERMAN = {
    "because": "weil", "i": "ich", "we": "wir", "and": "und", "at the cost of": "auf Kosten von",
    "instead": "stattdessen", "the drawback is": "der Nachteil ist", "compared": "haben verglichen",
    "the price was": "der Preis war", "from": "von", "to": "auf",
}  # fmt: skip


def forms_of(polished: str) -> dict[str, str]:
    return {
        "polished": polished,
        "learner": re.sub(r"\b(?:the|a|an)\s", "", _with(_PRESENT, polished)),
        "present": _with(_PRESENT, polished),
        "short": re.sub(r",? because ", ". Because ", re.sub(r", (?:and )?", ". ", polished)),
        "fillers": _filled(polished),
        "mixed German": _with(_GERMAN, polished),
        "typed": polished.lower().replace(".", ""),
    }


def _with(words: dict[str, str], text: str) -> str:
    named = "|".join(map(re.escape, words))
    return re.sub(rf"\b(?:{named})\b", lambda found: words[found.group().lower()], text, flags=re.IGNORECASE)


def _filled(text: str) -> str:
    words = text.split()
    filled = [
        f"{word} {_FILLERS[at % 4]}" if at % 3 == 2 and word[-1].isalpha() else word for at, word in enumerate(words)
    ]
    return f"So um {' '.join(filled)}"
