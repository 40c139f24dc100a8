"""Rules about what the configuration says (IIS1xx)."""
