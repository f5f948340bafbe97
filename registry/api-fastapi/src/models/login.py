"""What a login asks for."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from src.models.person import normalise_email
from src.passwords import LENGTH_MAX


class Login(BaseModel):
    model_config = ConfigDict(extra="forbid")

    # Not checked for the form of an address: a misspelt one is a failed login, not an invalid request.
    email: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=254), AfterValidator(normalise_email)]
    password: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=LENGTH_MAX)] = Field(repr=False)
