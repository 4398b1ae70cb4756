"""What operators look at: how the sources stand, what they were asked, what they cost, what is missing."""
