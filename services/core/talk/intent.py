"""What a candidate asks for in few words (repeat, skip, who are you), told apart from an answer by a small grammar.

A wish is a whole utterance: an opening ("Sorry, Ema,"), the wish itself, and a closing ("please, if you can"). The same
words inside a longer sentence belong to an answer. Rules are written over lower-case words without punctuation.
"""

from __future__ import annotations

import re
from enum import StrEnum

CONFIDENCE_FLOOR = 0.3
"""Of the recogniser (0..1), below which nothing is obeyed."""


class Intent(StrEnum):
    """What a short utterance asks for, when it is no answer."""

    REPEAT = "repeat"
    SKIP = "skip"
    DONT_KNOW = "dont_know"
    WHO = "who"
    HEAR = "hear"
    """Whether she is there."""
    MOMENT = "moment"
    END = "end"
    INSIDE = "inside"
    """How she works: her instructions, the rubric."""
    ROLE = "role"
    """Facts of the job."""
    BACK_CHANNEL = "back_channel"
    """ "Okay", "mm hmm": a sign of attention that asks for nothing."""


def _rule(*alternatives: str) -> str:
    return "(?:" + "|".join(alternatives) + ")"


def _maybe(*alternatives: str) -> str:
    """One of these before the next word, or none."""
    return f"(?:{_rule(*alternatives)} )?"


def _then(*alternatives: str) -> str:
    """One of these after the last word, or none."""
    return f"(?: {_rule(*alternatives)})?"


_HUM = _rule("u+m+", "u+h+", "er+m*", "a+h+", "o+h+", "hm+", "m+", "mhm+")
_OPENING = _rule(
    _HUM,
    *("so", "well", "okay", "ok", "right", "yes", "yeah", "yep", "no", "nope", "hi", "hey", "hello", "alright"),
    *("all right", "please", "ema", "excuse me", "actually", "look", "listen", "wait", "stop", "but", "and", "then"),
    *("sorry", "i’m sorry", "i am sorry", "sorry about that", "sorry to interrupt", "i apologi[sz]e", "thanks"),
    *("thank you", "great", "fine", "i think", "i guess", "i’m afraid", "i am afraid", "maybe", "unfortunately"),
    *("honestly", "to be honest", "you know", "good question", "that’s a good question", "just"),
)
_CLOSING = _rule(
    *("please", "thanks", "thank you", "many thanks", "thank you very much", "thank you so much", "ema", "sorry"),
    *("now", "here", "then", "okay", "ok", "right", "today", "for today", "for me", "if you can", "if you could"),
    *("if possible", "if that’s (?:okay|ok|fine|all right|possible)", "if you don’t mind", "would you", "could you"),
    *("can you", "to be honest", "honestly", "sir", "madam", "i’m afraid", "i’m sorry", "i am sorry", _HUM),
    *("good ?bye", "bye", "bye bye", "see you", "have a (?:nice|good|great) (?:day|one|evening)", "take care"),
    *("at the moment", "right now", "really", "at all", "any ?more", "any longer"),
)
_REASON = (
    r"(?: (?:because|since|as|i was|i lost|i got|it was|it is|it’s|there was|there is|there’s|the line|the sound|"
    r"the audio|my \w+ (?:is|was|just|has))(?: \S+){1,7})?"
)
_CAN_YOU = _rule("can", "could", "would", "will") + " you" + _then("please", "kindly", "maybe", "just")
_CAN_WE = _rule(
    *("can (?:we|you|i)", "could (?:we|you|i)", "may (?:we|i)", "shall we", "should we", "let’s", "let us", "we can"),
    *("we (?:should|could|may)", "i (?:will|would|should|could|can|must|need to|have to|want to)", "i’ll"),
    *("(?:i would|i’d) (?:like|prefer|love) to", "i(?: would|’d) rather", "i wish to", "i’m going to", "i gotta"),
) + _then("please", "just", "maybe", "also")
_CALL = _rule("interview", "call", "conversation", "meeting", "session", "screening", "phone screen", "chat")
_THIS_CALL = _rule("the", "this", "our", "my") + " " + _CALL
_QUESTION = _rule("(?:that|the|this|your|last|the last) (?:last )?(?:question|one|part|bit|sentence)")
_IT = _rule("that", "it", "this", _QUESTION, "what you (?:just )?(?:said|asked)", "you")
_AGAIN = _rule("again", "once more", "once again", "one more time", "one last time", "slowly", "more slowly", "for me")
_TIME = _rule("moment", "second", "sec", "minute", "bit", "little while", "couple of (?:seconds|minutes)", "break")
_A_MOMENT = _rule(
    "an?", "one", "another", "half an?", "some", "a few", "just an?", "just one", "a little", "a bit of", "more"
)
_A_MOMENT += " " + _maybe("more") + _rule(_TIME, "seconds", "minutes", "time")
_PERSON = _rule(
    *("human", "person", "robot", "bot", "chatbot", "ai", "a i", "machine", "computer", "program", "model", "recording")
)
_SECRETS = _rule("instructions", "prompt", "prompts", "rubric", "rules", "guidelines", "scoring", "system message")
_JOB_FACTS = _rule(
    *("salary", "pay", "pay range", "wage", "compensation", "benefits", "bonus", "equity", "visa", "remote", "team"),
    *("team size", "start date", "office", "working hours", "vacation", "holidays", "home office", "location"),
)

