// What of an account is shown in its form, and what is sent: plain rules, without a page.
import type { MailAccount, MailInput, SmsAccount, SmsInput } from "../api/types";

export type MailDraft = Omit<Required<MailInput>, "version" | "port" | "per_minute" | "domain_per_minute" | "on"> & { on: boolean; port: string; per_minute: string; domain_per_minute: string };

export function mailDraft(saved: MailAccount | null): MailDraft {
  return {
    on: saved?.on ?? true, host: saved?.host ?? "", port: String(saved?.port ?? 465), security: saved?.security ?? "tls", user: saved?.user ?? "", password: "",
    hello: saved?.hello ?? "", authority: saved?.authority ?? "", per_minute: String(saved?.per_minute ?? 600), domain_per_minute: String(saved?.domain_per_minute ?? 300),
    from: saved?.from ?? "", from_name: saved?.from_name ?? "", reply_to: saved?.reply_to ?? "", bounce: saved?.bounce ?? "",
    dkim_domain: saved?.dkim_domain ?? "", dkim_selector: saved?.dkim_selector ?? "", dkim_key: "",
  };
}

/** An empty secret stays as it is; without a user there is no password to keep. */
export function mailInput(saved: MailAccount | null, draft: MailDraft): MailInput {
  const { password, dkim_key, port, per_minute, domain_per_minute, ...rest } = draft;
  const secrets = { ...(password ? { password } : {}), ...(dkim_key?.trim() ? { dkim_key } : {}) };
  return { ...rest, ...secrets, version: saved?.version ?? 0, port: Number(port), per_minute: Number(per_minute), domain_per_minute: Number(domain_per_minute) };
}

export interface SmsDraft { on: boolean; provider: string; key_id: string; key_secret: string; region: string; app_id: string; sign: string; base: string; blocks: string }

export function smsDraft(saved: SmsAccount | null): SmsDraft {
  return {
    on: saved?.on ?? true, provider: saved?.provider ?? "aliyun", key_id: "", key_secret: "", region: saved?.region || "ap-guangzhou", app_id: saved?.app_id ?? "",
    sign: saved?.sign ?? "", base: saved?.base ?? "", blocks: saved?.blocks.join("\n") ?? "",
  };
}

export function smsInput(saved: SmsAccount | null, draft: SmsDraft, renew = false): SmsInput {
  const { key_id, key_secret, blocks, ...rest } = draft;
  const keys = { ...(key_id.trim() ? { key_id: key_id.trim() } : {}), ...(key_secret.trim() ? { key_secret: key_secret.trim() } : {}) };
  return { ...rest, ...keys, blocks: blocks.split(/\s+/).filter(Boolean), version: saved?.version ?? 0, ...(renew ? { renew_push: true } : {}) };
}
