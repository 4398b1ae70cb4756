"""What workers share when they ask providers: turns, money, circuits, who reads a stream. No provider is known here."""
