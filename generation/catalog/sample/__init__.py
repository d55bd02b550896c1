"""The catalogue of a general store that does not exist: word lists, a generator and drawn product images."""
