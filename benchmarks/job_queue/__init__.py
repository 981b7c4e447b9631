"""The legs of ``benchmarks/queue.py``."""
