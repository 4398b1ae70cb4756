"""The Litestar API: requests in, problems or bytes out. It reads lib and knows nothing of flows."""
