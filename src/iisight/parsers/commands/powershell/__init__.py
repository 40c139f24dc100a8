"""PowerShell: its command line, its text taken apart, and what a script does to the server."""
