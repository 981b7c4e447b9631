"""Tables as files: what is asked for, the rows of one moment, and a writer for each format."""
