// The script on a page of the brand's own: it takes the visit out of the address, and tells how long the page was seen.
import http from "node:http";

function insist(condition, what) {
  if (!condition) throw new Error(what);
}

/** A server on a port of its own. */
async function serve(answer) {
  const server = http.createServer(answer);
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { server, at: `http://127.0.0.1:${server.address().port}` };
}

export async function stay(open, url) {
  // What a browser sends while it leaves a page is seen by nobody but who gets it: this one stands before the program, and hands everything on.
  const told = [];
  const ours = await serve(async (request, answer) => {
    const got = await fetch(url + request.url);
    if (request.url.startsWith("/l/stay/")) told.push({ at: new URL(request.url, url), status: got.status });
    const kept = ["content-type", "cross-origin-resource-policy", "access-control-allow-origin"].map((name) => [name, got.headers.get(name)]);
    answer.writeHead(got.status, Object.fromEntries(kept.filter(([, value]) => value !== null)));
    answer.end(await got.text());
  });
  // On one page as it is recommended, on another one as a module.
  const site = await serve((request, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<!doctype html><title>tea</title><script ${request.url.startsWith("/module") ? "type=module" : ""} src="${ours.at}/l/stay.js"></script><p>tea</p>`);
  });
  const page = await open(site.at);
  const seconds = () => told.map((own) => Number(own.at.searchParams.get("seconds")));
  try {
    await page.goto(`${site.at}/tea?x=1`);
    await page.waitForTimeout(1_200);
    await page.goto("about:blank");
    insist(told.length === 0, "who came by no link tells nothing");
    const visit = "0123456789abcdef".repeat(3);
    await page.goto(`${site.at}/tea?x=1&siyu_visit=${visit}#more`);
    insist(page.url() === `${site.at}/tea?x=1#more`, `the address is ${page.url()}`);
    await page.waitForTimeout(7_500);
    insist(seconds().join() === "5" && told[0].at.pathname === `/l/stay/${visit}`, `after five seconds: ${seconds()}`);
    insist(told[0].status === 204, `a visit that is none is answered like another: ${told[0].status}`);
    await page.goto("about:blank");
    await page.waitForTimeout(1_000);
    insist(told.length === 2 && seconds()[1] >= 7, `when it is left: ${seconds()}`);
    await page.goto(`${site.at}/module?siyu_visit=${visit}`);
    insist(page.url() === `${site.at}/module`, `the address beside a module is ${page.url()}`);
    await page.waitForTimeout(1_500);
    await page.goto("about:blank");
    await page.waitForTimeout(1_000);
    insist(told.length === 3 && seconds()[2] >= 1, `a module tells, too: ${seconds()}`);
  } finally {
    await page.context().close();
    site.server.close();
    ours.server.close();
  }
}
