"""How the reading of messages gets better here: from what people say, measured, and only if it is better."""
