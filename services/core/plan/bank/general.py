"""What every profession has: asked where a posting is not about software at all."""

from __future__ import annotations

from services.core.plan.bank.cluster import SEASONED, Cluster, Entry, ask, words

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "problems",
        "problems",
        None,
        (Entry("Problem solving", (), is_noun=True),),
        words(
            "problem cause reason solution solve fault mistake wrong risk check checked notice noticed assume assumed"
            " ask asked help tried attempt result customer colleague instruction rule"
        ),
        (
            ask(
                "Tell me about a problem in your work that could not be solved in the usual way. What did you do?",
                "What did you try that did not help?",
                "What came of it in the end?",
                purpose="A problem of their own, and how they went about it.",
            ),
            ask(
                "Take me through something that went wrong while you were responsible for it. What did you do first?",
                "Which of your guesses turned out wrong?",
                "What has changed since then?",
                purpose="Order under pressure, and what comes after.",
            ),
            ask(
                "Describe something tedious or error-prone in your work that you made better.",
                "How did you notice that it was worth the effort?",
                "Who had to get used to it, and how did they take it?",
                purpose="Improving one's own work.",
            ),
        ),
    ),
    Cluster(
        "judgement",
        "judgement",
        None,
        (Entry("Decisions", (), is_noun=True),),
        words(
            "decision decide decided option options choose chose risk cost priority deadline trade doubt advice wrong"
            " consequence agree disagree convince plan rule evidence"
        ),
        (
            ask(
                "Tell me about a decision you had to take before you knew everything you wanted to know.",
                "Which option did you turn down, and what spoke for it?",
                "What would have made you change your mind?",
                purpose="Judgement with incomplete knowledge.",
            ),
            ask(
                "Describe a time when you could not do everything that was asked of you. How did you choose?",
                "Who had to wait, and what did you tell them?",
                "Would you choose the same again?",
                purpose="Priorities, and honesty about their price.",
            ),
            ask(
                "Tell me about a rule or a habit at work that you questioned. What happened?",
                "What was the best argument for keeping it?",
                "What is different today?",
                purpose="Independent judgement, argued with others.",
                levels=SEASONED,
            ),
        ),
    ),
)
