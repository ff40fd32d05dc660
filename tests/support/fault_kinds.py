"""The faults that are tried, and the scenarios that they meet."""

from __future__ import annotations

import errno
import signal

from fault_scenarios import Scenario
from faults import Fault

ERRORS = {
    "open": (errno.EIO, errno.EACCES, errno.EMFILE, errno.EINTR),
    "read": (errno.EIO, errno.EINTR),
    "write": (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EINTR),
    "fsync": (errno.EIO, errno.ENOSPC, errno.EINTR),
    "close": (errno.EIO, errno.EDQUOT),
    "chmod": (errno.EPERM, errno.EIO),
    "chown": (errno.EPERM, errno.EIO),
    "utime": (errno.EPERM, errno.EIO),
    "rename": (errno.EIO, errno.EACCES),
    "link": (errno.EIO, errno.EPERM),
    "unlink": (errno.EIO, errno.EACCES),
    "mkdir": (errno.ENOSPC, errno.EACCES),
    "flock": (errno.ENOLCK, errno.EIO),
    "truncate": (errno.EIO,),
    "malloc": (errno.ENOMEM,),
}
SHORT_WRITE = Fault("write")
FAULTS = (*(Fault(call, error) for call, errors in ERRORS.items() for error in errors), SHORT_WRITE)
ONE_FAULT_A_CALL = (*(Fault(call, errors[0]) for call, errors in ERRORS.items()), SHORT_WRITE)
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)

SCENARIOS = tuple(
    Scenario(command, **more)
    for command in ("compress", "decompress")
    for more in (
        {},
        {"removes": True},
        {"replaces": True, "removes": True},
        {"is_batch": True},
        {"is_batch": True, "removes": True},
    )
)
BATCHES_THAT_REMOVE = tuple(s for s in SCENARIOS if s.is_batch and s.removes)
