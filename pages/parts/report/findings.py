"""The reviewer's scorecard: summary, competencies with their quotes, coverage map, circumstances, provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.parts import components
from pages.parts.report import charts, reviews, timeline
from pages.parts.visit import Visit, plain
from pages.parts.words import COVERAGE_COLORS, COVERAGE_WORDS, LEVEL_COLORS, date, day, minutes
from services.core.interview import Interview
from services.core.plan.plan import Plan
from services.core.report.follow_ups import follow_ups
from services.core.report.review import Override, standing_overrides
from services.core.report.rubric import (
    GENERIC_ANCHORS,
    LEVEL_NAMES,
    NO_LEVEL,
    CompetencyRating,
    Coverage,
    Evidence,
    Report,
    Statement,
)
from services.core.sharing import SharedReport
from services.core.usage import Bill

NO_LEVEL_WHY = (
    "Rules can find what was said and where, not whether it is right, so there is no level. With a text "
    "model set up, reports have levels; a person can set one below each competency, with a reason."
)


def draw(
    interview: Interview | SharedReport,
    report: Report,
    visit: Visit | None = None,
    review: Callable[[CompetencyRating], None] | None = None,
) -> None:
    """The whole report, top to bottom, in the order in which it should be read; `review` draws what takes a level."""
    plan = interview.plan
    _heading(interview, report)
    st.info(plain(report.decision_support), icon=":material/balance:")

    rated = report.contract is not None or any(isinstance(item, Override) for item in interview.reviews)
    st.header("What was said, by competency", anchor=False)
    if report.contract is None:
        st.caption(NO_LEVEL_WHY)
    if rated:
        charts.levels(report, interview.reviews)
    for rating in report.competencies:
        _competency(rating, interview, report, review)

    _statements(report)
    _follow_ups(report, plan)
    _coverage(report)
    st.header("How the time went", anchor=False)
    timeline.draw(report, plan)
    _next_steps(report)
    _provenance(report, plan, _verdict(interview, report, visit))


def _heading(interview: Interview | SharedReport, report: Report) -> None:
    st.title(plain(interview.plan.role_title), anchor=False)
    st.caption(byline(interview, f"read by: {report.made_by}"))
    answered = sum(item.is_answered for item in report.coverage)
    with st.container(horizontal=True, gap="small"):
        st.metric("Plan covered", f"{report.coverage_pct} %", border=True)
        st.metric("Answered", f"{answered} of {len(report.coverage)}", border=True)
        st.metric(f"Candidate's words · {_how(report)}", sum(item.words for item in report.coverage), border=True)
        st.metric("Call length", minutes(report.duration_s), border=True)
    st.markdown(plain(report.summary))


def _how(report: Report) -> str:
    """Spoken, typed, or some of both: a typed answer takes no time."""
    typed = sum(moment.kind == "typed" for moment in report.timeline)
    spoken = sum(moment.kind == "candidate" for moment in report.timeline)
    if typed and not spoken:
        return "all typed"
    time = f"spoken {minutes(report.candidate_talk_s)}"
    return f"{time}, {typed} typed" if typed else time


def byline(interview: Interview | SharedReport, more: str) -> str:
    """Who was interviewed, when, and what else is to be known at once."""
    facts = (f"**{plain(interview.label)}**" if interview.label else "", f"Phone screen of {day(interview.started_at)}")
    return " · ".join([*filter(None, facts), plain(more)])


def running(interview: Interview | SharedReport) -> str:
    """What stands at the foot of each printed page."""
    day_of = date(interview.started_at) if interview.started_at else ""
    return " · ".join(filter(None, (interview.plan.role_title, interview.label, day_of)))


def _competency(
    rating: CompetencyRating,
    interview: Interview | SharedReport,
    report: Report,
    review: Callable[[CompetencyRating], None] | None,
) -> None:
    with st.container(border=True, gap="small", key=f"competency_{rating.competency_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(plain(rating.name), anchor=False, width="content")
            st.space("stretch")
            if rating.score is not None:
                st.badge(LEVEL_NAMES[rating.score], color=LEVEL_COLORS[rating.score], icon=":material/check:")
                st.badge(f"{rating.confidence.capitalize()} confidence", color="gray")
            elif report.contract is not None:
                st.badge("Not assessed", color="gray", icon=":material/remove:")
            reviews.badges(interview.reviews, rating)
        if rating.score is None and rating.reason_not_assessed != NO_LEVEL:
            st.markdown(plain(rating.reason_not_assessed))
        _checklist(rating, interview.plan)
        for piece in rating.evidence:
            quote(piece, interview.plan)
        if rating.counter_evidence:
            st.caption("What speaks against it" if report.contract else "Said not to know, or not to have done")
            for piece in rating.counter_evidence:
                quote(piece, interview.plan)
        if rating.what_would_raise_it:
            st.markdown(f":material/trending_up: **What would raise it:** {plain(rating.what_would_raise_it)}")
        if rating.spread:
            told = ", ".join(LEVEL_NAMES[level] for level in rating.readings)
            st.caption(f"Independent readings differed: {told}. The middle one is shown.")
        _scale(rating, interview)
        reviews.notes(interview.reviews, rating, report)
        if review is not None:
            review(rating)


def _checklist(rating: CompetencyRating, plan: Plan) -> None:
    """What was found in the words and where; nothing about whether it is right."""
    if rating.checklist:
        numbers = _numbers(plan)
        st.markdown("**Found in the words**")
        st.markdown(
            "\n".join(
                f"- {item.label}{f': “{plain(item.words)}”' if item.words else ''} "
                f":gray[({_place(item.start_ms, item.question_id, numbers)})]"
                for item in rating.checklist
            )
        )


def _scale(rating: CompetencyRating, interview: Interview | SharedReport) -> None:
    """The anchors of this competency, and which of them was reached; never a sentence about this person."""
    anchors = next(
        (one.anchors for one in interview.plan.competencies if one.id == rating.competency_id), GENERIC_ANCHORS
    )
    overrides = standing_overrides(interview.reviews, rating.competency_id)
    with st.expander("The scale: what an answer at each level contains"):
        for level, anchor in enumerate(anchors, start=1):
            marks = [
                ":green-badge[This report]" if rating.score == level else "",
                *(f":orange-badge[{reviews.who(item)}]" for item in overrides if item.to_level == level),
            ]
            st.markdown(" ".join(filter(None, [f"**{level} · {LEVEL_NAMES[level]}.** {plain(anchor)}", *marks])))


def _numbers(plan: Plan) -> dict[str, int]:
    return {question.id: number for number, question in enumerate(plan.questions, start=1)}


def _place(start_ms: int, question_id: str | None, numbers: Mapping[str, int]) -> str:
    number = numbers.get(question_id or "")
    return f"{minutes(start_ms / 1000)} · question {number}" if number else minutes(start_ms / 1000)


def quote(piece: Evidence, plan: Plan) -> None:
    """Verbatim, with where it was said; a corrected one with what the recogniser wrote."""
    marks = [
        _place(piece.start_ms, piece.question_id, _numbers(plan)),
        "typed" if piece.typed else "",
        "the recogniser was unsure" if piece.low_confidence and not piece.doubted else "",
        "marked by the candidate as written down wrongly" if piece.doubted else "",
        plain(piece.why_it_matters),
    ]
    with st.container(gap="xxsmall"):
        st.markdown(f":green[:material/format_quote:] “{plain(piece.quote)}”")
        st.caption(f":material/verified: {' · '.join(filter(None, marks))}")
        if piece.recognised is not None:
            heard = f"; the recogniser wrote “{plain(piece.recognised)}”" if piece.recognised else ""
            substance = " The meaning changed by it, so these words carry no level." if piece.in_substance else ""
            st.caption(f":material/edit: Corrected by the candidate{heard}.{substance}")


def _statements(report: Report) -> None:
    parts = (("What stood out", report.strengths), ("What was missing", report.gaps))
    found = [(title, statements) for title, statements in parts if statements]
    if found:
        for column, (title, statements) in zip(st.columns(len(found), gap="large"), found, strict=True):
            with column:
                _list(title, statements)


def _list(title: str, statements: tuple[Statement, ...]) -> None:
    st.header(title, anchor=False)
    st.markdown("\n".join(f"- {plain(statement.text)}" for statement in statements))


def _follow_ups(report: Report, plan: Plan) -> None:
    asked = follow_ups(report, plan)
    if asked:
        st.header("What a person might still ask", anchor=False)
        st.caption("Questions of the same plan, where this interview leaves something open.")
        st.markdown(
            "\n".join(f"- **{plain(item.competency)}:** {plain(item.ask)} *{plain(item.why)}*" for item in asked)
        )


def _coverage(report: Report) -> None:
    """One row a question: the words it came from where they are shown, the question, what became of it."""
    traced = any(item.jd_phrase for item in report.coverage)
    st.header("From the job description to the answers" if traced else "Question by question", anchor=False)
    for number, item in enumerate(report.coverage, start=1):
        with st.container(border=True, key=f"coverage_{number}"):
            *phrase, question, outcome = st.columns(
                [4, 6, 3] if traced else [10, 3], gap="medium", vertical_alignment="center"
            )
            if traced:
                quoted = f":green-background[“{plain(item.jd_phrase)}”]"
                phrase[0].markdown(quoted if item.jd_phrase else ":gray[Added to this plan]")
            arrow = ":material/arrow_right_alt: " if traced else ""
            question.markdown(f"{arrow}**{number}** {plain(item.text)}")
            with outcome.container(gap="xsmall"):
                said = item.status is Coverage.ANSWERED and item.why_not
                st.badge(
                    "Not an answer" if said else COVERAGE_WORDS[item.status],
                    color="gray" if said else COVERAGE_COLORS[item.status],
                )
                if item.words:
                    st.caption(f"{item.words} words")
                if item.why_not:
                    st.caption(plain(item.why_not))


def _next_steps(report: Report) -> None:
    if report.next_steps:
        st.header("Next steps for the candidate", anchor=False)
        st.markdown("\n".join(f"{number}. {plain(step)}" for number, step in enumerate(report.next_steps, start=1)))
    if report.conditions:
        st.header("Circumstances", anchor=False)
        st.caption("Neutral facts about the call. They never change a level.")
        st.markdown("\n".join(f"- {plain(condition)}" for condition in report.conditions))


def _verdict(interview: Interview | SharedReport, report: Report, visit: Visit | None) -> str:
    """What this server says of the report's signature; empty where it signs none."""
    if isinstance(interview, SharedReport):
        return interview.verdict
    return visit.interviews.signer.verdict(report) if visit is not None and visit.interviews.signer else ""


