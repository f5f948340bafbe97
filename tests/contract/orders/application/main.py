"""A second pair, in another style: settings as a class, boto3's resources, an HTTP API, a bucket and a queue."""

from fastapi import FastAPI

from app.routes import router

app = FastAPI()
app.include_router(router, prefix="/v1")
