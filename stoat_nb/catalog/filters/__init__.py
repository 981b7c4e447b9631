"""Which videos are meant: expressions, facets and ranges as one tree, and what is made of it."""
