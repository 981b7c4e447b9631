"""What a codec's own header says, read bit by bit in memory-safe Python. No picture is decoded."""
