"""What outputs look like before anybody judges them: texts in, findings out."""
