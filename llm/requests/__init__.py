"""One request from its preparation to its delivery, over as many attempts as it takes."""
