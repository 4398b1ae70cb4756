"""The page for people: rendered here in Korean and English, filled from the same API that programs use."""
