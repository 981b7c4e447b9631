"""REST over a library: the same verbs as in Python, as typed JSON."""
