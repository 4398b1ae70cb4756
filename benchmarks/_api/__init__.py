"""What `make bench ARGS=api` measures and with what: servers, data, load. It is no benchmark by itself."""
