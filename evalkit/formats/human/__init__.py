"""Reads files of people's labels: comparisons of two answers with what people say of them."""
