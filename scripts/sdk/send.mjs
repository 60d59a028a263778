// Sends a known set of messages through the published Node.js SDK:  node send.mjs <endpoint> <write key>
// Prints one JSON line {"sdk","user","tracks","messages","errors"}.

import { Analytics } from "@segment/analytics-node";

const TRACKS = 230;
const [endpoint, writeKey] = process.argv.slice(2);
const user = "sdk-node";
const errors = [];
let acknowledged = 0;

const client = new Analytics({ writeKey, host: endpoint, flushAt: 50, flushInterval: 500, maxRetries: 1 });
client.on("error", (error) => errors.push(`${error.code}: ${error.reason ?? ""}`));

// The SDK calls back once per message, when the server has taken its batch or has refused it.
const done = (error) => {
  if (error) errors.push(String(error));
  else acknowledged += 1;
};
client.identify({ userId: user, traits: { email: "sdk-node@example.com", name: "测试用户", plan: "gold" } }, done);
for (let n = 0; n < TRACKS; n++) {
  const properties = { n, price: 12.5, title: "茶叶 🍵", nested: { list: [1, null, true] } };
  client.track({ userId: user, event: "SDK Tested", properties }, done);
}
client.page({ userId: user, category: "docs", name: "Start", properties: { url: "http://example.com/start" } }, done);
client.screen({ userId: user, category: "app", name: "Home" }, done);
client.group({ userId: user, groupId: "store-1", traits: { city: "上海" } }, done);
client.alias({ userId: user, previousId: "sdk-node-before" }, done);
await client.closeAndFlush({ timeout: 30_000 });

const messages = TRACKS + 5;
if (acknowledged !== messages) errors.push(`${acknowledged} of ${messages} acknowledged`);
console.log(JSON.stringify({ sdk: "node", user, tracks: TRACKS, messages, errors }));
process.exit(errors.length ? 1 : 0);
