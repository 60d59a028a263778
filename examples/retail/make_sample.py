#!/usr/bin/env python3
"""Builds the sample data set of this folder from the public Complete Journey data.

    python3 -m venv .venv && .venv/bin/pip install pyarrow
    .venv/bin/python make_sample.py <folder with the source's Parquet files>

The same source gives the same rows: households are drawn by a hash of their id, rows are written in a fixed order,
gzip headers carry no time. (Compressed bytes may differ between zlib versions; the rows do not.)

Three systems are written, as a retailer has them, that know people by different numbers:
  orders.csv.gz   the till                 household_id
  people.csv.gz   the loyalty-card desk    member_no and household_id
  events.jsonl.gz the coupon system        member_no only
"""

import csv
import datetime
import gzip
import hashlib
import io
import json
import pathlib
import sys
import zoneinfo
from decimal import Decimal

import pyarrow.parquet as pq

WITH_DEMOGRAPHICS = 240
WITHOUT_DEMOGRAPHICS = 210
# The source's instants are UTC (shopping is quietest at 09:00), its calendar dates are those of the stores.
STORE_ZONE = zoneinfo.ZoneInfo("America/New_York")
DEMOGRAPHICS = ["age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count"]
AMOUNTS = ["sales_value", "retail_disc", "coupon_disc", "coupon_match_disc"]
HERE = pathlib.Path(__file__).resolve().parent


def rows(source, name):
    return pq.read_table(source / f"{name}.parquet").to_pylist()


def draw(households, count):
    """The `count` households with the smallest hash: a random draw that needs no seed and no generator."""
    return sorted(households, key=lambda h: hashlib.sha256(f"siyu-retail-sample:{h}".encode()).digest())[:count]


def member_no(household):
    return f"C{household:06d}"


def money(value):
    """A float of the source as exact text. The source holds whole cents only; anything else is an error, not rounded."""
    exact = Decimal(repr(value)).quantize(Decimal("0.01"))
    if abs(exact - Decimal(repr(value))) > Decimal("1e-9"):
        raise ValueError(f"not whole cents: {value!r}")
    return f"{exact}"


def start_of_day(moment):
    return moment.replace(tzinfo=STORE_ZONE).isoformat()


