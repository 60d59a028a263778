import { describe, expect, it } from "vitest";
import type { MailAccount, SmsAccount } from "../src/api/types";
import { mailDraft, mailInput, smsDraft, smsInput } from "../src/carriers/drafts";

const mail = {
  version: 3, on: true, host: "smtp.example.com", port: 587, security: "starttls", user: "u", has_password: true, hello: "", authority: "", per_minute: 600, domain_per_minute: 300,
  from: "news@example.com", from_name: "", reply_to: "", bounce: "", dkim_domain: "", dkim_selector: "", changed_at: "2026-01-01T00:00:00Z", changed_by: "Ann",
} satisfies MailAccount;
const sms = {
  version: 2, on: true, provider: "tencent", key_id: "…abcd", has_secret: true, region: "ap-beijing", app_id: "1400006666", sign: "AB", base: "", blocks: ["203.0.113.0/24"],
  push_reports: "/sms/push/x/reports", push_replies: "/sms/push/x/replies", changed_at: "2026-01-01T00:00:00Z", changed_by: "Ann",
} satisfies SmsAccount;

describe("a mail account", () => {
  it("keeps its secrets unless new ones are typed", () => {
    const input = mailInput(mail, mailDraft(mail));
    expect([input.version, input.port, input.host]).toEqual([3, 587, "smtp.example.com"]);
    expect("password" in input || "dkim_key" in input).toBe(false);
    expect(mailInput(mail, { ...mailDraft(mail), password: " p ", dkim_key: "PEM" })).toMatchObject({ password: " p ", dkim_key: "PEM" });
  });
  it("is new while nobody else has made one", () => {
    expect(mailInput(null, mailDraft(null))).toMatchObject({ version: 0, on: true, port: 465, security: "tls" });
  });
});

describe("an SMS account", () => {
  it("keeps its keys and its addresses unless asked", () => {
    const input = smsInput(sms, smsDraft(sms));
    expect("key_id" in input || "key_secret" in input || "renew_push" in input).toBe(false);
    expect(input).toMatchObject({ version: 2, provider: "tencent", blocks: ["203.0.113.0/24"] });
    expect(smsInput(sms, { ...smsDraft(sms), key_secret: " k ", blocks: " a\n\nb " }, true)).toMatchObject({ key_secret: "k", blocks: ["a", "b"], renew_push: true });
  });
});
