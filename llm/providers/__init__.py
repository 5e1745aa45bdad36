"""What can be called: declared models, endpoints and prices, and the routes a set of keys opens."""
