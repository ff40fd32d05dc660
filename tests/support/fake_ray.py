"""Ray's calls in this process, one after another: what is started last may be done first."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any


class WorkerDied(Exception):
    """What Ray raises if a worker died too often."""


class TaskFailed(Exception):
    """What Ray raises if a call raised; `cause` is that."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _Call:
    def __init__(self, run: Callable[[], Any]) -> None:
        self.run = run


class _Method:
    def __init__(self, ray: FakeRay, worker: Any, name: str) -> None:
        self._ray, self._worker, self._name = ray, worker, name

    def remote(self, *arguments: Any) -> _Call:
        def run() -> Any:
            if arguments != ([],):  # with which it is asked whether it is there
                self._ray.calls.append((self._name, arguments))
                self._ray.before(self._name, arguments)
            try:
                return getattr(self._worker, self._name)(*arguments)
            except Exception as error:
                raise TaskFailed(error) from error

        return _Call(run)


class _Actor:
    def __init__(self, ray: FakeRay, worker: Any) -> None:
        self._ray, self._worker = ray, worker

    def __getattr__(self, name: str) -> _Method:
        return _Method(self._ray, self._worker, name)


class FakeRay:
    """Put it in the place of the module.

    Attributes:
        calls: names of the methods that workers were asked for, and their arguments.
        before: called before each; it may raise what a cluster raises, or change files.
    """

    class exceptions:
        """As in Ray."""

        RayTaskError = TaskFailed
        RayActorError = WorkerDied

    def __init__(self, seed: int = 0) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.before: Callable[[str, tuple[Any, ...]], None] = lambda name, arguments: None
        self._random = random.Random(seed)

    def is_initialized(self) -> bool:
        """It is."""
        return True

    def cluster_resources(self) -> dict[str, int]:
        """Those of two cores."""
        return {"CPU": 2}

    def remote(self, **_: object) -> Callable[[Callable[..., Any]], Any]:
        """Make actors of a class."""

        def decorated(kind: Callable[..., Any]) -> Any:
            class Remote:
                @staticmethod
                def remote(*arguments: Any) -> _Actor:
                    return _Actor(self, kind(*arguments))

            return Remote

        return decorated

    def wait(self, calls: list[_Call], num_returns: int) -> tuple[list[_Call], list[_Call]]:
        """One of the calls, whichever."""
        assert num_returns == 1
        chosen = self._random.choice(calls)
        return [chosen], [call for call in calls if call is not chosen]

    def get(self, call: _Call) -> Any:
        """Run it."""
        return call.run()

    def kill(self, actor: object) -> None:
        """Nothing is running."""

    def done(self, name: str) -> int:
        """How often a method was called."""
        return sum(called == name for called, _ in self.calls)
