"""Numbers as the Publication Manual of the APA (7th edition) writes them."""

from __future__ import annotations

DASH = "–"
MINUS = "\N{MINUS SIGN}"


def decimal(value: float | None, *, digits: int = 2) -> str:
    """A number that cannot exceed 1, without the zero before its point; almost 1 does not look like 1.

    >>> decimal(0.666), decimal(-0.054), decimal(1.0), decimal(0.9991), decimal(-0.001), decimal(None)
    ('.67', '−.05', '1.00', '>.99', '.00', '–')
    """
    if value is None:
        return DASH
    limit = 1 - 0.5 * 10**-digits
    if limit <= value < 1:
        return ">." + "9" * digits
    said = f"{abs(value):.{digits}f}"
    sign = MINUS if value < 0 and float(said) else ""
    return sign + (said[1:] if said[0] == "0" else said)


def interval(low: float | None, high: float | None) -> str:
    """
    >>> interval(0.412, 0.82), interval(None, 0.82)
    ('[.41, .82]', '–')
    """
    return DASH if low is None or high is None else f"[{_limit(low)}, {_limit(high)}]"


def probability(value: float | None) -> str:
    """Three digits, as p values have them.

    >>> probability(0.0004), probability(0.0312), probability(0.9999), probability(1.0)
    ('<.001', '.031', '>.999', '>.999')
    """
    if value is None:
        return DASH
    if value < 0.001:
        return "<.001"
    return ">.999" if value > 0.999 else decimal(value, digits=3)


def share(value: float | None) -> str:
    """A percentage.

    >>> share(0.1234), share(0.0), share(0.0002), share(0.9998), share(None)
    ('12.3%', '0.0%', '<0.1%', '>99.9%', '–')
    """
    if value is None:
        return DASH
    if 0.9995 <= value < 1:
        return ">99.9%"
    return "<0.1%" if 0 < value < 0.0005 else f"{value:.1%}"


def count(value: int | None) -> str:
    """
    >>> count(12345)
    '12,345'
    """
    return DASH if value is None else f"{value:,}"


def counted(n: int, one: str, many: str = "") -> str:
    """
    >>> counted(1, "unit"), counted(2, "unit"), counted(2, "category", "categories")
    ('1 unit', '2 units', '2 categories')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def percent(level: float) -> str:
    """
    >>> percent(0.95)
    '95%'
    """
    return f"{100 * level:g}%"


def _limit(value: float) -> str:
    """A limit of an interval, rounded: `>.99` would be odd there."""
    return decimal(round(value, 2))
