"""What a judge is: its settings, its prompt, and how its replies are read."""
