from accounts.models.contacts import CodePurpose, CustomerCode, PushToken
from accounts.models.customers import (
    CardState,
    Customer,
    CustomerStatus,
    Gender,
    LevelChange,
    LevelChangeReason,
)
from accounts.models.levels import Level, LevelTranslation, SpecialReward
from accounts.models.notices import Notice, NoticeKind
from accounts.models.pos import Pos
from accounts.models.resets import PasswordReset
from accounts.models.segments import Segment, SegmentMembership
from accounts.models.sellers import Seller
from accounts.models.sessions import Door, PrincipalKind, TokenSession
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
    "CodePurpose",
    "Customer",
    "CustomerCode",
    "CustomerStatus",
    "Door",
    "Gender",
    "Level",
    "LevelChange",
    "LevelChangeReason",
    "LevelTranslation",
    "Notice",
    "NoticeKind",
    "PasswordReset",
    "PermanentToken",
    "PointsTransfer",
    "Pos",
    "PrincipalKind",
    "PushToken",
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
