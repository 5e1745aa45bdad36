"""Words: tokens, the closed classes of English, and how words relate, inflect and go wrong."""
