"""What InsiteChart knows and can do, free of any engine that runs it: no Prefect, no Litestar."""
