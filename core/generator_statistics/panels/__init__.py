"""The tables of Extended Data Figure 1, panel by panel."""
