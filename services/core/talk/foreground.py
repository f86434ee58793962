"""Who is in front of the microphone: the candidate, or somebody further away.

A television next door is speech like any other, so no detector of speech ends a turn beside it, and it interrupts Ema.
It differs from the candidate in its level, and in that it goes on when the candidate stops and while Ema speaks. Where
nothing of the kind is heard nothing is left out, however softly somebody ends a sentence.
"""

from __future__ import annotations

import math

SMOOTHED_S = 0.06
"""Time constant of the level: longer than the gap between two sounds, shorter than a syllable."""
FURTHER_AWAY_DB = 8.0
"""Below the candidate's own level. The loudest syllables of a voice that is 10 dB quieter come near it."""
RISE_DB_S, FALL_DB_S = 12.0, 0.25
"""How fast the candidate's level follows what is louder (a slammed door is over before), and what is quieter: a
television that is 10 dB below would need half a minute to pass for them."""
OVER_NOISE_DB = 6.0
"""Level over the room's own noise from which something can be heard at all."""
SILENT_DBFS, LEAST_DBFS = -65.0, -90.0
NOISE_RISE_DB_S, NOISE_FALL_DB_S = 0.5, 40.0
SYLLABLE_S = 0.35
"""Without a loud syllable for so long, what is heard may be somebody else: within a phrase there is always one."""
AWAY_S = 0.6
"""Without a loud syllable for so long, the candidate has stopped."""
BELIEVED_S, REMEMBERED_S = 1.5, 8.0
"""Seconds of somebody further away until they are believed, and the most that later silence has to outlast."""
SUSPECTED_S = 0.7
"""The same for a voice that follows the candidate's while Ema is silent, until it is doubted."""
FORGOTTEN = 0.5
"""Seconds forgotten with each second of silence: a television pauses, too."""
FRESH_S = 0.8
"""A voice after so much silence is a new utterance and sets its own level: the candidate may have leaned back."""
ECHO_TAIL_S, ANSWERED_S = 0.2, 0.3
"""What falls silent within the first after Ema, and stays so for the second, was her echo, unless it comes back: who
speaks then, louder by `ANOTHER_DB` than all that was heard over her, answers her and sets their own level."""
ANOTHER_DB = 3.0
UNHEEDING_S, OUTLASTED_S = 2.0, 0.5
"""Seconds of loud syllables over Ema and beyond her, of a voice that goes on: a candidate stops for her, or she does.
Over her the canceller leaves a third of them, and of her echo next to nothing."""
LOUDER_DB = 6.0
"""Two voices that are equally loud come to 3 dB more: who is louder by this is somebody else, in front of both."""
DOUBTED_S = 1.8
"""Silence that ends any turn. Who goes on for `SUSPECTED_S` in a low voice is doubted once, for so long: a turn that a
television holds open ends, and a candidate who lost their voice is heard again after it."""


