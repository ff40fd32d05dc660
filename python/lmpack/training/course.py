"""Where a run is between its first step and its last one."""

from __future__ import annotations

from lmpack.errors import TrainingError
from lmpack.training.checkpoint import BRANCH, State
from lmpack.training.config import TrainingConfig
from lmpack.training.schedule import Fall, fall_to, fall_within, rate, steps_until_fall


class Course:
    """Steps done and seconds spent, and what follows from them.

    Attributes:
        step: how many steps are done.
        seconds: how long they took, in all processes that the run had.
        fall: None as long as the clock has not decided when it begins.
        ending: what decides about it.

    Args:
        config: says how the run ends.
        branched: it ends as a branch, whatever the configuration says.
    """

    def __init__(self, config: TrainingConfig, branched: bool) -> None:
        self._config = config
        self.ending = BRANCH if branched else config.ending
        self.step = 0
        self.seconds = 0.0
        self.fall: Fall | None = None
        self._first_step, self._first_seconds = 0, 0.0

    def to_state(self, *, before_fall: bool = False) -> State:
        """The fields of a checkpoint, in which the fall is open as long as it can be."""
        begun = self.fall is not None and (self.step > self.fall.start or self.ending == BRANCH)
        fall = self.fall if begun and not before_fall else None
        return {
            "step": self.step,
            "seconds": self.seconds,
            "fall": None if fall is None else [fall.start, fall.end],
            "ending": self.ending,
        }

    def load(self, state: State) -> None:
        """Go on where a checkpoint was made."""
        self.step, self.seconds = int(state["step"]), float(state["seconds"])
        self.fall = None if state["fall"] is None else Fall(*map(int, state["fall"]))
        self._first_step, self._first_seconds = self.step, self.seconds

    def plan(self) -> None:
        """Fix the fall, if a number of symbols decides about it.

        Raises:
            TrainingError: it should have begun before, or the time is over.
        """
        if self.fall is not None:
            return
        if self._config.seconds is not None:
            if self.seconds >= self._config.seconds:
                raise TrainingError(
                    f"the run has taken {self.seconds:.0f} seconds before its fall: ask for more, "
                    "or make the fall in another folder (--branch)"
                )
            return
        fall = fall_to(self._config.steps, self._config.fall)
        if self.step > fall.start:
            least = steps_until_fall(self.step, self._config.fall) * self._config.step_symbols
            raise TrainingError(
                f"the run is past the point from which its rates would fall: ask for at least "
                f"{least} symbols, or make the fall in another folder (--branch)"
            )
        self.fall = fall

    def look_at_clock(self) -> None:
        """Fix the fall, if it is due by the time that is spent."""
        end = self._config.seconds
        steps, seconds = self.step - self._first_step, self.seconds - self._first_seconds
        if self.fall is not None or end is None or not steps:
            return
        if self.seconds >= end * (1 - self._config.fall):
            self.fall = fall_within(self.step, end - self.seconds, steps / seconds)

    @property
    def finished(self) -> bool:
        """Whether the rates have fallen to 0."""
        return self.fall is not None and self.step >= self.fall.end

    @property
    def falls_now(self) -> bool:
        """Whether the next step is the first of the fall."""
        return self.fall is not None and self.step == self.fall.start

    @property
    def rate(self) -> float:
        """Factor of the peak rates in the next step."""
        return rate(self.step, self._config.warmup, self.fall)

    @property
    def quantizes(self) -> bool:
        """Whether the next step rounds as the export does."""
        falls = self.fall is not None and self.step >= self.fall.start
        return falls or self.symbols >= self._config.quantize_from

    @property
    def symbols(self) -> int:
        """How many symbols were trained on."""
        return self.step * self._config.step_symbols

    @property
    def report_is_due(self) -> bool:
        """Whether a report follows the step that was done last."""
        return self.finished or self.step % self._config.report_every == 0