def write_gz(name, text):
    with open(HERE / name, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        out.write(text.encode("utf-8"))


def write_csv(name, header, records):
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(header)
    out.writerows(records)
    write_gz(name, text.getvalue())


def write_orders(source, chosen):
    """The till's lines, in the source's order. Returns the ids of the products in them."""
    table = pq.read_table(source / "transactions.parquet", filters=[("household_id", "in", sorted(chosen))])
    lines = sorted(table.to_pylist(), key=lambda r: (r["household_id"], r["transaction_timestamp"], r["basket_id"], r["product_id"]))
    header = ["transaction_timestamp", "store_id", "basket_id", "household_id", "product_id", "quantity", *AMOUNTS]
    write_csv(
        "orders.csv.gz",
        header,
        (
            [
                r["transaction_timestamp"].strftime("%Y-%m-%dT%H:%M:%SZ"),
                r["store_id"],
                r["basket_id"],
                r["household_id"],
                r["product_id"],
                r["quantity"],
                *(money(r[a]) for a in AMOUNTS),
            ]
            for r in lines
        ),
    )
    return {r["product_id"] for r in lines}


def title(product):
    """Brand and the most exact description there is; the source has no product names."""
    what = product["product_type"] or product["product_category"] or product["department"] or ""
    return " ".join(part for part in (product["brand"], what) if part)


def write_products(source, used):
    header = ["product_id", "title", "department", "category", "brand", "package_size"]
    found = sorted((p for p in rows(source, "products") if p["product_id"] in used), key=lambda p: p["product_id"])
    write_csv(
        "products.csv.gz",
        header,
        ([p["product_id"], title(p), p["department"], p["product_category"], p["brand"], p["package_size"]] for p in found),
    )


def write_people(demographics, chosen):
    write_csv(
        "people.csv.gz",
        ["member_no", "household_id", *DEMOGRAPHICS],
        ([member_no(h), h, *(demographics.get(h, {}).get(d) for d in DEMOGRAPHICS)] for h in sorted(chosen)),
    )


def events(source, chosen):
    campaigns = {c["campaign_id"]: c for c in rows(source, "campaign_descriptions")}
    for r in rows(source, "campaigns"):
        if r["household_id"] in chosen:
            about, member = campaigns[r["campaign_id"]], member_no(r["household_id"])
            yield {
                "message_id": f"campaign-{r['campaign_id']}-{member}",
                "name": "Campaign Received",
                "at": start_of_day(about["start_date"]),
                "member_no": member,
                "properties": {
                    "campaign_id": str(r["campaign_id"]),
                    "campaign_type": about["campaign_type"],
                    "start_date": f"{about['start_date']:%Y-%m-%d}",
                    "end_date": f"{about['end_date']:%Y-%m-%d}",
                },
            }
    for r in rows(source, "coupon_redemptions"):
        if r["household_id"] in chosen:
            about, member, day = campaigns[r["campaign_id"]], member_no(r["household_id"]), r["redemption_date"]
            yield {
                # The same coupon is redeemed on several days by some households, so the day is part of the id.
                "message_id": f"redeem-{r['coupon_upc']}-{r['campaign_id']}-{day:%Y%m%d}-{member}",
                "name": "Coupon Redeemed",
                "at": start_of_day(day),
                "member_no": member,
                "properties": {
                    "coupon_upc": str(r["coupon_upc"]),
                    "campaign_id": str(r["campaign_id"]),
                    "campaign_type": about["campaign_type"],
                },
            }


def write_events(source, chosen):
    ordered = sorted(events(source, chosen), key=lambda e: (e["at"][:10], e["message_id"]))
    write_gz("events.jsonl.gz", "".join(json.dumps(e, ensure_ascii=False, separators=(",", ":")) + "\n" for e in ordered))


def read_csv(name):
    with gzip.open(HERE / name, "rt", encoding="utf-8", newline="") as f:
        yield from csv.DictReader(f)


def expected():
    """Counts taken from the written files alone, with exact decimals: what an import of them must arrive at."""
    lines = list(read_csv("orders.csv.gz"))
    people = list(read_csv("people.csv.gz"))
    with gzip.open(HERE / "events.jsonl.gz", "rt", encoding="utf-8") as f:
        happened = [json.loads(line) for line in f]
    assert len({e["message_id"] for e in happened}) == len(happened), "event ids repeat"
    products = [p["product_id"] for p in read_csv("products.csv.gz")]
    assert len(set(products)) == len(products), "product ids repeat"
    listed = set(products)
    assert {r["household_id"] for r in lines} == {p["household_id"] for p in people}, "till and card desk differ"

    def cents(column):
        return int(sum((Decimal(r[column]) for r in lines), Decimal(0)) * 100)

    return {
        "orders": len({r["basket_id"] for r in lines}),
        "lines": len(lines),
        "revenue_minor": cents("sales_value"),
        "people": len(people),
        "products": len(products),
        "events": len(happened),
        "currency": "USD",
        "first_order_at": min(r["transaction_timestamp"] for r in lines),
        "last_order_at": max(r["transaction_timestamp"] for r in lines),
        "stores": len({r["store_id"] for r in lines}),
        "people_with_demographics": sum(any(p[d] for d in DEMOGRAPHICS) for p in people),
        "retail_disc_minor": cents("retail_disc"),
        "coupon_disc_minor": cents("coupon_disc"),
        "coupon_match_disc_minor": cents("coupon_match_disc"),
        "lines_quantity_0": sum(r["quantity"] == "0" for r in lines),
        "lines_sales_value_0": sum(Decimal(r["sales_value"]) == 0 for r in lines),
        "lines_both_0": sum(r["quantity"] == "0" and Decimal(r["sales_value"]) == 0 for r in lines),
        "orders_sales_value_0": len({r["basket_id"] for r in lines} - {r["basket_id"] for r in lines if Decimal(r["sales_value"])}),
        # The source sells a few products that its own product table does not list.
        "products_sold_but_unlisted": len({r["product_id"] for r in lines} - listed),
        "lines_of_unlisted_products": sum(r["product_id"] not in listed for r in lines),
        "lines_unit_price_not_whole_cents": sum(
            int(r["quantity"]) > 0 and int(Decimal(r["sales_value"]) * 100) % int(r["quantity"]) != 0 for r in lines
        ),
        "campaigns_received": sum(e["name"] == "Campaign Received" for e in happened),
        "coupons_redeemed": sum(e["name"] == "Coupon Redeemed" for e in happened),
        "people_with_events": len({e["member_no"] for e in happened}),
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    demographics = {d["household_id"]: d for d in rows(source, "demographics")}
    buyers = set(pq.read_table(source / "transactions.parquet", columns=["household_id"]).column(0).to_pylist())
    chosen = {
        *draw(buyers & demographics.keys(), WITH_DEMOGRAPHICS),
        *draw(buyers - demographics.keys(), WITHOUT_DEMOGRAPHICS),
    }
    write_products(source, write_orders(source, chosen))
    write_people(demographics, chosen)
    write_events(source, chosen)
    counts = expected()
    (HERE / "expected.json").write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(counts, indent=2))


if __name__ == "__main__":
    main()
