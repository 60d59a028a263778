import { describe, expect, it } from "vitest";
import { bytes, currencyDigits, fromMinor, money, toMinor } from "../src/format/money";
import { ago, dateTime, dayEnd, dayOf, dayStart, wallToInstant } from "../src/format/time";

describe("money", () => {
  it("knows how many minor units a currency has", () => {
    expect([currencyDigits("CNY"), currencyDigits("JPY"), currencyDigits("KWD"), currencyDigits("no such")]).toEqual([2, 0, 3, 2]);
  });
  it("is shown in major units", () => {
    expect(money(102071623, "CNY", "zh")).toBe("¥1,020,716.23");
    expect(money(-1299, "USD", "en")).toBe("-$12.99");
    expect(money(500, "JPY", "zh")).toMatch(/[¥￥]500$/);
  });
  it("comes back from what people type, without losing a cent", () => {
    expect(toMinor("128.5", "CNY")).toBe(12850);
    expect(toMinor(1.005, "CNY")).toBe(101);
    expect(toMinor("-19.99", "CNY")).toBe(-1999);
    expect(toMinor("500", "JPY")).toBe(500);
    expect([toMinor("", "CNY"), toMinor(null, "CNY"), toMinor("abc", "CNY")]).toEqual([null, null, null]);
    for (const minor of [0, 1, 99, 100, 1999, 102071623]) expect(toMinor(fromMinor(minor, "CNY"), "CNY")).toBe(minor);
  });
  it("measures files", () => {
    expect([bytes(0), bytes(900), bytes(12_400_000), bytes(2 * 1024 ** 3)]).toEqual(["0 B", "900 B", "12 MB", "2.0 GB"]);
  });
});

describe("time", () => {
  const zone = "Asia/Shanghai";
  it("is shown in the workspace's zone", () => {
    expect(dateTime("2026-11-21T16:30:05.000Z", zone)).toBe("2026-11-22 00:30");
    expect(dateTime("2026-11-21T16:30:05.000Z", "America/New_York", true)).toBe("2026-11-21 11:30:05");
    expect(dateTime(null, zone)).toBe("–");
    expect(dayOf("2026-11-21T16:30:05.000Z", zone)).toBe("2026-11-22");
  });
  it("turns days into instants", () => {
    expect(dayStart("2026-11-22", zone)).toBe("2026-11-21T16:00:00.000Z");
    expect(dayEnd("2026-11-22", zone)).toBe("2026-11-22T15:59:59.999Z");
  });
  it("survives days of 23 and 25 hours", () => {
    const length = (day: string) => (Date.parse(dayEnd(day, "America/New_York")) + 1 - Date.parse(dayStart(day, "America/New_York"))) / 3_600_000;
    expect([length("2026-03-08"), length("2026-11-01"), length("2026-07-01")]).toEqual([23, 25, 24]);
  });
  it("survives a zone whose clock jumps over midnight", () => {
    expect(dayOf(dayStart("2023-04-28", "Africa/Cairo"), "Africa/Cairo")).toBe("2023-04-28");
  });
  it("reads a wall clock in the zone", () => {
    expect(wallToInstant("2026-11-22 09:30:00", zone)).toBe("2026-11-22T01:30:00.000Z");
  });
  it("says how long ago", () => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    expect(ago("2026-11-22T09:00:00Z", "zh", now)).toBe("3小时前");
    expect(ago("2026-11-20T09:00:00Z", "en", now)).toBe("2 days ago");
  });
});
