"""Is the file all there? What headers say of its length, beside the length it has."""
