// Sends an order and what came before it through the published Node.js SDK. Endpoint and write key: ENDPOINT, WRITE_KEY.
import { Analytics } from "@segment/analytics-node";

const errors = [];
const client = new Analytics({ writeKey: process.env.WRITE_KEY, host: process.env.ENDPOINT, maxRetries: 1 });
client.on("error", (error) => errors.push(`${error.code}: ${error.reason ?? ""}`));
const product = { product_id: "S2", sku: "S2", name: "茶杯", price: 7.25, quantity: 4 };
client.track({ anonymousId: "browser-node", event: "Product Viewed", properties: product });
client.identify({ userId: "buyer-node", anonymousId: "browser-node", traits: { phone: "+8613800138000", name: "买家" } });
client.track({ userId: "buyer-node", event: "Order Completed", properties: { order_id: "N1", revenue: 29.0, currency: "USD", products: [product] } });
await client.closeAndFlush({ timeout: 30_000 });
if (errors.length) throw new Error(errors.join("; "));
