"""Measuring: retrieval, import, pipeline and whole pages. Commands ask for it; nothing else imports it."""
