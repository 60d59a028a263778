import { describe, expect, it } from "vitest";
import type { WecomConnection, WecomSync } from "../src/api/types";
import { has } from "../src/i18n";
import { changesOf, countsOf, draftOf, isWaiting, percentOf } from "../src/settings/wecom/connection";
import { daysKept } from "../src/wecom/days";
import { everyMs } from "../src/wecom/status";

const saved = {
  corp_id: "ww1", agent_id: 1000002, base: "https://qyapi.weixin.qq.com", app_secret: "abcd", customer_secret: "", contacts_secret: "",
  callback_token: "", callback_key: "", match_phones: true, changed_at: "2026-01-01T00:00:00Z",
} satisfies WecomConnection;

describe("a connection", () => {
  it("sends nothing when nothing was changed, whatever its secrets end in", () => {
    expect(changesOf(saved, draftOf(saved))).toBeNull();
    expect(changesOf(saved, { ...draftOf(saved), app_secret: "", corp_id: " ww1 " })).toBeNull();
  });
  it("sends what differs, trimmed, and nothing else", () => {
    expect(changesOf(saved, { ...draftOf(saved), app_secret: " new ", match_phones: false })).toEqual({ app_secret: "new", match_phones: false });
    expect(changesOf(saved, { ...draftOf(saved), agent_id: "7", base: "" })).toEqual({ agent_id: 7 });
  });
  it("sends everything needed the first time, and leaves the address to the program", () => {
    expect(changesOf(null, { ...draftOf(null), corp_id: "ww2", agent_id: "1", app_secret: "s" })).toEqual({ corp_id: "ww2", agent_id: 1, app_secret: "s" });
  });
});

describe("a sync", () => {
  const counts = { departments: 3, staff: 0, tags: 0, relations: 12, lost: 0, groups: 0, members: 0, skipped: 1 };
  it("has no share while nobody knows how many steps there are", () => {
    expect([percentOf({ done: 0, total: 0 }), percentOf({ done: 1, total: 3 }), percentOf({ done: 9, total: 3 })]).toEqual([null, 33, 100]);
  });
  it("waits only while it runs", () => {
    expect(isWaiting({ state: "running", error: "ip_not_trusted" })).toBe(true);
    expect(isWaiting({ state: "failed", error: "ip_not_trusted" })).toBe(false);
    expect(isWaiting({ state: "running" })).toBe(false);
  });
  it("tells what it has read, in the order of its phases", () => {
    expect(countsOf({ counts }).map(({ name, n }) => `${name} ${n}`)).toEqual(["departments 3", "relations 12", "skipped 1"]);
  });
  it("is looked at often while it runs", () => {
    const sync = { state: "running" } as WecomSync;
    const status = { connected: true, inbox_waiting: 0, inbox_aside: 0, outgoing_waiting: 0, outgoing_failed: 0, conflicts: 0 };
    expect(everyMs({ ...status, sync })).toBeLessThan(everyMs(status));
    expect(everyMs(undefined)).toBe(everyMs(status));
  });
});

describe("words of the mirror", () => {
  it("say what to click for what stops every call", () => {
    for (const code of ["invalid_secret", "secret_missing", "invalid_corpid", "app_disabled", "ip_not_trusted"]) {
      expect(has(`wecom.code.${code}`) && has(`wecom.remedy.${code}`), code).toBe(true);
    }
  });
  it("count whole days, never less than none", () => {
    expect(daysKept("2026-01-01T00:00:00Z", "2026-01-03T23:00:00Z")).toBe(2);
    expect(daysKept("2026-01-03T00:00:00Z", "2026-01-01T00:00:00Z")).toBe(0);
  });
});
