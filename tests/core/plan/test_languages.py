"""Postings in other languages are accepted, named, understood in part, and asked about in English."""

from __future__ import annotations

import pytest

from services.core.plan.language import words_known
from services.core.plan.planning import make_plan

POSTINGS = {
    "Turkish": (
        "Kıdemli Yazılım Mühendisi\nEkibimiz için İstanbul'da çalışacak bir mühendis arıyoruz.\nGörevler:\n"
        "- Go ile mikroservis geliştirmek\nAranan nitelikler:\n- En az 5 yıl deneyim, Kubernetes'te bilgi",
        {"Go", "Kubernetes"},
    ),
    "Slovak": (
        "Vývojár backendu\nHľadáme kolegu do nášho tímu v Bratislave, ktorý bude vyvíjať služby.\nNáplň práce:\n"
        "- Vývoj v Jave a PostgreSQL\nPožiadavky:\n- 3 roky praxe, znalosť Dockeru",
        {"Java", "PostgreSQL", "Docker"},
    ),
    "Slovenian": (
        "Razvijalec programske opreme\nIščemo sodelavca za našo ekipo v Ljubljani, ki bo razvijal storitve.\n"
        "Naloge:\n- Razvoj v Pythonu in Djangu\nPogoji:\n- 3 leta izkušenj, znanje PostgreSQL",
        {"Python", "Django", "PostgreSQL"},
    ),
    "Finnish": (
        "Ohjelmistokehittäjä\nEtsimme kehittäjää tiimiimme Helsinkiin.\nTehtävät:\n- Kehitys Javalla ja Reactilla\n"
        "Odotamme sinulta:\n- 3 vuoden kokemus PostgreSQL:stä",
        {"Java", "React", "PostgreSQL"},
    ),
    "Estonian": (
        "Tarkvaraarendaja\nOtsime oma meeskonda Tallinnas arendajat, kes loob teenuseid.\nTööülesanded:\n"
        "- Arendus Pythoni ja Djangoga\nNõudmised:\n- 3 aastat kogemust, PostgreSQL oskus",
        {"Python", "Django", "PostgreSQL"},
    ),
    "Norwegian": (
        "Senior systemutvikler\nVi søker en utvikler til teamet vårt i Oslo som vil bygge tjenester.\n"
        "Arbeidsoppgaver:\n- Utvikle tjenester i Kotlin og Spring\nKvalifikasjoner:\n- 5 års erfaring med Kafka",
        {"Kotlin", "Spring Boot", "Kafka"},
    ),
    "Russian": (
        "Ведущий разработчик Go\nИщем разработчика в нашу команду.\nОбязанности:\n- Разработка микросервисов на Go\n"
        "Требования:\n- Опыт от 5 лет, PostgreSQL, Kafka",
        {"Go", "PostgreSQL", "Kafka"},
    ),
    "Irish": (
        "Forbróir bogearraí\nTá forbróir á lorg againn dár bhfoireann i mBaile Átha Cliath.\nDualgais:\n"
        "- Seirbhísí a fhorbairt le Python agus Django\nRiachtanais:\n- 3 bliana taithí le PostgreSQL",
        {"Python", "Django", "PostgreSQL"},
    ),
    "Arabic": (
        "مهندس برمجيات أول\nنبحث عن مهندس برمجيات للانضمام إلى فريقنا في دبي.\nالمهام:\n"
        "- تطوير الخدمات باستخدام Python و PostgreSQL\nالمتطلبات:\n- خبرة 5 سنوات في Kubernetes",
        {"Python", "PostgreSQL", "Kubernetes"},
    ),
    "another language": (
        "Lập trình viên\nChúng tôi đang tìm một lập trình viên cho đội ngũ tại Hà Nội.\nMô tả công việc:\n"
        "- Phát triển dịch vụ với Python, Docker và Redis",
        {"Python", "Docker", "Redis"},
    ),
}


@pytest.mark.parametrize("language", POSTINGS)
def test_posting_in_another_language_gets_an_english_plan(language: str) -> None:
    text, skills = POSTINGS[language]

    plan = make_plan(text)

    assert skills <= {skill.name for skill in plan.skills}
    assert all(ord(letter) < 0x180 or letter in "“”’" for question in plan.questions for letter in question.text)
    assert ("a language Ema does not know" if language == "another language" else language) in plan.notices[0]
    assert not any("another profession" in notice for notice in plan.notices)


def test_words_of_a_language_are_known_in_its_own_letters() -> None:
    text = "Wir suchen für unser Team in Köln jemanden, der größere Geräte prüft."

    assert words_known(text) > words_known(text.encode("mac-roman").decode("cp1252"))
