"""The queue: jobs are submitted, run, watched and cancelled here, whatever they do."""