_WISHES: tuple[tuple[Intent, str], ...] = (
    (
        Intent.END,
        _rule(
            _maybe(_CAN_WE, _CAN_YOU)
            + _rule("end", "stop", "finish", "quit", "leave", "terminate", "cancel", "abort", "close", "conclude")
            + " "
            + _rule(_THIS_CALL, _CALL, "here", "it here", "this here", "this now", "right here"),
            _CAN_WE + " (?:stop|quit)",
            "stop(?: it| this| now| talking)?",
            _maybe(_CAN_YOU, _CAN_WE) + "hang up(?: the (?:phone|call))?",
            _rule(
                "i have to",
                "i’ve got to",
                "i gotta",
                "i need to",
                "i must",
                "i should",
                "i’m going to",
                "i am going to",
            )
            + " "
            + _rule("go", "leave", "run", "drop(?: off)?", "stop", "hang up", "get going"),
            "i (?:do not|don’t|can’t|cannot|won’t) (?:want to |wish to )?"
            + _rule("continue", "go on", "carry on", "keep going", "do this")
            + _then("with " + _THIS_CALL, _THIS_CALL, "with this"),
            "let’s call it a day",
            "(?:good ?bye|bye|bye bye|see you(?: later)?)",
        ),
    ),
    (
        Intent.INSIDE,
        _rule(
            _maybe(_CAN_YOU, "you must", "you should", "you can", "i want you to")
            + _rule("reveal", "show", "tell", "print", "read", "repeat", "ignore", "forget", "disregard", "give")
            + r"(?: \S+){0,3} "
            + _rule("your", "all", "the", "previous", "system", "these", "those", "my")
            + r"(?: \S+){0,3} "
            + _SECRETS
            + r"(?: (?:and|out|aloud|to me|above|verbatim|for)\b.{0,120})?",
            r"what (?:are|is) (?:your|the) (?:\S+ ){0,2}" + _SECRETS,
        ),
    ),
    (
        Intent.REPEAT,
        _rule(
            _maybe(_CAN_YOU, "may i ask you to", "i need you to", "i (?:didn’t|did not) understand")
            + _rule("repeat", "say", "ask", "rephrase", "read", "reword", "explain")
            + _then(_IT)
            + _then("to me")
            + _then(_AGAIN),
            _maybe(_CAN_WE, "let me") + _rule("hear", "have", "get") + " " + _IT + " " + _AGAIN,
            "(?:again|once more|one more time|come again|say again|pardon(?: me)?|i beg your pardon|sorry|excuse me)",
            "what",
            "i (?:didn’t|did not|couldn’t|could not|can’t|cannot|don’t|do not) "
            + _maybe("quite", "really", "fully")
            + _rule("catch", "hear", "get", "understand", "follow")
            + _then(_IT, "all of (?:it|that)", "the end", "any of (?:it|that)"),
            "i (?:have |’ve )?(?:missed|lost) " + _IT,
            "(?:what was|what’s|what is|what were) " + _rule("that", "it", _QUESTION, "you saying") + _then(_AGAIN),
            "what did you (?:just )?(?:say|ask|mean)",
            "what do you mean(?: by (?:that|this))?",
            "you (?:broke|cut|froze|dropped) (?:up|off|out)",
            "you (?:are|were|’re) breaking up",
        ),
    ),
    (
        Intent.SKIP,
        _rule(
            _maybe(_CAN_WE, _CAN_YOU)
            + _rule("skip", "pass", "move on", "go on", "go ahead", "move along", "continue", "leave")
            + _then("on")
            + _then(_IT, "it out", "to the next (?:one|question)", "(?:with|to) (?:the next|another) (?:one|question)"),
            _maybe(_CAN_WE, _CAN_YOU)
            + _maybe("ask me", "give me", "go to", "have", "do", "take")
            + "(?:the |a |another )?(?:next|different|another)(?: one| question)?",
        ),
    ),
    (
        Intent.WHO,
        _rule(
            "(?:who|what) (?:are|r) you(?: exactly| really)?",
            "(?:what’s|what is) your name",
            "(?:are you|is this|is that|am i (?:talking|speaking) (?:to|with)) "
            + _maybe("an?", "the")
            + _maybe("real", "actual", "living", "real life")
            + _PERSON
            + r"(?: or (?:an? )?(?:real |actual )?"
            + _PERSON
            + ")?",
        ),
    ),
    (
        Intent.HEAR,
        _rule(
            "(?:can|could|do) you (?:still )?hear me(?: well| properly| clearly)?",
            "are you (?:still )?(?:there|with me|listening)",
            "(?:is|are) (?:anyone|anybody|someone) there",
            "is (?:my |the |this )?(?:microphone|mic|audio|sound|line|thing)?(?: )?(?:working|on)",
            "(?:hello|hi|hey)(?: there| ema)?",
        ),
    ),
    (
        Intent.MOMENT,
        _rule(
            _maybe(_CAN_YOU, _CAN_WE)
            + _rule(
                "give me", "let me have", "let me take", "take", "have", "need", "i need", "i will need", "i’ll need"
            )
            + " "
            + _A_MOMENT
            + _then(
                "to think(?: about (?:it|that|this))?", "to (?:answer|remember|recall|prepare)", "for (?:that|this)"
            ),
            _A_MOMENT,
            "(?:hold on|hang on|wait|bear with me|one sec)" + _then(_A_MOMENT),
            "let me (?:just )?(?:think|see|remember|recall)"
            + _then("about (?:it|that|this|that one|this one)", "of (?:an|one) example")
            + _then("for " + _A_MOMENT),
            "i(?:’m| am) (?:still )?thinking",
        ),
    ),
    (
        Intent.DONT_KNOW,
        _rule(
            "i "
            + _maybe("really", "honestly", "actually", "just", "simply")
            + "(?:don’t|do not|dont|wouldn’t|couldn’t|can’t|cannot) "
            + _maybe("really", "honestly", "actually", "even")
            + _rule("know", "remember", "recall", "answer", "say")
            + _then("that", "it", "this", "the answer", "anything about (?:it|that|this)", _QUESTION)
            + _then("one", "either"),
            "(?:i have |i’ve )?(?:no|not the slightest|absolutely no) (?:idea|clue)",
            "i(?:’ve| have)? (?:never|not|haven’t|have not) "
            + _maybe("ever", "really", "actually", "yet")
            + "(?:used|done|worked with|touched|tried|heard of|seen) (?:it|that|this|any of (?:it|that|this|those))"
            + _then("before", "yet", "myself", "professionally"),
            "i haven’t (?:used|done|worked with|touched|tried) (?:it|that|this)" + _then("before", "yet", "myself"),
        ),
    ),
    (
        Intent.ROLE,
        _rule(
            r"(?:what|how|when|where|which)(?:’s| is| are| will| would| does| do| much| many| big| large| about)"
            r"(?: \S+){0,6} " + _JOB_FACTS + _then("like", "be", "size", "policy", "for this (?:role|job|position)"),
            r"(?:is|are|does|do|will|can|could|would) "
            r"(?:the|this|there|i|it|you|we|they|your)\b(?: \S+){0,6} " + _JOB_FACTS + _then("possible", "included"),
            "how (?:much|well) does (?:it|this|the job|the role) pay",
        ),
    ),
)

