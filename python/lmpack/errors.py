"""Everything lmpack raises on purpose.

LmpackError
 +-- FormatError             the bytes are no container this version can read
 |    +-- NotLmpackError     they do not start like a container
 |    +-- VersionError       they were written by a newer format version
 |    +-- TruncatedError     they end before the container does (also an EOFError)
 |    +-- DamagedError       a check failed; says where
 +-- ModelError              the model that is needed is not there or not the right one
 |    +-- BundleError        a bundle folder cannot be used
 |    +-- ConformanceError   an executor does not reproduce the bundle's integers
 +-- PrefixError             the prefix that is needed is not given or not the right one
 +-- LimitError              coding would take more than the caller allows: max_size, max_memory
 +-- VerifyError             a block that was just made does not decode to its content
 +-- TrainingError           training or export cannot go on with what it was given
 +-- EvaluationError         an experiment cannot go on with what it was given
 +-- UsageError              the caller's mistake (also a ValueError)
"""

from __future__ import annotations


class LmpackError(Exception):
    """Root of all errors that lmpack raises on purpose."""


class FormatError(LmpackError):
    """The bytes are no container that this version can read."""


class NotLmpackError(FormatError):
    """The bytes do not start like an lmpack container."""


class VersionError(FormatError):
    """The container was written in a newer format version."""


class TruncatedError(FormatError, EOFError):
    """The bytes end before the container does.

    Code that reads files of any kind expects an EOFError there, as from gzip and bz2.
    """


class DamagedError(FormatError):
    """A checksum or a consistency rule of the container failed."""


class ModelError(LmpackError):
    """The model that is needed is missing or is another one."""


class BundleError(ModelError):
    """A model bundle is incomplete, damaged or of an unknown kind."""


class ConformanceError(ModelError):
    """An executor does not reproduce the integers that the bundle demands."""


class PrefixError(LmpackError):
    """The prefix that a file was made with is missing, or another one was given."""


class LimitError(LmpackError):
    """Coding would take more than the caller allows.

    No FormatError: nothing is wrong with the bytes, and with a higher limit they can be read.
    """


class VerifyError(LmpackError):
    """A block that was just made does not decode to its content: this machine is not reliable."""


class TrainingError(LmpackError):
    """Training or export cannot go on with what it was given."""


class EvaluationError(LmpackError):
    """An experiment cannot go on with what it was given."""


class UsageError(LmpackError, ValueError):
    """An argument is out of its allowed range."""
