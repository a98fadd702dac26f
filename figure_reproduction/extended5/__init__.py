"""Numbers and drawings of Extended Data Figure 5, whose script is `FigureExt5_reproduction`."""
