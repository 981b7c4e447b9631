"""What is known of every file: tables, migrations, queries, frames, exports and the job store."""
