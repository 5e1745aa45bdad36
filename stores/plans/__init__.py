"""Plans that ran: how they are keyed, kept, made templates of, and taken away."""
