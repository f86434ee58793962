"""Files and job pages become text to edit, or a sentence; whatever is in them, in bounded time."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path

import pypdf
import pytest
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from services.core.errors import JobDescriptionRefused
from services.core.plan.bank import samples
from services.intake import documents, intake
from services.intake.documents import text_of
from services.intake.fetching import Fetcher
from services.intake.intake import Intake
from services.settings import ROOT
from tests.intake.sites import Site, docx, drawn_pdf, page, paragraphs, pdf, serving, zipped
from tests.waiting import PATIENCE_S

JOB = "Backend Engineer\nYou design the payment platform with us.\nYou know Python and PostgreSQL – café included."
LONG = "You design the payment platform. " * 7000


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as made:
        yield made


def refusal(data: bytes) -> str:
    with pytest.raises(JobDescriptionRefused) as refused:
        text_of(data)
    return refused.value.sentence


def patient(fetcher: Fetcher | None = None) -> Intake:
    """Gives its readers the time that a busy machine takes."""
    return Intake(fetcher, read_s=PATIENCE_S)


def locked(password: str) -> bytes:
    writer, out = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(JOB))), io.BytesIO()
    writer.encrypt(password, "owner", algorithm="AES-256")
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pdf(JOB),
        b"\n\n" + pdf(JOB),
        pdf(*JOB.splitlines()),
        locked(""),
        docx(paragraphs(JOB)),
        docx(paragraphs(JOB), part="word/document2.xml"),
        docx(paragraphs(JOB), relations=False),
        JOB.encode(),
        JOB.encode("utf-8-sig"),
        JOB.encode("utf-16"),
        JOB.encode("utf-16-le"),
        JOB.encode("utf-16-be"),
        JOB.encode("cp1252"),
        JOB.replace("\n", "\r\n").encode(),
        JOB.replace("Backend Engineer", "# **Backend Engineer**").encode(),
        f"<html><body><p>{JOB}</p></body></html>".replace("\n", "<br>").encode(),
    ],
    ids=[
        *("pdf", "pdf after blanks", "pdf of three pages", "pdf with empty password"),
        *("docx", "docx with another part", "docx without relations"),
        *("utf-8", "utf-8 with mark", "utf-16", "utf-16-le", "utf-16-be", "windows", "crlf", "markdown", "html"),
    ],
)
def test_every_kind_of_file_becomes_its_text(data: bytes) -> None:
    assert text_of(data) == JOB


def test_word_lists_tables_and_changes_read_well() -> None:
    listed = "<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>Python</w:t><w:tab/><w:t>daily</w:t></w:r></w:p>"
    table = f"<w:tbl><w:tr><w:tc>{paragraphs('Level')}</w:tc><w:tc>{paragraphs('Senior')}</w:tc></w:tr></w:tbl>"
    removed = "<w:p><w:del><w:r><w:delText>Never shown</w:delText></w:r></w:del><w:r><w:t>a</w:t><w:br/></w:r></w:p>"

    assert text_of(docx(paragraphs("What you will need") + listed + table + removed)) == (
        "What you will need\n- Python daily\nLevel\nSenior\na"
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (pdf("", ""), documents.SCANNED),
        (locked("secret"), documents.LOCKED),
        (pdf(*["page"] * 41), "This PDF has 41 pages"),
        (pdf(LONG), "This document has 230,999 characters"),
        (LONG.encode(), "This document has 230,999 characters"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", documents.OLD_WORD),
        (b"{\\rtf1 job}", documents.UNKNOWN),
        (b"\x89PNG\r\n\x1a\n", documents.PICTURE),
        (zipped({"content.xml": "an OpenDocument text"}), documents.UNKNOWN),
        (zipped({"_rels/.rels": "<none/>", "xl/workbook.xml": "a sheet"}), documents.UNKNOWN),
        (docx("<w:p/>", part="xl/workbook.xml"), documents.UNKNOWN),
        (docx(""), documents.EMPTY),
        (docx(" " * 9_000_000), documents.TOO_LARGE_INSIDE),
        (bytes(range(256)) * 8, documents.UNKNOWN),
        (b"\0\0\1\2" * 100, documents.UNKNOWN),
        (b"  \n ", documents.EMPTY),
    ],
)
def test_what_cannot_be_read_says_what_to_do(data: bytes, sentence: str) -> None:
    assert refusal(data).startswith(sentence)


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (JOB.encode("cp1252"), "iso-8859-1"),
        (JOB.encode("iso8859-15", "replace").replace(b"?", "–".encode("cp1252")), "no-such-charset"),
        (b'<meta charset="windows-1252">' + JOB.encode("cp1252"), ""),
        (b'<meta charset="utf-16le">' + JOB.encode(), ""),
        (JOB.encode("utf-16-be"), "UTF-16BE "),
        (JOB.encode() + b"\xff", "UTF-8"),
    ],
)
def test_charsets_are_read_as_browsers_do(body: bytes, charset: str) -> None:
    assert documents.decoded(body, charset).rpartition(">")[2].rstrip("\ufffd") == JOB


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Programista Java\nSzukamy osoby do zespołu w Łodzi, która będzie tworzyć usługi. Wymagania:", "iso-8859-2"),
        ("Vývojář backendu\nHledáme kolegu do našeho týmu v Brně. Požadavky: tři roky praxe, řešení", "iso-8859-2"),
        ("Vývojář backendu\nHledáme kolegu do našeho týmu v Brně. Požadavky: tři roky praxe, řešení", "cp1250"),
        ("Ведущий разработчик Go\nИщем разработчика в нашу команду. Требования: опыт от 5 лет.", "cp1251"),
        (
            "シニアエンジニア\n一緒に働く仲間を募集しています。業務内容 サービスの開発。",
            "shift_jis",
        ),
        ("高级后端工程师\n我们正在寻找一位后端工程师加入上海团队。任职要求：5年以上经验，熟悉Kafka", "gb18030"),
        (
            "Développeur à Paris\nNous recherchons un développeur expérimenté. Compétences : maîtrise",
            "mac-roman",
        ),
        ("Kıdemli Yazılım Mühendisi\nİstanbul'da çalışacak bir yazılım mühendisi arıyoruz. 5 yıl deneyim", "cp1254"),
    ],
)
def test_letters_of_a_text_without_declaration_are_recognised(text: str, charset: str) -> None:
    assert documents.decoded(text.encode(charset)) == text


def message(subtype: str, body: str) -> bytes:
    made = EmailMessage()
    made["Subject"], made["From"] = "Fwd: a job", "jobs@example.org"
    made.set_content("See the attached page.")
    if subtype == "related":
        made.clear_content()
        made.make_related()
        made.attach(EmailMessage())
        (part,) = made.iter_parts()
        part.set_content(body, subtype="html", charset="utf-8")
    elif subtype == "html":
        made.add_alternative(body, subtype="html")
    return made.as_bytes()


@pytest.mark.parametrize("subtype", ["html", "related"])
def test_messages_and_saved_pages_become_their_text(subtype: str) -> None:
    body = f"<html><body><h1>Backend Engineer</h1>{JOB.partition(chr(10))[2].replace(chr(10), '<br>')}</body></html>"

    assert text_of(message(subtype, body)).replace("\n\n", "\n") == JOB


def test_message_without_a_text_says_so() -> None:
    assert refusal(b"MIME-Version: 1.0\nContent-Type: image/png\n\nAAAA") == documents.EMPTY


def test_letters_drawn_one_by_one_are_words_again() -> None:
    drawn = pdf("S e n i o r  E n g i n e e r  w i t h  P y t h o n  f o r  t h e  t e a m")

    assert text_of(drawn) == "Senior Engineer with Python for the team"


LEFT = ("What you will do", "- Design the payment platform", "- Review code of two teams", "- Keep the ledger right")
RIGHT = (
    "What you should bring",
    "- Five years of Python or Go",
    "- PostgreSQL under real load",
    "- A calm way on call",
)


def two_columns(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int, str]]:
    pairs = zip(left, right, strict=True)
    return [
        place
        for row, (one, two) in enumerate(pairs)
        for place in ((50, 700 - 14 * row, one), (310, 700 - 14 * row, two))
    ]


def test_columns_drawn_row_by_row_are_read_one_after_the_other() -> None:
    more = (
        ("- Write down decisions", "- Talk to the banks we use"),
        ("- A way with people who ask", "- English we can read well"),
    )
    rows = two_columns(LEFT + more[0], RIGHT + more[1])
    drawn = drawn_pdf((50, 740, "Backend Engineer, Payments"), *rows, (50, 560, "Write to us by the end of May."))

    lines = [line for line in text_of(drawn).splitlines() if line]

    assert lines == ["Backend Engineer, Payments", *LEFT, *more[0], *RIGHT, *more[1], "Write to us by the end of May."]


def test_headings_in_the_middle_of_their_columns_go_with_them() -> None:
    rows = two_columns([*LEFT[1:], *LEFT[1:]], [*RIGHT[1:], *RIGHT[1:]])
    drawn = drawn_pdf((110, 730, LEFT[0]), (380, 730, RIGHT[0]), *rows)

    lines = [line for line in text_of(drawn).splitlines() if line]

    assert lines == [LEFT[0], *LEFT[1:], *LEFT[1:], RIGHT[0], *RIGHT[1:], *RIGHT[1:]]


def test_a_table_of_labels_is_read_row_by_row() -> None:
    labels = ("Title:", "Place:", "Team:", "Stack:", "Hours:", "Start:")
    values = (
        "Backend Engineer for payments",
        "Berlin or at home",
        "Six people and a dog",
        "Python and Go",
        "40 a week",
        "May",
    )

    read = text_of(drawn_pdf(*two_columns(labels, values)))

    assert read.index("Title:") < read.index("Backend Engineer") < read.index("Place:")


def test_what_was_filled_into_a_form_is_read() -> None:
    writer, out = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("Job description form"))), io.BytesIO()
    fields = [
        DictionaryObject(
            {
                NameObject("/FT"): NameObject("/Tx"),
                NameObject("/T"): TextStringObject(name),
                NameObject("/V"): TextStringObject(value),
            }
        )
        for name, value in (("title", "Backend Engineer"), ("tasks", "You design the payment platform in Python."))
    ]
    form = DictionaryObject({NameObject("/Fields"): ArrayObject(map(writer._add_object, fields))})
    writer.root_object[NameObject("/AcroForm")] = form
    writer.write(out)

    assert "You design the payment platform in Python." in text_of(out.getvalue())


@pytest.mark.parametrize(
    ("covering", "read"),
    [("See the attached file.", JOB.splitlines()[1]), ("We seek somebody. " * 40, "We seek somebody.")],
)
def test_a_document_is_read_where_the_message_only_brings_it(covering: str, read: str) -> None:
    letter = EmailMessage()
    letter["Message-ID"] = "<1@example.org>"
    letter.set_content(covering)
    letter.add_attachment(pdf(JOB), maintype="application", subtype="pdf", filename="job.pdf")

    assert read in text_of(letter.as_bytes())


def test_undefined_letters_do_not_stop_a_text() -> None:
    assert documents.decoded(b"caf\xe9 \x81").startswith("café")


BOMB = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
OUTSIDE = '<!DOCTYPE b [<!ENTITY i SYSTEM "file:///etc/hostname">'


@pytest.mark.parametrize(
    "data",
    [
        docx(paragraphs("&i;"), before=f"{BOMB}]>"),
        docx(paragraphs("&i;"), before=f"{OUTSIDE}]>"),
        docx("<w:p>"),
        docx(paragraphs(JOB))[:-40],
        pdf(JOB)[:60],
        b"%PDF-1.7\n" + b"[" * 500_000,
    ],
    ids=["entity bomb", "external entity", "broken xml", "broken zip", "cut pdf", "nested pdf"],
)
def test_a_hostile_file_gets_a_sentence(data: bytes) -> None:
    with pytest.raises(JobDescriptionRefused) as refused:
        patient().from_file(data)

    assert refused.value.sentence in (intake.UNREADABLE, intake.TOO_LONG, documents.SCANNED)


def test_deep_nesting_in_word_is_read() -> None:
    depth = 20_000

    assert patient().from_file(docx("<w:x>" * depth + paragraphs(JOB) + "</w:x>" * depth)) == JOB


def test_a_real_file_is_read_by_its_own_process() -> None:
    assert patient().from_file(pdf(samples()[1].text)).startswith("Senior Backend Engineer, Payments")


@pytest.mark.parametrize(
    ("data", "sentence"), [(b"", intake.EMPTY_FILE), (bytes(intake.MAX_FILE_BYTES + 1), intake.FILE_TOO_LARGE)]
)
def test_size_is_checked_before_anything_is_read(data: bytes, sentence: str) -> None:
    with pytest.raises(JobDescriptionRefused, match=sentence[:20]):
        patient().from_file(data)


def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(JobDescriptionRefused, match="took too long"):
        Intake(read_s=0.001).from_file(JOB.encode())


def test_more_files_than_readers_wait_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    door, entered, leave = Intake(read_s=0.2), threading.Semaphore(0), threading.Event()

    def read(*arguments: object, **options: object) -> subprocess.CompletedProcess[bytes]:
        entered.release()
        leave.wait(PATIENCE_S)
        return subprocess.CompletedProcess([], 0, json.dumps({"text": JOB}).encode())

    monkeypatch.setattr(subprocess, "run", read)
    readers = [threading.Thread(target=door.from_file, args=(b"job",)) for _ in range(intake.READERS)]
    for reader in readers:
        reader.start()
        entered.acquire()

    with pytest.raises(JobDescriptionRefused, match="Many documents"):
        door.from_file(b"one more")

    leave.set()
    for reader in readers:
        reader.join()


LIMITS = f"""
import pathlib, resource, sys
sys.path.insert(0, {str(ROOT)!r})
from services.intake import documents
documents.bound_this_process()
try:
    pathlib.Path(sys.argv[1]).write_text("kept")
