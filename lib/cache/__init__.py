"""What processes share through Redis, and what stands in for it in memory. The only room that imports redis; it knows
no route.
"""
