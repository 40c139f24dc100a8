"""The watch under faults: it loses no alert and invents none, whatever ends it and whatever is done to it."""
