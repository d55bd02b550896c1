"""Plan and generate over HTTP: campaigns, runs, the catalogue."""
