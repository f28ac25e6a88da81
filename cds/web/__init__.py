"""The only Flask code: routes, limits, CORS, pages, and the server that runs them."""
