"""The words of questions and documents: what counts as one, what is asked, what is defined."""
