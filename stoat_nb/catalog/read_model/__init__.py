"""The catalog as typed Arrow columns that follow it, and DuckDB over them."""
