// A refused address and a revoked secret stand on the first page with what to click, and are gone once they are put right.
import { signIn } from "./acts.mjs";
import { complaints } from "./checks.mjs";

function insist(condition, what) {
  if (!condition) throw new Error(what);
}

/** Turns a switch of the simulated WeCom. */
async function turn(page, chat, settings) {
  const answer = await page.request.post(new URL("/sandbox/settings", chat).href, { data: settings });
  insist(answer.ok(), `the simulated WeCom answered ${answer.status()}`);
}

/** A writing call of the console, whatever comes of it. */
async function send(page, method, path, body = {}) {
  await page.evaluate(async ([method, path, body]) => {
    const { csrf } = await (await fetch("/api/v1/session")).json();
    await fetch(`/api/v1${path}`, { method, headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf }, body: JSON.stringify(body) });
  }, [method, path, body]);
}

/** Waits until the connection is in this trouble, or in none. */
async function until(page, code) {
  for (let tries = 0; ; tries++) {
    const { trouble } = await (await page.request.get("/api/v1/wecom/status")).json();
    if ((trouble ?? null) === code) return;
    // Work that was refused is tried again after a minute.
    insist(tries < 500, `the connection is in trouble ${trouble}, not ${code}`);
    await page.waitForTimeout(200);
  }
}

async function banner(page, title, remedy) {
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    await page.setViewportSize({ width, height });
    await page.goto("/");
    const alert = page.locator(".ant-alert-error", { hasText: title });
    await alert.waitFor();
    insist((await alert.innerText()).includes(remedy), `what to click is missing at ${width}: ${await alert.innerText()}`);
    insist(await alert.getByRole("link").first().isVisible(), `no way to the settings at ${width}`);
    const found = await complaints(page, "zh");
    insist(found.length === 0, found.join("; "));
  }
}

async function gone(page) {
  await page.goto("/");
  await page.locator(".numbers").first().waitFor();
  insist((await page.locator(".ant-alert-error").count()) === 0, "the banner stays although all is right");
}

export async function trouble(page, chat, account, shot = async () => {}) {
  await signIn(page, account);
  await gone(page);
  // 60020: this server's address is none of those that are trusted. Credentials are right, so only work meets it.
  await turn(page, chat, { trusted_addresses: ["203.0.113.9"] });
  await send(page, "POST", "/wecom/syncs");
  await until(page, "ip_not_trusted");
  await banner(page, "本服务器的 IP 不在企业可信 IP 里", "企业可信IP，加入本服务器的出口 IP");
  await shot("trouble-address");
  await turn(page, chat, { trusted_addresses: [] });
  await send(page, "POST", "/wecom/connection/test");
  await until(page, null);
  await gone(page);
  // Somebody has reset the app's secret in WeCom's console. (The token that is held is good until WeCom says otherwise, so here, too, work
  // is what meets it: a sync, or the one that waits.)
  const secret = "another-secret-than-the-one-we-know-0000001";
  await turn(page, chat, { secret });
  await send(page, "POST", "/wecom/syncs");
  await until(page, "invalid_secret");
  await banner(page, "应用 Secret 不正确或已被重置", "重新复制 Secret 填到这里并测试");
  await shot("trouble-secret");
  await send(page, "PATCH", "/wecom/connection", { app_secret: secret });
  await send(page, "POST", "/wecom/connection/test");
  await until(page, null);
  await gone(page);
}
