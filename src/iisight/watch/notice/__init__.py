"""Notices changes of files: by what the system tells, and by looking again for what it does not tell."""

from iisight.watch.notice.batch import Batch, Note, NoteKind, NoticeError, Root
from iisight.watch.notice.notices import Notices
from iisight.watch.notice.settling import Settling

__all__ = ["Batch", "Note", "NoteKind", "NoticeError", "Notices", "Root", "Settling"]
