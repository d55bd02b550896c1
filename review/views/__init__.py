"""The review screens: thin functions that check access, read input, call a service and render."""
