"""
The numbered rules that the tests answer for.

To make a family's rules binding, add its name to `FAMILIES_TESTED`.
"""

from typing import Final

# Family → what it is about, and the numbers of its rules; the domain's families first.
RULES: Final[dict[str, tuple[str, list[int]]]] = {
    "PA": ("Points account", [*range(1, 29)]),
    "PE": ("Expiry and locking", [*range(1, 11)]),
    "ER": ("Earning rules", [*range(1, 28)]),
    "LV": ("Levels", [*range(1, 19)]),
    "SG": ("Segments", [*range(1, 9)]),
    "TX": ("Transactions", [*range(1, 25)]),
    "RF": ("Referrals", [*range(1, 12)]),
    "NT": ("Webhooks", [1]),
    "CAM": ("Reward campaigns", [1, 2, 3, *range(10, 19)]),
    "PIC": ("Pictures", [*range(1, 5)]),
    "VIS": ("Visible and available rewards", [*range(1, 6), *range(10, 17)]),
    "LIM": ("Limits of rewards", [*range(1, 8)]),
    "POOL": ("Pools of coupons", [*range(1, 7)]),
    "BUY": ("Buying rewards", [*range(1, 12)]),
    "VAL": ("Baskets of rewards", [*range(1, 4)]),
    "CPN": ("Coupons", [*range(1, 8)]),
    "USE": ("Used coupons", [*range(1, 11)]),
    "DEL": ("Deliveries", [*range(1, 6)]),
    "RET": ("Returned coupons", [*range(1, 10)]),
    "RPT": ("Reports of rewards", [*range(1, 4)]),
    "CSH": ("Cashback", [*range(1, 9)]),
    "PCT": ("Percentage discount codes", [*range(1, 5)]),
    "CUST": ("Custom campaigns", [1, 2]),
    "INS": ("Instant rewards", [*range(1, 5)]),
    "CAT": ("Categories of rewards", [*range(1, 4)]),
    "PSH": ("Push messages", [1, 2]),
    "CPX": ("Coupons' notices", [1]),
    "CUS": ("Customers", [*range(1, 9), *range(20, 28), 50, 55, 60, 61, 62]),
    "ACT": ("Activation", [*range(1, 7)]),
    "STA": ("Customers' states", [*range(1, 5)]),
    "PWD": ("Passwords", [*range(1, 9)]),
    "IMP": ("Imports", [*range(1, 6), 10, 11, 12]),
    "INV": ("Invitations", [*range(1, 6)]),
    "SEL": ("Sellers", [*range(1, 7)]),
    "POS": ("Points of sale", [*range(1, 4)]),
    "STO": ("Stores", [*range(1, 5)]),
    "ADM": ("Admin users", [*range(1, 8)]),
    "ACL": ("Roles", [*range(1, 7)]),
    "SET": ("Settings", [*range(1, 5), *range(10, 14), *range(20, 25)]),
    "TRN": ("Translations", [*range(1, 6)]),
    "MSG": ("Messages", [*range(1, 7)]),
    "WEB": ("Webhooks' settings", [1, 2]),
    "AUD": ("Audit log", [*range(1, 7)]),
    "UTL": ("Utilities", [*range(1, 4)]),
    "GEN": ("All endpoints", [*range(1, 10)]),
}

FAMILIES_TESTED: Final = [
    *("PA", "PE", "ER", "LV", "SG", "TX", "RF", "NT"),
    *("CAM", "PIC", "VIS", "LIM", "POOL", "BUY", "VAL", "CPN", "USE", "DEL", "RET", "RPT"),
    *("CSH", "PCT", "CUST", "INS", "CAT", "PSH", "CPX"),
    *("CUS", "ACT", "STA", "PWD", "IMP", "INV", "SEL", "POS", "STO", "ADM", "ACL", "SET", "TRN"),
    *("MSG", "WEB", "AUD", "UTL", "GEN"),
]


def rules_of(families: list[str]) -> list[str]:
    return [f"{family}-{number}" for family in families for number in RULES[family][1]]
