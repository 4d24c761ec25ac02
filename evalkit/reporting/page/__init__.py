"""Prepare the content of the HTML report as plain values for its templates."""
