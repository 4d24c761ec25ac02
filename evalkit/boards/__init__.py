"""Annotations into board rows."""
