"""The values every layer speaks in: frozen, typed, without I/O."""
