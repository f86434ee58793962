"""What is the same for every vendor: repetitions, one repair, the budget, the bill."""

from __future__ import annotations

import pytest

from services.analyst.budget import Budget
from services.analyst.model import ATTEMPTS, MAX_ANSWER, TextModel
from services.core.talk.events import Usage
from services.core.usage import Bill
from services.vendors.text import Completion, ModelFailed, Prompt, Trouble
from tests.analyst.shapes import ScriptedVendor, Shape, trouble

PROMPT = Prompt("Rate.", "<data>\n{}\n</data>")
GOOD = '{"level": 3}'


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def budget(requests: int = 10, seconds: float = 60.0, model: str = "small") -> Budget:
    return Budget(model, requests, seconds, Clock())


def write(vendor: ScriptedVendor, spent: Budget | None = None) -> Shape:
    return TextModel(vendor, first_wait_s=0).write(PROMPT, Shape, spent or budget())


@pytest.mark.parametrize("text", [GOOD, f"```json\n{GOOD}\n```", f"```\n{GOOD}```", f"  {GOOD}\n"])
def test_answer_is_read_also_from_a_fence(text: str) -> None:
    assert write(ScriptedVendor(text)).level == 3


@pytest.mark.parametrize("kind", [Trouble.RATE, Trouble.VENDOR, Trouble.TIMEOUT, Trouble.NETWORK])
def test_passing_trouble_is_tried_again(kind: Trouble) -> None:
    vendor = ScriptedVendor(trouble(kind), trouble(kind, 0.0), GOOD)

    assert write(vendor).level == 3
    assert len(vendor.prompts) == ATTEMPTS


@pytest.mark.parametrize(
    "kind", [Trouble.KEY, Trouble.ACCESS, Trouble.CREDIT, Trouble.MODEL, Trouble.REQUEST, Trouble.SAFETY]
)
def test_lasting_trouble_is_not_tried_again(kind: Trouble) -> None:
    vendor = ScriptedVendor(trouble(kind))

    with pytest.raises(ModelFailed) as failed:
        write(vendor)

    assert failed.value.trouble is kind
    assert len(vendor.prompts) == 1


def test_attempts_are_bounded() -> None:
    vendor = ScriptedVendor(*[trouble(Trouble.VENDOR, 0.0)] * 9)

    with pytest.raises(ModelFailed):
        write(vendor)

    assert len(vendor.prompts) == ATTEMPTS


def test_wait_that_does_not_fit_is_not_waited() -> None:
    vendor = ScriptedVendor(trouble(Trouble.RATE, 61.0))

    with pytest.raises(ModelFailed) as failed:
        write(vendor)

    assert failed.value.trouble is Trouble.RATE
    assert len(vendor.prompts) == 1


def test_waits_are_bounded_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.analyst.model.LONGEST_WAIT_S", 0.01)
    vendor = ScriptedVendor(*[trouble(Trouble.RATE, 0.006)] * 3)

    with pytest.raises(ModelFailed):
        write(vendor)

    assert len(vendor.prompts) == 2


def test_what_is_no_failure_of_the_model_is_loud() -> None:
    class Broken(ScriptedVendor):
        def complete(self, *_: object) -> Completion:
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        write(Broken())


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("I would rather talk.", "Invalid JSON"),
        ('{"level": 9}', "level: Input should be less than or equal to 4"),
        ("{}", "level: Field required"),
        (Completion("", Usage({}), cut=True), "too long"),
        (f'{{"level": 3, "why": "{"x" * MAX_ANSWER}"}}', "too long"),
    ],
)
def test_unusable_answer_is_asked_for_once_more(bad: str | Completion, told: str) -> None:
    vendor = ScriptedVendor(bad, GOOD)

    assert write(vendor).level == 3
    assert vendor.prompts[1].data.startswith(PROMPT.data)
    assert told in vendor.prompts[1].data.removeprefix(PROMPT.data)


def test_refused_answer_is_asked_for_once_more() -> None:
    vendor = ScriptedVendor('{"level": 1}', GOOD)

    def check(shape: Shape) -> None:
        if shape.level == 1:
            raise ValueError("Not that low.")

    assert TextModel(vendor).write(PROMPT, Shape, budget(), check).level == 3
    assert "Not that low." in vendor.prompts[1].data


def test_second_unusable_answer_is_the_last() -> None:
    vendor = ScriptedVendor("no", "no", GOOD)

    with pytest.raises(ModelFailed) as failed:
        write(vendor)

    assert failed.value.trouble is Trouble.ANSWER
    assert len(vendor.prompts) == 2


def test_repair_never_repeats_what_was_answered() -> None:
    vendor = ScriptedVendor('{"level": "the candidate said ledger"}', GOOD)

    write(vendor)

    assert "ledger" not in vendor.prompts[1].data


def test_budget_is_a_hard_limit_of_requests() -> None:
    vendor, spent = ScriptedVendor(*[trouble(Trouble.VENDOR, 0.0)] * 9), budget(requests=2)

    with pytest.raises(ModelFailed) as failed:
        write(vendor, spent)

    assert failed.value.trouble is Trouble.BUDGET
    assert (len(vendor.prompts), spent.bill.requests) == (2, 2)


def test_stopped_budget_lets_nothing_through() -> None:
    vendor, spent = ScriptedVendor(GOOD), budget()
    spent.stop()

    with pytest.raises(ModelFailed):
        write(vendor, spent)

    assert vendor.prompts == []


def test_no_request_begins_after_the_deadline() -> None:
    clock = Clock()
    spent = Budget("small", 10, 30.0, clock)
    clock.at = 30.0

    with pytest.raises(ModelFailed):
        write(ScriptedVendor(GOOD), spent)

    assert spent.bill.requests == 0


def test_request_may_take_what_is_left_and_no_more() -> None:
    vendor = ScriptedVendor(GOOD)

    write(vendor, budget(seconds=7.0))

    assert vendor.timeouts == [7.0]


@pytest.mark.parametrize(
    ("model", "cost"),
    [("gpt-6.1-terra", "0.00177"), ("gemini-3.8-flash", "0.0013425"), ("no-such-model", None)],
)
def test_bill_adds_up_or_is_unknown(model: str, cost: str | None) -> None:
    spent = budget(model=model)

    spent.spend(Usage({"input_tokens": 500}), 0.5)
    spent.spend(Usage({"cached_input_tokens": 400, "output_tokens": 250}), 0.5)

    tokens = {"input_tokens": 500, "cached_input_tokens": 400, "output_tokens": 250}
    assert spent.bill == Bill(model=model, requests=0, tokens=tokens, cost_usd=cost)
