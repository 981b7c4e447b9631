"""The facts that a container's own headers prove, read in memory-safe Python without libav."""
