"""Panel components over a Library or a Job: the same in a notebook cell and in a served page."""
