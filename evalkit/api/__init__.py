"""The use cases of the package: judge outputs, decide a gate, build boards, and recompute written rows."""
