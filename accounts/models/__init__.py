from accounts.models.customers import (
    CardState,
    Customer,
    CustomerStatus,
    Gender,
    LevelChange,
    LevelChangeReason,
)
from accounts.models.levels import Level, LevelTranslation, SpecialReward
from accounts.models.pos import Pos
from accounts.models.segments import Segment, SegmentMembership
from accounts.models.sellers import Seller
from accounts.models.sessions import PrincipalKind, TokenSession
from accounts.models.staff import (
    Access,
    PermanentToken,
    Resource,
    Role,
    RolePermission,
    StaffUser,
)
from accounts.models.transfers import PointsTransfer, TransferState, TransferType

__all__ = [
    "Access",
    "CardState",
    "Customer",
    "CustomerStatus",
    "Gender",
    "Level",
    "LevelChange",
    "LevelChangeReason",
    "LevelTranslation",
    "PermanentToken",
    "PointsTransfer",
    "Pos",
    "PrincipalKind",
    "Resource",
    "Role",
    "RolePermission",
    "Segment",
    "SegmentMembership",
    "Seller",
    "SpecialReward",
    "StaffUser",
    "TokenSession",
    "TransferState",
    "TransferType",
]
