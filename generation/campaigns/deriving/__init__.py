"""Audiences out of purchase events: who buys alike, said in words. Knows no database; keeps no customer identifier."""
