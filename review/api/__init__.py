"""Review, explain, publish and audit over HTTP."""
