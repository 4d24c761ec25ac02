"""What answers a judge's questions, each behind the one-method protocol `evalkit.types.Client`."""
