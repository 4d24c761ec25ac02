"""What every command prints and writes on the shipped example, kept so that a change of structure changes nothing."""