_GRAMMAR = tuple(
    (intent, re.compile(rf"(?:{_OPENING} )*{wish}(?: {_CLOSING})*{_REASON}(?: {_CLOSING})*"))
    for intent, wish in _WISHES
)
_ATTENTION = _rule(
    _HUM,
    *("okay", "ok", "right", "alright", "all right", "i see", "got it", "sure", "fine", "good", "great", "cool"),
    *("uh huh", "m+ h+m+", "mm hmm", "aha", "understood", "thanks", "thank you", "of course", "ema", "so", "well"),
)
_BACK_CHANNEL = re.compile(rf"{_ATTENTION}(?: {_ATTENTION})*")
_AFFIRMATION = re.compile(
    rf"(?:{_HUM} )*(?:yes|yeah|yep|yup|please do|do it|do that|go ahead|sure|okay|ok|of course|correct|exactly|"
    rf"that’s right|that is right|right|i do|you (?:can|may|should)|please)(?: (?:{_CLOSING}|yes|do|you can|you may|"
    rf"i do|it|that|that’s right|end it|stop|end {_THIS_CALL}|stop {_THIS_CALL}|let’s end(?: it)?|let’s stop))*"
)
_REFUSAL = re.compile(
    rf"(?:{_HUM} )*(?:no|nope|nah|not (?:yet|now|really)|don’t|do not|please don’t|never ?mind|"
    rf"let’s (?:go on|continue))"
    rf"(?: (?:{_CLOSING}|no|not|yet|don’t|let’s (?:go on|continue)|go on|continue|keep going|end it|stop))*"
)

