"""The two code spaces of the paper, DeePSim's (fc6) and BigGAN's, in numbers."""

N_NOISE = 128
"""Values of a BigGAN code that are noise; they come first, those of the class embedding follow."""

CODE_LENGTHS = {"BigGAN": 2 * N_NOISE, "fc6": 4096}
"""Length of a code of each generator."""

TRUNCATION = 0.7
"""Truncation at which BigGAN was used throughout (Wang & Ponce 2026)."""

HESSIAN_FILES = {"BigGAN": "H_avg_1000cls.npz", "fc6": "Evolution_Avg_Hess.npz"}
"""Archives of the generators' average Hessians; values ascend, vectors are columns."""

HESSIAN_ARRAYS = {
    "BigGAN": ("eigvals_avg", "eigvects_avg"),
    "BigGAN class": ("eigvals_clas_avg", "eigvects_clas_avg"),
    "fc6": ("eigv_avg", "eigvect_avg"),
}
"""Names of eigenvalues and eigenvectors in these archives, of the whole code or its class part."""
