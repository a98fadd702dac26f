"""From recordings to source data: reading, experiments, analyses, exporters, simulation."""
