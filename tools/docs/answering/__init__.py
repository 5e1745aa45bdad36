"""A question finds passages, and passages an answer: quoted, cited, weighed, or not in them."""
