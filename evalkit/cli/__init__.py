"""Commands that parse, call one function, print and exit."""
