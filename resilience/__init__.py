"""Deadlines, limits and their kin, shared by llm, tools and stores."""
