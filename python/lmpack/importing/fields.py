"""What a file says about a model, value by value, of which nothing is believed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lmpack.errors import BundleError


class Fields:
    """Values by their keys, as config.json and the metadata of GGUF hold them.

    A value that is null counts as absent.

    Args:
        values: the values.
        place: how errors name the place where they stand.
    """

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self._values = values
        self._place = place

    def get(self, key: str) -> Any:
        """The value, of whatever type; None if it is absent."""
        return self._values.get(key)

    def integer(self, key: str, most: int, *, least: int = 1, default: int | None = None) -> int:
        """An integer in a range.

        Raises:
            BundleError: it is absent and there is no default, or it is anything else.
        """
        value = self._required(key, default)
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(key, f"must be an integer, {least} to {most:,}")
        return value

    def number(self, key: str, *, default: float | None = None) -> float:
        """A finite number above 0.

        Raises:
            BundleError: it is absent and there is no default, or it is anything else.
        """
        value = self._required(key, default)
        if type(value) not in (int, float) or not 0 < value <= 1e30 or not math.isfinite(value):
            raise self.wrong(key, "must be a number above 0")
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false.

        Raises:
            BundleError: it is anything else.
        """
        value = self._required(key, default)
        if type(value) is not bool:
            raise self.wrong(key, "must be true or false")
        return value

    def text(self, key: str, *, default: str | None = None) -> str:
        """A string.

        Raises:
            BundleError: it is absent and there is no default, or it is anything else.
        """
        value = self._required(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "must be a text")
        return value

    def fields(self, key: str) -> Fields | None:
        """An object within this one; None if it is absent.

        Raises:
            BundleError: it is something else.
        """
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self.wrong(key, "must be an object")
        return Fields(value, f"{self._place}, {key}")

    def allow_only(self, key: str, *allowed: object) -> None:
        """Refuse a field that changes the arithmetic in a way that lmpack does not know.

        Raises:
            BundleError: it is there with another value than the allowed ones.
        """
        value = self.get(key)
        known = isinstance(value, bool | int | float | str) and value in allowed
        if value is not None and not known:
            raise BundleError(
                f"{self._place}: lmpack cannot import a model with {key} = {value!r:.80}"
            )

    def wrong(self, key: str, rule: str) -> BundleError:
        """The error of a value that breaks a rule."""
        return BundleError(f"{self._place}: {key} {rule}, not {self.get(key)!r:.80}")

    def _required(self, key: str, default: Any) -> Any:
        value = self.get(key)
        if value is None:
            value = default
        if value is None:
            raise BundleError(f"{self._place}: {key} is missing")
        return value
