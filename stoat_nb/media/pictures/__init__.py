"""Pictures of a video: one that stands for it, and a sheet of several."""
