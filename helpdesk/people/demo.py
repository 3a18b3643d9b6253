"""What the demo says aloud."""

DEMO_PASSWORD = "puente-demo"  # noqa: S105  shown on the sign-in page of the demo, and used by nothing else
