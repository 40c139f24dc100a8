"""The command line: arguments in, exit status out; each command in a file of its own."""