except OSError as error:
    print(error.errno, resource.getrlimit(resource.RLIMIT_AS)[0] == documents.MEMORY_BYTES)
"""


def test_the_reading_process_can_write_no_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITS, str(tmp_path / "file")], capture_output=True, text=True, timeout=PATIENCE_S
    )

    assert done.stdout.split() == ["27", "True"]


def test_the_reading_process_knows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    seen: dict[str, str] = {}
    monkeypatch.setattr(subprocess, "run", lambda *_, env, **__: seen.update(env) or _answer(JOB))

    patient().from_file(JOB.encode())

    assert set(seen) <= {"PATH", "LD_LIBRARY_PATH"}


def _answer(text: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.CompletedProcess([], 0, json.dumps({"text": text}).encode())


@pytest.mark.parametrize(("data", "answer"), [(JOB.encode(), {"text": JOB}), (b" ", {"refused": documents.EMPTY})])
def test_the_reading_process_answers_in_json(
    monkeypatch: pytest.MonkeyPatch, data: bytes, answer: dict[str, str]
) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "argv", ["documents"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out))

    documents.main()

    assert json.loads(out.getvalue()) == answer


POSTING = {"@type": "JobPosting", "title": "Backend Engineer", "description": JOB.partition("\n")[2]}


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (page(f"<html><nav>Home</nav><main><p>{JOB}</main>".replace("\n", "<br>")), JOB),
        (page(JOB.encode("cp1252"), "text/plain; charset=windows-1252"), JOB),
        (page(json.dumps(POSTING), "application/ld+json"), JOB.replace("\n", "\n\n", 1)),
    ],
    ids=["html", "plain", "json"],
)
def test_a_job_page_becomes_its_text(site: Site, reply: bytes, text: str) -> None:
    site.replies["/job"] = reply

    assert patient(site.fetcher()).from_page(site.url("/job")) == text


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (page("<html><body><div id=app></div></body></html>"), intake.NO_POSTING),
        (page('{"jobs": []}', "application/json"), intake.NO_POSTING),
        (page(bytes(5000)), documents.UNKNOWN),
    ],
)
def test_a_page_without_a_posting_says_so(site: Site, reply: bytes, sentence: str) -> None:
    site.replies["/"] = reply

    with pytest.raises(JobDescriptionRefused) as refused:
        patient(site.fetcher()).from_page(site.url())

    assert refused.value.sentence == sentence


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<!", "<a ", "<main>", "<script type=application/ld+json>", "&#", "[a]("], ids=repr
)
def test_markup_made_to_exhaust_a_reader_does_not(piece: str) -> None:
    attack = ("<!doctype html>" + piece * 250_000)[:250_000]

    with pytest.raises(JobDescriptionRefused):
        text_of(attack.encode(), "text/html")
