"""Event records as other programs export them: JSON in several shapes, and XML."""

VERSION = 1
