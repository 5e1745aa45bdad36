"""Services: operations an OpenAPI document declares and an operator allows; never a URL."""
