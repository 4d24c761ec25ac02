"""What a written row rests on, and whether that still holds."""
