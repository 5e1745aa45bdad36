"""What is sent: requests as text, their schemas and parts, and how long they may be."""
