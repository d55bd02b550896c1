"""Measuring what shoppers' front ends meet."""
