"""Push: short words to the browsers that a person chose, through the push service of each browser, encrypted to that browser."""
