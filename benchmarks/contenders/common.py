"""What every contender is told, and the check of a token's signature that all of them make."""

import os
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

DATABASE = os.environ["BENCH_DATABASE"]  # postgresql://user@/name?host=...&port=...
SECRET = os.environ["BENCH_SECRET"]
# A and B keep no history: the product's triggers, which write it, leave their rows alone.
UNTRACKED = {"pgtrigger.ignore": os.environ["BENCH_TRIGGERS"]}
ZONE = ZoneInfo("Europe/Berlin")
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def read_claims(bearer: Bearer) -> dict:
    """The claims of a token that is signed and not over."""
    try:
        return jwt.decode(bearer.credentials, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "The token is not valid.") from error


Claims = Annotated[dict, Depends(read_claims)]


def bounds_of(day: date) -> tuple[datetime, datetime]:
    starts = datetime.combine(day, time(), ZONE)
    return starts, datetime.combine(day + timedelta(days=1), time(), ZONE)
