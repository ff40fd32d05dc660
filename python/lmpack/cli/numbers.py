"""Numbers on the command line, called what they are in messages and in the help."""

from __future__ import annotations

import click


class Integer(click.IntRange):
    """An integer within bounds."""

    name = "integer"


class Number(click.FloatRange):
    """A number within bounds."""

    name = "number"
