"""What commands and Python share: a task for judges, boards, and rows computed anew."""
