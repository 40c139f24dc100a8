"""What event logs say: opened, read, filtered, and understood as activities."""
