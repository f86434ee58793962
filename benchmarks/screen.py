"""Fits the screen of answers, counts what it misses, and what it costs.

    python -m benchmarks.screen fit     # writes services/analyst/screening/kinds.*; minutes
    python -m benchmarks.screen count   # counts anew what that one misses, and writes it there
    python -m benchmarks.screen         # prints the tables; exits with 1 where a limit is missed

`benchmarks/sentences` holds what it is fitted and tuned on (fit.toml), what was written after that and is only counted
(apart.toml), and whole answers to questions in two halves (answers.toml).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.analyst.privacy import without_private_words
from services.analyst.screening.kinds import (
    FITTED,
    KIND_LAYERS,
    LEFT_OUT,
    Counted,
    Fitted,
    Judge,
    Remembered,
    against_work,
    along,
    directions,
    kind_of,
    nearness,
)
from services.analyst.screening.screen import LocalScreen
from services.analyst.screening.sentences import SHA256, Sentences, Vectors
from services.core.plan.taxonomy import TOKEN
from services.core.report.clauses import MASK
from services.core.report.screening import UNSCREENED, Screened, SentenceKind, runs_in
from services.core.talk.transcript import Speaker, Turn
from services.settings import ROOT
from tests.said import PLAN, STRONG, turns

SETS = Path(__file__).parent / "sentences"
KINDS = tuple(SentenceKind)
AXES, RIDGE = 128, 0.3
FOLDS = 4
HIDDEN, LEAST_SHARE = 0.02, 0.6
"""Share of sentences about the work that may be taken for a kind, on folds that were left out of the fit. Most of
these sentences were chosen for looking private or steering, as answers do much less often."""
LEAST_WORK, RELEVANT = 0.3, 0.5
"""Set on the half "fit" of the answers."""
MOST_HIDDEN, LEAST_FOUND, MOST_MS = 0.05, 0.8, 60.0

Matrix = NDArray[np.float64]


def sentences(name: str) -> dict[SentenceKind, list[str]]:
    held = tomllib.loads((SETS / f"{name}.toml").read_text(encoding="utf-8"))
    return {kind: [line.strip() for line in held[kind].splitlines() if line.strip()] for kind in KINDS}


def read_aloud() -> tuple[Screened, list[str], list[str]]:
    """A screen that knows a posting, what was read from it, and what was not."""
    held = tomllib.loads((SETS / "apart.toml").read_text(encoding="utf-8"))
    lines = [line.strip() for line in held["aloud"].splitlines() if line.strip()]
    return Screened(posting=runs_in(held["posting"])), lines, sentences("apart")[SentenceKind.WORK]


def answers() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((SETS / "answers.toml").read_text(encoding="utf-8"))["answer"]
    return found


def fitted(layers: Sequence[Vectors], kinds: NDArray[np.int64]) -> Remembered:
    """Kernel ridge regression on each kind against the others; rare kinds weigh more, by the root of their rarity."""
    means = np.stack([layer.mean(0) for layer in layers]).astype(np.float64)
    rows = directions(layers, means)
    axes = np.linalg.eigh(rows.T @ rows)[1][:, ::-1][:, :AXES].T
    points = along(rows, axes)
    weight = np.sqrt(len(kinds) / np.bincount(kinds, minlength=len(KINDS)))[kinds]
    wanted = 2 * np.eye(len(KINDS))[kinds] - 1
    says = np.linalg.solve(nearness(points, points) + np.diag(RIDGE * weight.mean() / weight), wanted)
    return Remembered(means, axes, points, np.asarray(says, np.float64))


def thresholds(layers: Sequence[Vectors], kinds: NDArray[np.int64]) -> dict[SentenceKind, float]:
    """From folds that were left out: where at most `HIDDEN` of the work is taken for a kind; at least `LEAST_SHARE`."""
    folds, guessed = np.random.default_rng(7).permutation(len(kinds)) % FOLDS, np.zeros((len(kinds), len(KINDS)))
    for fold in range(FOLDS):
        kept = fitted([layer[folds != fold] for layer in layers], kinds[folds != fold])
        guessed[folds == fold] = kept.shares([layer[folds == fold] for layer in layers])
    found = {}
    for kind in LEFT_OUT:
        shares = np.array([against_work(row, kind) for row in guessed])
        work, own = (shares[kinds == KINDS.index(each)] for each in (SentenceKind.WORK, kind))
        found[kind] = round(max(LEAST_SHARE, float(np.quantile(work, 1 - HIDDEN))), 2)
        print(f"on folds left out {kind:10} from {found[kind]:.2f} on finds {(own >= found[kind]).mean():.3f}")
    return found


def fit() -> None:
    held = sentences("fit")
    layers = Sentences().after([text for kind in KINDS for text in held[kind]], *KIND_LAYERS)
    kinds = np.array([at for at, kind in enumerate(KINDS) for _ in held[kind]])
    fitted(layers, kinds).save()
    keep(
        Fitted(
            sha256=SHA256["model.safetensors"],
            thresholds=thresholds(layers, kinds),
            least_work=LEAST_WORK,
            relevant=RELEVANT,
        )
    )


def keep(made: Fitted) -> None:
    """Writes what it decides by, with what it misses."""
    counted = made.model_copy(update={"apart": counts(Judge(made))})
    FITTED.write_text(f"{counted.model_dump_json(indent=1)}\n", encoding="utf-8")


def counts(judge: Judge) -> dict[str, Counted]:
    found = {}
    for kind, texts in sentences("apart").items():
        if kind is not SentenceKind.ELSEWHERE:
            out = len(judge.kinds(texts))
            found[str(kind)] = Counted(of=len(texts), wrong=out if kind is SentenceKind.WORK else len(texts) - out)
    apart = [answer for answer in answers() if answer["half"] == "apart"]
    elsewhere = [answer for answer in apart if not answer["about"]]
    missed = sum(not is_elsewhere(judge, answer) for answer in elsewhere)
    aloud, lines, _ = read_aloud()
    unread = sum(not aloud.read_aloud(words_of(line)) for line in lines)
    return {
        **found,
        "answers": Counted(of=len(elsewhere), wrong=missed),
        "read aloud": Counted(of=len(lines), wrong=unread),
    }


def words_of(text: str) -> list[str]:
    return [token.casefold() for token in TOKEN.findall(text)]


def is_elsewhere(judge: Judge, answer: dict[str, Any]) -> bool:
    return judge.is_elsewhere(answer["question"], [answer["said"]], {})


def auc(of_kind: Matrix, others: Matrix) -> float:
    return float(np.mean([(one > others).mean() + 0.5 * (one == others).mean() for one in of_kind]))


def recall_table(judge: Judge) -> bool:
    """Sentences that were kept apart: found as what they are or as another kind that is left out, and AUC."""
    kept, held = True, sentences("apart")
    rows = {kind: judge.shares(texts) for kind, texts in held.items()}
    print(f"{'sentences apart':16}{'of':>5}{'left out':>10}{'as itself':>11}{'threshold':>11}{'AUC':>7}")
    for at, kind in enumerate(KINDS):
        seen = [kind_of(row, judge.fitted, text) for text, row in zip(held[kind], rows[kind], strict=True)]
        out, itself = sum(one is not SentenceKind.WORK for one in seen), sum(one is kind for one in seen)
        limit = judge.fitted.thresholds.get(kind)
        area = "" if kind is SentenceKind.WORK else f"{auc(rows[kind][:, at], rows[SentenceKind.WORK][:, at]):7.3f}"
        print(f"{kind:16}{len(seen):5}{out:10}{itself:11}{'' if limit is None else f'{limit:.2f}':>11}{area}")
        share = out / len(seen)
        kept &= share <= MOST_HIDDEN if kind is SentenceKind.WORK else True
    texts = held[SentenceKind.PRIVATE]
    screened, alone = Screened(judge.kinds(texts)), sum(_masked(text, UNSCREENED) for text in texts)
    both = sum(_masked(text, screened) or screened.kind(text) is not SentenceKind.WORK for text in texts)
    hidden = sum(_masked(text, Screened(judge.kinds([text]))) for text in held[SentenceKind.WORK])
    print(f"private: rules alone {alone}, rules and screen {both} of {len(texts)}; about the work and masked: {hidden}")
    aloud, lines, others = read_aloud()
    read, wrong = (sum(aloud.read_aloud(words_of(line)) for line in group) for group in (lines, others))
    print(f"read from the posting: {read} of {len(lines)}; about the work and taken for that: {wrong} of {len(others)}")
    return kept and both >= LEAST_FOUND * len(texts)


def _masked(text: str, screened: Screened) -> bool:
    said = Turn("t1", Speaker.CANDIDATE, text, 0, 1000)
    return MASK in without_private_words([said], screened)[0].text


def answer_table(judge: Judge) -> bool:
    print(
        f"\n{'whole answers':16}{'about':>7}{'taken for else':>16}{'elsewhere':>11}{'found':>7}"
        f"{'AUC work':>10}{'AUC like':>10}"
    )
    kept = True
    for half in ("fit", "apart"):
        about = [answer for answer in answers() if answer["half"] == half and answer["about"]]
        other = [answer for answer in answers() if answer["half"] == half and not answer["about"]]
        measured = {
            name: np.array([judge.measures(answer["question"], answer["said"]) for answer in group])
            for name, group in (("about", about), ("other", other))
        }
        lost, found = (sum(is_elsewhere(judge, answer) for answer in group) for group in (about, other))
        areas = [auc(measured["about"][:, at], measured["other"][:, at]) for at in (0, 1)]
        print(f"{half:16}{len(about):7}{lost:16}{len(other):11}{found:7}{areas[0]:10.3f}{areas[1]:10.3f}")
        kept &= not lost
    return kept


def costs() -> bool:
    """Of the process as a report has it: start-up, time for each answer, most memory."""
    began = time.perf_counter()
    judge = Judge()
    loaded = time.perf_counter() - began
    texts = [text for group in sentences("apart").values() for text in group]
    spent = []
    for text in texts:
        began = time.perf_counter()
        judge.kinds([text])
        spent.append((time.perf_counter() - began) * 1000)
    began = time.perf_counter()
    screened = LocalScreen()(PLAN, turns(STRONG), "")
    whole = time.perf_counter() - began
    program = (
        "import resource; from services.analyst.screening.kinds import Judge; j = Judge();"
        "j.kinds(['we moved it to another database ' * 12] * 200);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    print(
        f"\nload {loaded:.2f} s (hash, weights, tokenizer) · {statistics.median(spent):.0f} ms a sentence, one by one"
    )
    print(
        f"one report of {len(STRONG)} answers: {whole:.2f} s with the start of the process"
        f" · most memory {done.stdout.strip()} MB"
    )
    print(screened.note)
    return statistics.median(spent) < MOST_MS


def main() -> int:
    if "fit" in sys.argv[1:]:
        fit()
    elif "count" in sys.argv[1:]:
        keep(Judge().fitted)
    judge = Judge()
    return 0 if all([recall_table(judge), answer_table(judge), costs()]) else 1


if __name__ == "__main__":
    sys.exit(main())
