"""One style for the charts of all notebooks: quiet, legible in print, and for the colour-blind."""

from __future__ import annotations

from typing import Any, Final

# Okabe M, Ito K (2008) Color Universal Design, in an order whose neighbours differ in lightness.
PALETTE: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#555555")
# Names of areas may be Chinese; matplotlib takes the first of these that has the character.
_FONTS: Final = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
)


def use_chart_style() -> None:
    """Set matplotlib's defaults for this session."""
    import matplotlib as mpl
    from cycler import cycler
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    style: Any = {
        "figure.figsize": (7.5, 4.2),
        "figure.dpi": 96,
        "figure.constrained_layout.use": True,
        "font.family": [name for name in _FONTS if name in installed],
        "font.size": 10,
        "axes.prop_cycle": cycler(color=PALETTE),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "grid.color": "0.9",
        "legend.frameon": False,
        "lines.linewidth": 1.8,
    }
    mpl.rcParams.update(style)
