"""A bound on the memory of this process, where the system has one to give."""

import sys
from contextlib import suppress


def bound_memory(most: int) -> None:
    """Let allocations fail beyond `most` bytes of address space (POSIX) or of committed memory (Windows).

    macOS takes the limit and does not keep to it; there the time bound alone holds.
    """
    with suppress(OSError, ValueError):  # the system has no such limit
        if sys.platform == "win32":
            _bound_job(most)
        else:
            import resource

            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _bound_job(most: int) -> None:
    """Put this process into a job object with JOB_OBJECT_LIMIT_PROCESS_MEMORY (Win32, `SetInformationJobObject`)."""
    import ctypes

    from iisight.win32 import library

    class _Limits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

        _fields_ = (
            ("times", ctypes.c_int64 * 2),
            ("flags", ctypes.c_uint32),
            ("working_set", ctypes.c_size_t * 2),
            ("active", ctypes.c_uint32),
            ("affinity", ctypes.c_size_t),
            ("classes", ctypes.c_uint32 * 2),
            ("io", ctypes.c_uint64 * 6),
            ("process_memory", ctypes.c_size_t),
            ("rest", ctypes.c_size_t * 3),
        )

    kernel = library("kernel32")
    job = kernel.CreateJobObjectW(None, None)  # it is there as long as this process
    limits = _Limits(flags=0x100, process_memory=most)
    kernel.SetInformationJobObject(job, 9, ctypes.byref(limits), ctypes.sizeof(limits))
    kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())
