"""One file for each way IIS comes to load code; each has `find(survey: Survey) -> Iterable[Draft]`.

`sleepers` alone asks for more: what all the others found.
"""
