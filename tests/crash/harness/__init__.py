"""Kills processes, cuts simulated power, and asks the library's file what became of its jobs."""
