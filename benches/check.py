"""Do two ranked files say the same? In: two CSV files. Out: nothing, or the first differences and status 1.

Columns may stand in another order. Cells of numbers are compared as decimals, so 100 and 100.0 are one value; all
others as text, true and True being one value. Rows must stand in the same order.
"""

import csv
import sys
from decimal import Decimal

csv.field_size_limit(1 << 30)


def same(a, b):
    if a == b or a.lower() == b.lower() in ("true", "false"):
        return True
    try:
        return Decimal(a) == Decimal(b)
    except ArithmeticError:
        return False


def differences(left, right):
    """Yields what differs, a line each."""
    with open(left, newline="", encoding="utf-8") as a, open(right, newline="", encoding="utf-8") as b:
        a, b = csv.reader(a), csv.reader(b)
        header, other = next(a), next(b)
        if sorted(header) != sorted(other):
            yield f"columns: {sorted(set(header) ^ set(other))} are in one file only"
            return
        places = [other.index(name) for name in header]
        count = 0
        for count, row in enumerate(a, 1):
            mate = next(b, None)
            if mate is None:
                yield f"{right} ends after {count - 1} rows"
                return
            mate = [mate[place] for place in places]
            if row != mate:
                for name, x, y in zip(header, row, mate):
                    if not same(x, y):
                        yield f"row {count} ({row[0]}), {name}: {x!r} and {y!r}"
        if next(b, None) is not None:
            yield f"{left} ends after {count} rows"


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: check.py ONE.csv OTHER.csv")
    found = 0
    for difference in differences(*sys.argv[1:]):
        print(difference, file=sys.stderr)
        found += 1
        if found == 10:
            break
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
