"""Tests that run in a Windows process: natively, or in Wine (`make test-windows`)."""
