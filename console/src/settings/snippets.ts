// The platform speaks the Segment tracking API, so the published SDKs work with another address.

export function snippets(origin: string, key: string): { name: string; text: string }[] {
  return [
    {
      name: "curl",
      text: `curl ${origin}/v1/batch \\
  -u ${key}: \\
  -H 'Content-Type: application/json' \\
  -d '{"batch":[
    {"type":"identify","userId":"u-1001","traits":{"phone":"13800138000","name":"Li Lei"}},
    {"type":"track","userId":"u-1001","event":"Product Viewed","properties":{"sku":"TEA-01"}}
  ]}'`,
    },
    {
      name: "Web",
      text: `import { AnalyticsBrowser } from "@segment/analytics-next";

const analytics = AnalyticsBrowser.load(
  { writeKey: "${key}", cdnSettings: { integrations: { "Segment.io": {
      apiKey: "${key}", apiHost: "${origin.replace(/^https?:\/\//, "")}/v1", protocol: "${origin.startsWith("https") ? "https" : "http"}" } } } },
);

analytics.identify("u-1001", { phone: "13800138000" });
analytics.track("Product Viewed", { sku: "TEA-01" });`,
    },
    {
      name: "Node.js",
      text: `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${key}", host: "${origin}" });

analytics.identify({ userId: "u-1001", traits: { phone: "13800138000" } });
analytics.track({ userId: "u-1001", event: "Order Paid", properties: { order_no: "A-1", amount: 128 } });
await analytics.closeAndFlush();`,
    },
    {
      name: "Python",
      text: `import segment.analytics as analytics

analytics.write_key = "${key}"
analytics.host = "${origin}"

analytics.identify("u-1001", {"phone": "13800138000"})
analytics.track("u-1001", "Order Paid", {"order_no": "A-1", "amount": 128})
analytics.flush()`,
    },
  ];
}
