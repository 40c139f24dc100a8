"""Sigma rules: compiled from their text to plain values, and evaluated on events."""