def _provenance(report: Report, plan: Plan, verdict: str) -> None:
    with st.expander("How this report was made"):
        dropped = (
            f"Quotes that could not be verified and are not shown: {report.quotes_dropped}. "
            if report.quotes_dropped
            else ""
        )
        left_out = (
            "More verified quotes are left out, as a report shows at most a third of what was said: "
            f"{report.quotes_left_out}. "
            if report.quotes_left_out
            else ""
        )
        st.markdown(
            f"{dropped}{left_out}Every quote was compared word for word with what was said or typed. "
            f"Rubric {report.rubric_version}; read by: {plain(report.made_by)}; "
            f"frozen at {plain(report.generated_at)}."
        )
        if verdict:
            st.markdown(f":material/verified_user: {plain(verdict)}")
        for purpose, bill in (("plan", plan.bill), ("report", report.bill)):
            if bill is not None and bill.requests:
                st.markdown(plain(_spent(purpose, bill)))
        st.code(
            f"plan        {report.plan_hash}\ntranscript  {report.transcript_sha256}", language=None, wrap_lines=True
        )


def _spent(purpose: str, bill: Bill) -> str:
    requests = "1 request" if bill.requests == 1 else f"{bill.requests} requests"
    cost = f"about ${float(bill.cost_usd):.4f}" if bill.cost_usd else "at a price not known here"
    return f"The {purpose} took {requests} to {bill.model}, {sum(bill.tokens.values()):,} tokens, {cost}."


