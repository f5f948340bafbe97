from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ORDERS_")

    table: str
    receipts_bucket: str
    queue_url: str
    page_size: int = 50
    region: str | None = None
    customer_index: str = Field(default="by-customer", alias="CUSTOMER_INDEX")


@lru_cache
def get_settings() -> Settings:
    return Settings()
