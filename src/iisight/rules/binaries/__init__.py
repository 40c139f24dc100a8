"""Rules about the files that are loaded (IIS2xx)."""