def actions(visit: Visit, interview: Interview, report: Report | None) -> None:
    """Take it along, or delete it."""
    st.space("medium")
    with st.container(horizontal=True, vertical_alignment="center", key="actions"):
        if report is not None:
            components.paper(key="print", width="content", data={"running": running(interview)})
            address = f"/api/interviews/{interview.id}/report.json"
            st.link_button("Download as JSON", address, icon=":material/download:")
        st.space("stretch")
        st.button("Delete this interview", key="delete_interview", icon=":material/delete:", on_click=_confirm,
                  args=(visit, interview.id))  # fmt: skip
    if visit.confirming == f"delete:{interview.id}":
        _confirm_delete(visit, interview)


def _confirm(visit: Visit, interview_id: str) -> None:
    visit.confirming = f"delete:{interview_id}"


def _confirm_delete(visit: Visit, interview: Interview) -> None:
    def keep() -> None:
        visit.confirming = ""

    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            "**Delete it for good?** Plan, report, quotes and the pasted job description go. "
            "The credits page keeps its amounts, without content.",
            width="stretch",
        )
        if st.button("Yes, delete it", key="confirm_delete", type="primary"):
            visit.parts.calls.forget(visit.interviews.lifecycle.delete(visit.user_id, interview.id))
            keep()
            st.switch_page("pages/history.py", query_params={"deleted": "yes"})
        st.button("Keep it", key="keep_interview", on_click=keep)
