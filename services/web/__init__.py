"""HTTP beside the pages: routes, middleware, background work."""
