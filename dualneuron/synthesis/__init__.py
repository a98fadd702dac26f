"""Most and least exciting images, made by gradient ascent."""
