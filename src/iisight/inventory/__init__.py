"""What to read of the evidence, the configuration in force, and every component that comes of it."""
