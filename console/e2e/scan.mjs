// Signing in to the console through WeCom: whoever is linked to an account comes to the page they wanted, others are told why not.
function insist(condition, what) {
  if (!condition) throw new Error(what);
}

/** WeCom's page of the simulated corp lists its members instead of showing a code to scan. */
async function scan(page, userid) {
  await page.goto("/people");
  await page.waitForURL("**/login?next=*");
  await page.getByRole("link", { name: "企业微信扫码登录" }).click();
  await page.waitForURL("**/wwlogin/sso/login?*");
  await page.getByRole("link", { name: `(${userid})` }).click();
}

/** `owner`: signed in as an owner. `open`: a browser nobody is signed in to. */
export async function signInByScan(owner, open, shot = async () => {}) {
  const { items } = await (await owner.request.get("/api/v1/users?limit=200")).json();
  const leader = items.find((user) => user.role === "store_manager" && user.staff);
  insist(leader, "the demo has a store's leader with an account");
  const page = await open();
  await scan(page, leader.staff);
  await page.waitForURL((url) => url.pathname === "/people");
  const { user } = await (await page.request.get("/api/v1/session")).json();
  insist(user.id === leader.id && !user.scope.all, `signed in as ${JSON.stringify(user)}`);

  const linked = items.map((own) => own.staff).filter(Boolean);
  const { items: staff } = await (await owner.request.get("/api/v1/wecom/staff?limit=200")).json();
  const other = staff.find((own) => !linked.includes(own.userid));
  const stranger = await open();
  await scan(stranger, other.userid);
  await stranger.waitForURL("**/login?failed=login_unlinked");
  const told = await stranger.locator(".ant-alert-error").innerText();
  insist(told.includes("没有与您的企业微信身份关联的账号"), told);
  await shot("scan-unlinked");
}
