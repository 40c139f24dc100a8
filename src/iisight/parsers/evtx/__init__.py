"""Event logs of Windows (`.evtx`): the container, chunk by chunk, and its records."""

VERSION = 1
