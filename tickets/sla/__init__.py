"""What is due when: business-time arithmetic (clock) and the targets that apply (policies)."""
