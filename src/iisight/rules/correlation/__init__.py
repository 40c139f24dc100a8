"""Rules about what configuration, files and event logs say together."""
