"""Tokens of programs."""

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api import accounts, people_out, tokens
from api.accounts import By
from api.models import Page
from api.people import Administrator, Here, may_read
from api.rights import Right, Role
from api.routes.paging import After, Limit, page
from api.routes.users import Names

router = APIRouter(tags=["tokens"])


class NewToken(BaseModel):
    """A new token; without rights it reads alone."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64)
    role: Role
    rights: list[Right] = []
    townships: Names = []
    sites: Names = []
    days: int = Field(365, ge=1, le=tokens.MOST_DAYS)


@router.get("/tokens", dependencies=[Depends(may_read(Right.ADMINISTER))])
def all_tokens(here: Here, after: After = "", limit: Limit = 200) -> Page[people_out.TokenOut]:
    """Give all tokens, revoked ones too."""
    rows = [token for token in here.services.records.tokens() if token.name > after]
    return page(rows[: limit + 1], limit, lambda row: row.name, people_out.token)


@router.post("/tokens", status_code=201)
def add(body: NewToken, here: Here, person: Administrator) -> people_out.TokenMade:
    """Make a token; its secret is shown this once (Problem 422: what the rules forbid)."""
    accounts.demand_scope(body.townships, body.sites, here.services.assets)
    wanted = body.model_dump(mode="json")
    with here.services.records.unit() as unit:
        by = By(person.user.name, here.services.clock_ns())
        secret, made = tokens.add(unit, by, owner=person.user.name, **wanted)
    return people_out.TokenMade(**people_out.token(made).model_dump(), token=secret)


@router.post("/tokens/{name}/revoke", status_code=204)
def revoke(name: str, here: Here, person: Administrator) -> None:
    """End a token at once."""
    with here.services.records.unit() as unit:
        tokens.revoke(unit, name, By(person.user.name, here.services.clock_ns()))
