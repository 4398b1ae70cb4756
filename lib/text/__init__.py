"""What is true of written Korean and English, whatever is read in it. Pure: knows no stocks, no scores, no store."""