class Foreground:
    """One microphone's. It has no clock: time is the length of the audio it is told about."""

    def __init__(self) -> None:
        self._power: float | None = None
        self._noise = SILENT_DBFS
        self._candidate: float | None = None
        """Level of the candidate's loud syllables, in dBFS; None until somebody spoke."""
        self._since_loud_s = self._silent_s = 0.0
        self._since_ema_s = math.inf
        self._answering = False
        """Nobody was heard since Ema ended."""
        self._over_ema_dbfs = LEAST_DBFS
        """The loudest that was heard over her and is not the candidate."""
        self._over_ema_s = 0.0
        """Of voices further away, heard while Ema spoke: then it is nobody who answers her."""
        self._after_s = 0.0
        """Of voices further away, heard while she was silent: the candidate, speaking softly, sounds alike."""
        self._over_her_s = self._beyond_her_s = 0.0
        """Loud syllables of one utterance, while Ema was heard and since."""
        self._pause_s = 0.0
        """Since anything was loud before her echo was cancelled: that takes some of a voice along."""
        self.unheeding = False
        """A voice as loud as the candidate's goes on whether Ema speaks or not, so that nobody can tell whose it is.
        Until it pauses for so long that any turn ends, or somebody louder speaks."""
        self._unheeding_dbfs = 0.0
        self._doubt_s = DOUBTED_S
        """What is left of the one doubt that a low voice gets, until the candidate is heard again."""

    @property
    def others(self) -> bool:
        """Somebody further away talks, too, and only the candidate's own level counts."""
        return self._over_ema_s >= BELIEVED_S

    @property
    def faded(self) -> bool:
        """Voices go on, and none of them is as loud as the candidate's."""
        return self._candidate is not None and self._since_loud_s >= AWAY_S and self._silent_s < FRESH_S

    def keeps(self, dbfs: float, seconds: float, *, ema: bool, uncancelled: float = LEAST_DBFS) -> bool:
        """Whether the next `seconds` of audio (some 20 ms), of this level, may be the candidate's. `ema`: she can be
        heard meanwhile; what is left of her echo counts as somebody further away. `uncancelled`: level with it."""
        level = self._smoothed(dbfs, seconds)
        self._follow_noise(level, seconds)
        self._follow_ema(seconds, ema=ema)
        if level > self._noise + OVER_NOISE_DB:
            self._hear(level, seconds, ema=ema)
        else:
            self._silent_s += seconds
            self._since_loud_s += seconds
            self._over_ema_s = max(0.0, self._over_ema_s - FORGOTTEN * seconds)
            self._after_s = max(0.0, self._after_s - FORGOTTEN * seconds)
            if self._silent_s >= self._since_ema_s - ECHO_TAIL_S and self._since_ema_s >= ANSWERED_S:
                self._answering = True
        self._follow_her(max(dbfs, uncancelled), seconds, ema=ema)
        stopped = self._candidate is not None and self._since_loud_s >= AWAY_S
        return not (stopped and (ema or self.others or self._doubts(seconds)))

    def _follow_ema(self, seconds: float, *, ema: bool) -> None:
        if ema and self._since_ema_s >= ANSWERED_S:
            self._over_ema_dbfs = LEAST_DBFS
        self._since_ema_s = 0.0 if ema else self._since_ema_s + seconds
        self._answering = self._answering and not ema

    def _follow_her(self, uncancelled: float, seconds: float, *, ema: bool) -> None:
        if self._candidate is None:
            return
        self._pause_s = 0.0 if uncancelled >= self._candidate - FURTHER_AWAY_DB else self._pause_s + seconds
        if self._pause_s >= FRESH_S:
            self._over_her_s = self._beyond_her_s = 0.0
        loud_s = 0.0 if self._since_loud_s else seconds
        if ema:
            self._over_her_s, self._beyond_her_s = self._over_her_s + loud_s, 0.0
        else:
            self._beyond_her_s += loud_s
        if self.unheeding:
            if self._pause_s >= DOUBTED_S or self._candidate >= self._unheeding_dbfs + LOUDER_DB:
                self.unheeding, self._over_her_s = False, 0.0
        elif self._over_her_s >= UNHEEDING_S and self._beyond_her_s >= OUTLASTED_S:
            self.unheeding, self._unheeding_dbfs = True, self._candidate

    def _doubts(self, seconds: float) -> bool:
        doubted = self._after_s >= SUSPECTED_S and self._doubt_s > 0.0
        if doubted:
            self._doubt_s -= seconds
        return doubted

    def _hear(self, level: float, seconds: float, *, ema: bool) -> None:
        if self._answering and level >= self._over_ema_dbfs + ANOTHER_DB:
            self._answering, self._over_ema_s, self._silent_s = False, 0.0, FRESH_S
        fresh = self._silent_s >= FRESH_S and not ema and not self.others
        if self._candidate is None or fresh:
            self._candidate = level
        self._silent_s = 0.0
        if level >= self._candidate - FURTHER_AWAY_DB:
            self._since_loud_s, self._doubt_s = 0.0, DOUBTED_S
            rise, fall = RISE_DB_S * seconds, FALL_DB_S * seconds
            self._candidate += min(rise, max(-fall, level - self._candidate))
            return
        self._since_loud_s += seconds
        if ema:
            self._over_ema_dbfs = max(self._over_ema_dbfs, level)
            self._over_ema_s = min(REMEMBERED_S, self._over_ema_s + seconds)
        elif self.others:
            self._over_ema_s = min(REMEMBERED_S, self._over_ema_s + FORGOTTEN * seconds)
        elif self._since_loud_s >= SYLLABLE_S:
            self._after_s += seconds

    def _smoothed(self, dbfs: float, seconds: float) -> float:
        power, share = 10 ** (max(dbfs, LEAST_DBFS) / 10), min(1.0, seconds / SMOOTHED_S)
        self._power = power if self._power is None else self._power + share * (power - self._power)
        return 10 * math.log10(self._power)

    def _follow_noise(self, level: float, seconds: float) -> None:
        if level < self._noise:
            self._noise = max(SILENT_DBFS, level, self._noise - NOISE_FALL_DB_S * seconds)
        else:
            self._noise += NOISE_RISE_DB_S * seconds
