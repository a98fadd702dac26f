"""Numbers that the authors printed elsewhere than on a panel, and this project's, apart from them.

They stand in captions, in the authors' development notebooks and in their explorer; each is in
``published_claims.csv`` with its source, and is computed from the same files by the same functions
as the panels. A module for each family; `compute` knows them all, `listed` and `comparing` set the
two side by side for the report.
"""
