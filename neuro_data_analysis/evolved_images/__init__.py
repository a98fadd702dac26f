"""Pictures of the evolved images of the authors' explorer, and Figure 3G's question to them."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "galleries": ["Pair", "draw_gallery", "gallery_pairs"],
        "sheets": ["contact_sheet"],
        "similarities": [
            "best_block_images",
            "pearson_table",
            "draw_similarities",
            "image_columns",
        ],
    },
)
