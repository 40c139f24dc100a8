"""One file for each way IIS comes to load code; each has `find(site: Survey) -> Iterable[Draft]`."""
