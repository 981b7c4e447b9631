"""Files to facts: pure, synchronous, picklable. Knows no database, no event loop, no pandas."""
