# Sends an order and what came before it through the published Python SDK:  order.py <endpoint> <write key>
import sys

from segment.analytics.client import Client

errors = []
client = Client(sys.argv[2], host=sys.argv[1], gzip=True, max_retries=1, on_error=lambda error, batch: errors.append(str(error)))
product = {"product_id": "S1", "sku": "S1", "name": "茶叶", "price": 12.5, "quantity": 2}
client.track(None, "Product Viewed", product, anonymous_id="browser-python")
client.identify("buyer-python", {"phone": "+8613912345678", "name": "买家"}, anonymous_id="browser-python")
client.track("buyer-python", "Order Completed", {"order_id": "P1", "revenue": 25.0, "currency": "USD", "products": [product]})
client.flush()
client.join()
sys.exit("; ".join(errors) or 0)
