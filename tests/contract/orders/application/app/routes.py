from typing import Annotated

from fastapi import APIRouter, Depends

from app.settings import get_settings
from app.store import Orders

router = APIRouter()


def orders() -> Orders:
    return Orders(get_settings())


Store = Annotated[Orders, Depends(orders)]


@router.get("/orders/{order_id}")
def read_order(order_id: str, store: Store):
    return store.get(order_id)


@router.post("/orders")
def place_order(order: dict, store: Store):
    store.put(order)


@router.get("/customers/{customer}/orders")
def read_orders_of(customer: str, store: Orders = Depends(orders)):
    return store.of_customer(customer)


@router.get("/orders")
def read_orders(store: Store):
    return list(store.all())


@router.get("/orders/{order_id}/receipt")
def read_receipt(order_id: str, store: Store):
    return store.receipt(order_id)
