"""What the HTML report shows, as plain values for its templates."""
