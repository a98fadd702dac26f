"""Scores in, codes out."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "batched_cholesky": ["BatchedCholeskyCMAES"],
        "cholesky": ["CholeskyCMAES"],
        "composed": ["concat_wrapper", "fix_param_wrapper"],
        "external": ["CmaesOptimizer", "NevergradOptimizer", "PycmaOptimizer"],
        "genetic": ["Genetic"],
        "gradient": ["gradient_ascent", "label2method"],
        "hessian": ["HessCMAES"],
        "mirrored": ["MirroredES"],
        "presets": ["OPTIMIZERS", "make_optimizer", "names_of"],
        "protocol": ["Optimizer"],
        "sphere": ["SphereCMA"],
        "validation": ["validate_optimizer"],
    },
)
