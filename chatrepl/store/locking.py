"""Locks on files, which the system lets go of when their process ends, however it ends."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import msvcrt

    def try_lock(handle: int, *, shared: bool = False) -> bool:  # noqa: ARG001 - Windows has no shared ones here
        """Lock the first byte of a file until the handle is closed. False: another handle has it."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        except OSError:
            return True
        return True

else:
    import fcntl

    def try_lock(handle: int, *, shared: bool = False) -> bool:
        """Lock a file until the handle is closed. False: another handle has it.

        Shared locks keep each other company. True also on a file system that knows no locks: then nothing tells the
        processes apart.
        """
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
