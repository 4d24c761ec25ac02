"""Commands: each parses its arguments, calls one function, prints the result and exits."""
