"""Text from outside made harmless, numbers in words, widths and markup."""
