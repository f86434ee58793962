"""Every sentence on what words show is written from codes."""

from __future__ import annotations

from services.core.report.codes import ADVICE, CHECKLIST, Code, listed, missing, told


def test_codes_become_one_sentence() -> None:
    marks = [(Code.OWN_WORK, "I ran it"), (Code.FIGURE, "two days"), (Code.OWN_WORK, "we ran it")]

    assert told(marks) == "Tells of work of their own and gives a figure."
    assert told(marks, to_you=True) == "Tells of work of your own and gives a figure."
    assert told([]) == ""


def test_measured_outcome_holds_its_figure() -> None:
    assert told([(Code.FIGURE, "two"), (Code.OUTCOME, "from ten to two")]) == "Says what changed, measured."


def test_what_a_model_alone_reads_is_told_as_its_reading_with_the_words() -> None:
    read = [(Code.ERROR, "Redis keeps all"), (Code.TRADE_OFF, "I watch the disk."), (Code.LESSON, "another")]

    assert told([(Code.LESSON, "Since then")], read) == (
        "Draws a lesson. As the model alone reads it: is wrong in “Redis keeps all” and names a trade-off in “I watch"
        " the disk”."
    )
    assert told([], read, to_you=True) == "Is worth checking again: “Redis keeps all”."


def test_what_is_missing_comes_in_the_order_of_help() -> None:
    assert missing([Code.TRADE_OFF])[0] is Code.FAILURE
    assert set(missing([])) == set(ADVICE) == set(CHECKLIST)


def test_list_reads_as_a_sentence() -> None:
    assert [listed(items) for items in ([], ["a"], ["a", "b", "c"])] == ["", "a", "a, b and c"]
