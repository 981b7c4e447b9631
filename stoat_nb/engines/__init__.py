"""Where pure functions run: supervised processes on this machine. Knows no video and no queue."""
