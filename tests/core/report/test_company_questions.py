"""A question about the company is one for the team; what tells of somebody is not, in whatever words."""

from __future__ import annotations

import pytest

from services.core.report.company_questions import is_about_the_company
from services.core.report.privacy import is_private

OF_THE_COMPANY = [
    "Do you sponsor visas?",
    "do you sponsor visas",
    "What is your parental leave?",
    "Thanks. One question: what's the parental leave policy?",
    "How many weeks of maternity leave do people get?",
    "Could you tell me whether the company sponsors work permits?",
    "I'd like to know how sick leave works here.",
    "I was wondering if there is childcare at the office.",
    "Is there a prayer room?",
    "Is the office closed on the Sabbath, or during Ramadan?",
    "Is there a works council?",
    "Can people join a trade union?",
    "Is the office wheelchair accessible?",
    "Which accommodations do you offer to people with disabilities?",
    "Does the health insurance cover therapy?",
    "How do you support autistic colleagues?",
    "Do pregnant employees get extra leave?",
    "Can I take parental leave in the first year?",
    "Would I get visa sponsorship?",
    "Do you help with relocation, visas, and work permits?",
    "For employees who move here, is sponsorship possible?",
    "Parental leave?",
    "And visas?",
    "visas",
    "visa sponsorship",
    "parental leave policy",
    "prayer room at the office",
    "wheelchair access",
    "Do engineers sign a non-disclosure agreement?",
    "Do you have a mental health programme, or any burnout prevention?",
]
OF_SOMEBODY = [
    "I am pregnant, can I start later?",
    "I need a visa, will you sponsor it?",
    "I would need sponsorship. Is that possible?",
    "Do I need a visa?",
    "Would you sponsor my visa?",
    "Will my pregnancy be a problem?",
    "Since my wife is expecting, do you offer parental leave?",
    "My husband needs a work permit too, do you help?",
    "As a wheelchair user, could one work here?",
    "With a disability, is there help?",
    "On an H-1B visa, is there a way?",
    "Being deaf, how would one join calls?",
    "Pregnant, so what is the leave?",
    "Visa needed, do you sponsor?",
    "Can I pray during the day?",
    "Would I get time off for chemo?",
    "Could we leave early, because our son has surgery?",
    "Is it a problem to be pregnant?",
    "Is 58 years old too old?",
    "Do you offer parental leave? I am having a baby in May.",
    "Do you sponsor visas? Mine runs out in June.",
    "I live with epilepsy; do you have a quiet room?",
    "candidate is pregnant and asks about leave",
    "candidate needs a visa",
    "the applicant's disability",
    "needs visa sponsorship",
    "pregnant, starting in May",
    "diagnosed with ADHD",
    "Is your CEO in therapy?",
    "Does Dana have cancer?",
    "Is she pregnant?",
    "Is it true that the password is hunter2?",
    "Off the record, do you sponsor visas?",
    "Was your CTO fired for harassing people?",
]


@pytest.mark.parametrize("text", OF_THE_COMPANY)
def test_a_question_about_the_company_is_for_the_team(text: str) -> None:
    assert is_about_the_company(text)


@pytest.mark.parametrize("text", OF_SOMEBODY)
def test_a_private_fact_stays_private_in_a_question(text: str) -> None:
    assert is_private(text)
    assert not is_about_the_company(text)
