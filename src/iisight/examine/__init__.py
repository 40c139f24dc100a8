"""The close look at one executable file: who signed it, what it asks IIS for, what it can do.

Everything here is a function of the file's bytes and of what the caller trusts. It runs in worker processes, so that
a file that breaks a library, hangs it or eats memory costs itself alone.
"""
