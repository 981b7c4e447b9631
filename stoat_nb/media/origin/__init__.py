"""When, where and with what a video was recorded: from tags, headers, camera data and samples."""
