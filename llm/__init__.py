"""Language models: the planner model behind one port."""
