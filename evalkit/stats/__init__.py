"""Pure statistics: arrays in, a value out. Nothing here opens a file, touches the network or draws unseeded numbers."""
