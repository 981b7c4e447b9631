"""Reading a file to its end, packet by packet, without decoding any."""