_OFFERS_END = re.compile(r"\b(?:end|ending|stop|stopping|finish|finishing|leave|quit|close|wrap)\b")


def plain(text: str) -> str:
    """Lower case, single spaces, no punctuation; hyphens part words, apostrophes stay."""
    text = re.sub(r"['‘’`]", "’", text.lower())
    return " ".join(re.sub(r"[^\w\s’]", " ", text).split())


def declines(text: str) -> bool:
    """A plain no to the same question."""
    return bool(_REFUSAL.fullmatch(plain(text)))


def find_intent(text: str, confidence: float | None = None) -> Intent | None:
    """The request in this utterance; None when it is to be taken as an answer, or was hardly understood.

    `confidence` is the recogniser's, None where it tells none or the text was typed.
    """
    if confidence is not None and confidence < CONFIDENCE_FLOOR:
        return None
    words = plain(text)
    for intent, rule in _GRAMMAR:
        if rule.fullmatch(words):
            return intent
    return Intent.BACK_CHANNEL if _BACK_CHANNEL.fullmatch(words) else None


def confirms_end(asked: str, answered: str) -> bool:
    """Whether the candidate's last words say that they want to end: a yes to "Shall I end the interview?".

    `asked` is what Ema said before them.
    """
    return affirms(answered) and bool(_OFFERS_END.search(plain(asked)) and "?" in asked)


def affirms(text: str) -> bool:
    """A plain yes, or the wish to end said again: the answer to "Shall I end the interview here?"."""
    words = plain(text)
    return bool(_AFFIRMATION.fullmatch(words)) or find_intent(text) is Intent.END
