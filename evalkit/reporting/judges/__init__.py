"""Tables, notes and files of judges measured against people."""
