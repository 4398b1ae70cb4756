"""What stands between the network and the routes: plain ASGI, no route is known here. Each wall refuses by itself."""
