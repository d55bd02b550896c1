"""A finished run becomes a draft. Generation never learns that review exists."""
