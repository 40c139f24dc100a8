"""Rules about what event logs say: each is given one activity at a time."""
