"""The answers to the tools every provider's model may call; two of them move the question cursor."""

from __future__ import annotations

from services.core.talk.actions import AnswerTool
from services.core.talk.agenda import Agenda
from services.core.talk.events import ToolCall

END_INTERVIEW = "end_interview"
_WRAP_UP = "No question is left to ask: thank the candidate, say goodbye, then call end_interview."


def answer(call: ToolCall, agenda: Agenda, at: float) -> AnswerTool:
    """Never raises: what cannot be done is answered with an error the model can act on."""
    if call.name == END_INTERVIEW:
        agenda.close()
        return AnswerTool(call.call_id, "The call ends as soon as the candidate has heard your goodbye.")
    if call.name not in {"next_question", "note_answered"}:
        return AnswerTool(call.call_id, "There is no such tool.", is_error=True)
    question_id = call.arguments.get("question_id")
    if not isinstance(question_id, str) or not agenda.knows(question_id):
        return AnswerTool(call.call_id, "question_id must be the id of a question of the plan.", is_error=True)
    if call.name == "next_question":
        return _next_question(call.call_id, question_id, agenda, at)
    if question_id == agenda.question_id:
        agenda.advance(at=at)
    return AnswerTool(call.call_id, "Noted. " + _on_the_table(agenda))


def _next_question(call_id: str, question_id: str, agenda: Agenda, at: float) -> AnswerTool:
    if agenda.done or (question_id in agenda.asked_ids and question_id != agenda.question_id):
        return AnswerTool(call_id, "Not now. " + _on_the_table(agenda), is_error=True)
    if question_id != agenda.question_id and not agenda.fits(at):
        agenda.close()
        return AnswerTool(call_id, "There is no time for another question. " + _WRAP_UP, is_error=True)
    agenda.advance(question_id, at=at)
    return AnswerTool(call_id, _on_the_table(agenda))


def _on_the_table(agenda: Agenda) -> str:
    return f"Now ask {agenda.question.id}: {agenda.question.text}" if agenda.question else _WRAP_UP
