//! Checks of the connection, each with what is wrong and what to click.

use crate::Contacts;
use crate::client::Line;
use siyu_db::params;
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Client, Error, Kind};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Ok,
    Warn,
    Fail,
}

/// English and Chinese.
pub type Words = (String, String);

/// One check. `remedy` is empty when nothing is to be done.
#[derive(Clone, Debug)]
pub struct Finding {
    pub key: &'static str,
    pub health: Health,
    pub title: (&'static str, &'static str),
    pub detail: Words,
    pub remedy: Words,
}

/// Asking for all of it must not take longer than somebody waits before a page.
const BUDGET: Duration = Duration::from_secs(8);
/// A callback that is told to have happened later than now says that our clock is behind; one this late, that it may be ahead.
const AHEAD_SECONDS: i64 = 120;
const BEHIND_SECONDS: i64 = 5;
/// Since when a server is there for callbacks.
const SERVING: &str = "wecom.serving";
/// The recipe asks for a full sync each day.
const SYNC_HOURS: i64 = 48;

fn words(en: impl Into<String>, zh: impl Into<String>) -> Words {
    (en.into(), zh.into())
}

fn finding(
    key: &'static str,
    title: (&'static str, &'static str),
    health: Health,
    detail: Words,
    remedy: Words,
) -> Finding {
    Finding { key, health, title, detail, remedy }
}
fn fine(key: &'static str, title: (&'static str, &'static str), detail: Words) -> Finding {
    finding(key, title, Health::Ok, detail, words("", ""))
}

impl Contacts {
    /// Looks at everything that can be looked at from here. Empty while no corp is connected. Calls WeCom: seconds when it does not answer.
    pub fn diagnose(&self) -> Result<Vec<Finding>, Refusal> {
        let line = match self.line() {
            Ok(line) => line,
            Err(refusal) if refusal.code == "wecom_not_connected" => return Ok(Vec::new()),
            Err(refusal) => return Err(refusal),
        };
        let mut found = vec![network(&line)];
        found.extend(credentials(&line));
        // Without a token nothing else can be asked.
        if found.iter().all(|own| own.health != Health::Fail) {
            found.extend(calls(&line));
        }
        found.push(self.callback_check()?);
        found.extend(self.clock_check()?);
        found.push(self.work_check()?);
        Ok(found)
    }

    /// A server begins to take callbacks: the clock is judged by those that come from here on.
    pub fn begin_serving(&self) -> Result<(), Refusal> {
        let now = self.now().0.to_string();
        self.inner.db.transact(move |tx| {
            let sql = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            Ok(tx.execute(sql, params![SERVING, &now]).map(drop)?)
        })
    }

    fn callback_check(&self) -> Result<Finding, Refusal> {
        const TITLE: (&str, &str) = ("Callback", "事件回调");
        // Read anew: the line remembers the credentials, not when the address was checked.
        let own = self.inner.db.read(|tx| self.connected(tx))?;
        let click = |en: &str, zh: &str| words(en, zh);
        if own.secrets.callback_token.is_empty() {
            let detail = words("no Token and EncodingAESKey are set", "未设置 Token 与 EncodingAESKey");
            let remedy = click(
                "App → 接收消息 → 设置API接收: copy Token and EncodingAESKey here, save here first, then there with the URL https://YOUR.DOMAIN/wecom/callback.",
                "应用 → 接收消息 → 设置API接收：先把 Token 与 EncodingAESKey 填到本系统并保存，再以 https://你的域名/wecom/callback 在企业微信保存。",
            );
            return Ok(finding("wecom_callback", TITLE, Health::Fail, detail, remedy));
        }
        let (last, refused) = self.inner.db.read(|tx| {
            let last = tx.one("SELECT MAX(received_at) FROM wecom_inbox", &[], |row| row.opt_time(0))?;
            let sql = "SELECT at, reason, detail FROM wecom_refused ORDER BY id DESC LIMIT 1";
            Ok((last, tx.opt(sql, &[], |row| Ok((row.time(0)?, row.text(1)?, row.text(2)?)))?))
        })?;
        if let Some((at, reason, detail)) = refused.filter(|(at, ..)| Some(*at) > last.max(own.verified_at)) {
            let remedy = match reason.as_str() {
                "signature_wrong" => {
                    click("Copy the Token again from App → 接收消息.", "请从 应用 → 接收消息 重新复制 Token。")
                }
                "tampered" => click(
                    "Copy the EncodingAESKey again from App → 接收消息.",
                    "请从 应用 → 接收消息 重新复制 EncodingAESKey。",
                ),
                "other_receiver" => click(
                    "The callback is of another corporation: check the corp id.",
                    "回调属于其他企业，请核对企业 ID。",
                ),
                "stale" => click("Turn time synchronisation (NTP) on.", "请启用时间同步（NTP）。"),
                _ => click(
                    "Something that is not WeCom calls this address, or a proxy changes what it sends.",
                    "该地址收到了非企业微信的请求，或中间代理改动了内容。",
                ),
            };
            let detail = words(
                format!("the last delivery was refused at {at}: {detail}"),
                format!("最近一次回调于 {at} 被拒绝：{reason}"),
            );
            return Ok(finding("wecom_callback", TITLE, Health::Fail, detail, remedy));
        }
        Ok(match (own.verified_at, last) {
            (None, None) => finding(
                "wecom_callback",
                TITLE,
                Health::Fail,
                words("WeCom has never checked the address", "企业微信从未校验过回调地址"),
                click(
                    "App → 接收消息 → 设置API接收: save the URL https://YOUR.DOMAIN/wecom/callback. It needs a certificate WeCom trusts, and must be reachable from the internet.",
                    "应用 → 接收消息 → 设置API接收：保存 https://你的域名/wecom/callback。域名须有受信任的证书并可从公网访问。",
                ),
            ),
            (_, None) => finding(
                "wecom_callback",
                TITLE,
                Health::Warn,
                words("the address was checked, no event has come yet", "地址已校验，尚未收到事件"),
                click("Tick 外部联系人变更回调 at App → 接收消息.", "请在 应用 → 接收消息 勾选“外部联系人变更回调”。"),
            ),
            (_, Some(at)) => {
                fine("wecom_callback", TITLE, words(format!("the last event came at {at}"), format!("最近事件 {at}")))
            }
        })
    }

    /// Compares our clock with the times WeCom's events carry.
    fn clock_check(&self) -> Result<Option<Finding>, Refusal> {
        const TITLE: (&str, &str) = ("Clock against WeCom", "与企业微信的时钟差");
        // Only what came while a server was there for it: callbacks that were taken late, or in another time, say nothing of the clock.
        let sql = "SELECT MIN(received_at - at) FROM (SELECT received_at, at FROM wecom_inbox WHERE at IS NOT NULL AND received_at >= $1 AND at >= $1 ORDER BY id DESC LIMIT 100) t";
        let least = self.inner.db.read(|tx| {
            let since = tx.opt("SELECT value FROM setting WHERE name = $1", params![SERVING], |row| row.text(0))?;
            let since = since.and_then(|own| own.parse().ok()).unwrap_or(i64::MIN);
            Ok(tx.one(sql, params![since], |row| row.opt_int(0))?)
        })?;
        Ok(least.map(|least| {
            let seconds = least.div_euclid(1_000_000);
            let detail = words(
                format!("{seconds} s at least between an event and its arrival"),
                format!("事件到达最少延迟 {seconds} 秒"),
            );
            if (-BEHIND_SECONDS..=AHEAD_SECONDS).contains(&seconds) {
                return fine("wecom_clock", TITLE, detail);
            }
            let remedy = words("Turn time synchronisation (NTP) on.", "请启用时间同步（NTP）。");
            finding("wecom_clock", TITLE, Health::Warn, detail, remedy)
        }))
    }

    fn work_check(&self) -> Result<Finding, Refusal> {
        const TITLE: (&str, &str) = ("WeCom sync", "企业微信同步");
        let now = self.now();
        let (synced, oldest, failed) = self.inner.db.read(|tx| {
            let synced =
                tx.one("SELECT MAX(ended_at) FROM wecom_sync WHERE state = 'done'", &[], |row| row.opt_time(0))?;
            let oldest =
                tx.one("SELECT MIN(received_at) FROM wecom_inbox WHERE state = 0", &[], |row| row.opt_time(0))?;
            let since = params![now.plus_days(-7)];
            let sql = "SELECT COUNT(*) FROM wecom_outgoing WHERE state = 'failed' AND created_at > $1";
            Ok((synced, oldest, tx.one(sql, since, |row| row.int(0))?))
        })?;
        let hours = |at: Time| (now.0 - at.0).max(0) / 3_600_000_000;
        let again = words("Start a full sync.", "请启动一次全量同步。");
        Ok(match (synced, oldest) {
            (None, _) => finding(
                "wecom_sync",
                TITLE,
                Health::Warn,
                words("nothing has been synced yet", "尚未完成过全量同步"),
                again,
            ),
            (Some(at), _) if hours(at) > SYNC_HOURS => finding(
                "wecom_sync",
                TITLE,
                Health::Warn,
                words(
                    format!("the last full sync is {} hours old", hours(at)),
                    format!("最近一次全量同步在 {} 小时前", hours(at)),
                ),
                again,
            ),
            (_, Some(at)) if hours(at) >= 1 => finding(
                "wecom_sync",
                TITLE,
                Health::Warn,
                words(format!("callbacks wait since {at}"), format!("回调自 {at} 起未处理")),
                words("Start `siyu serve`; put right what is red above.", "请启动 siyu serve，并处理上面的红色项。"),
            ),
            (Some(at), _) => fine(
                "wecom_sync",
                TITLE,
                words(
                    format!("last full sync {at}; {failed} changes refused in 7 days"),
                    format!("最近全量同步 {at}；7 天内 {failed} 项变更被拒绝"),
                ),
            ),
        })
    }
}

fn asking(client: &Client) -> Client {
    client.within(BUDGET).probing()
}

/// What WeCom said, and what to do about it.
fn told(key: &'static str, title: (&'static str, &'static str), error: &Error) -> Finding {
    let at = match error.code() {
        Some(code) => format!(" ({code})"),
        None => String::new(),
    };
    let mut remedy = words(error.advice_en(), error.advice_zh());
    if error.code() == Some(60020) {
        let ip = our_address(&error.detail).unwrap_or_default();
        remedy = words(
            format!("App → 企业可信IP → 配置: add this server's address {ip}. It applies after about a minute."),
            format!("应用 → 企业可信IP → 配置：添加本机出口 IP {ip}，约一分钟后生效。"),
        );
    }
    let detail = words(format!("{}{at}", error.meaning_en()), format!("{}{at}", error.meaning_zh()));
    finding(key, title, Health::Fail, detail, remedy)
}

/// `…, from ip: 1.2.3.4, more info at …`
fn our_address(detail: &str) -> Option<String> {
    let rest = detail.split_once("from ip:")?.1.trim_start();
    let ip: String = rest.chars().take_while(|c| c.is_ascii_hexdigit() || ".:".contains(*c)).collect();
    ip.parse::<std::net::IpAddr>().ok().map(|ip| ip.to_string())
}

fn network(line: &Line) -> Finding {
    const TITLE: (&str, &str) = ("Way to WeCom", "到企业微信的网络");
    let base = &line.connection.base;
    // A call, for a token may be here from before.
    match asking(&line.app).callback_addresses() {
        Err(error) if matches!(error.kind, Kind::Unreachable | Kind::TimedOut | Kind::Broken | Kind::Http(_)) => {
            let mut own = told("wecom_network", TITLE, &error);
            let lower = error.detail.to_lowercase();
            if lower.contains("certificate") || lower.contains("tls") {
                own.detail = words("the certificate of the API address is not trusted", "接口地址的证书不受信任");
                own.remedy = words(
                    "Check the base address and this machine's clock; a proxy that opens TLS must have a certificate this machine trusts.",
                    "请检查接口地址与本机时间；拆解 TLS 的代理须使用本机信任的证书。",
                );
            }
            own.detail.0.push_str(&format!(" [{base}]"));
            own.detail.1.push_str(&format!(" [{base}]"));
            own
        }
        _ => fine("wecom_network", TITLE, words(base, base)),
    }
}

fn credentials(line: &Line) -> Vec<Finding> {
    let secrets = &line.connection.secrets;
    let all = [
        ("wecom_app_secret", ("App's secret", "应用 Secret"), &line.app, true),
        (
            "wecom_customer_secret",
            ("Customer contact's secret", "客户联系 Secret"),
            &line.customer,
            !secrets.customer.is_empty(),
        ),
        (
            "wecom_contacts_secret",
            ("Contacts sync's secret", "通讯录同步 Secret"),
            &line.contacts,
            !secrets.contacts.is_empty(),
        ),
    ];
    let check = |(key, title, client, set): (&'static str, (&'static str, &'static str), &Client, bool)| {
        set.then(|| match asking(client).check_credentials() {
            Ok(()) => fine(key, title, words("valid", "有效")),
            Err(error) => {
                let mut own = told(key, title, &error);
                if error.code() == Some(40001) {
                    own.remedy = words(
                        "Copy the secret again: 应用管理 → the app → Secret. It is asked again after ten minutes, or at once when it is changed.",
                        "请重新复制 Secret：应用管理 → 应用 → Secret。十分钟后会重试，修改后立即生效。",
                    );
                }
                own
            }
        })
    };
    all.into_iter().filter_map(check).collect()
}

/// What each part of the platform needs to be allowed.
fn calls(line: &Line) -> Vec<Finding> {
    let mut found = Vec::new();
    let title = ("App", "应用");
    match asking(&line.app).agent() {
        Ok(agent) => {
            let nobody = agent.allow_userinfos.user.is_empty()
                && agent.allow_partys.partyid.is_empty()
                && agent.allow_tags.tagid.is_empty();
            found.push(if agent.close != 0 {
                let remedy = words("应用管理 → the app: switch it on.", "应用管理 → 应用：请启用该应用。");
                finding("wecom_agent", title, Health::Fail, words("switched off", "已停用"), remedy)
            } else if nobody {
                let remedy = words(
                    "应用管理 → the app → 可见范围: choose the staff.",
                    "应用管理 → 应用 → 可见范围：请选择员工。",
                );
                finding("wecom_agent", title, Health::Fail, words("sees nobody", "可见范围为空"), remedy)
            } else {
                fine("wecom_agent", title, words(&agent.name, &agent.name))
            });
        }
        // One that stops every call is told once; the others would say the same.
        Err(error) if error.code() == Some(60020) => {
            return vec![told("wecom_trusted_ip", ("Trusted address", "企业可信IP"), &error)];
        }
        Err(error) => found.push(told("wecom_agent", title, &error)),
    }
    found.push(fine("wecom_trusted_ip", ("Trusted address", "企业可信IP"), words("accepted", "已放行")));
    let title = ("Contacts", "通讯录");
    found.push(match asking(&line.contacts).department_ids(None) {
        Ok(all) => fine(
            "wecom_scope_contacts",
            title,
            words(format!("{} departments", all.len()), format!("{} 个部门", all.len())),
        ),
        Err(error) => told("wecom_scope_contacts", title, &error),
    });
    let title = ("Customer contact", "客户联系");
    found.push(match asking(&line.customer).follow_users() {
        Ok(all) if all.is_empty() => {
            let remedy = words(
                "客户联系 → 权限配置 → 使用范围: choose the staff.",
                "客户联系 → 权限配置 → 使用范围：请选择员工。",
            );
            finding(
                "wecom_scope_customers",
                title,
                Health::Fail,
                words("no member of staff may have customers", "没有员工开通客户联系"),
                remedy,
            )
        }
        Ok(all) => fine(
            "wecom_scope_customers",
            title,
            words(format!("{} members of staff", all.len()), format!("{} 名员工", all.len())),
        ),
        Err(error) => not_callable("wecom_scope_customers", title, &error),
    });
    let title = ("Customer tags", "客户标签");
    found.push(match asking(&line.customer).corp_tags() {
        Ok(all) => {
            fine("wecom_scope_tags", title, words(format!("{} groups", all.len()), format!("{} 个标签组", all.len())))
        }
        Err(error) => not_callable("wecom_scope_tags", title, &error),
    });
    let title = ("Customer groups", "客户群");
    found.push(match asking(&line.customer).groups(&[], 0).next().unwrap_or(Ok(Vec::new())) {
        Ok(_) => fine("wecom_scope_groups", title, words("readable", "可读取")),
        Err(error) if error.code() == Some(81017) => {
            fine("wecom_scope_groups", title, words("readable by owner", "可按群主读取"))
        }
        Err(error) => not_callable("wecom_scope_groups", title, &error),
    });
    found
}

/// A call of customer contact that is refused because the app is not among its callers.
fn not_callable(key: &'static str, title: (&'static str, &'static str), error: &Error) -> Finding {
    let mut own = told(key, title, error);
    if matches!(error.code(), Some(48001 | 48002 | 84074)) {
        own.remedy = words(
            "客户联系 → 客户 → API → 可调用接口的应用: add the app.",
            "客户联系 → 客户 → API → 可调用接口的应用：添加该应用。",
        );
    }
    own
}

#[cfg(test)]
mod tests {
    use super::our_address;

    #[test]
    fn the_address_wecom_saw_is_found() {
        let text = "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com";
        assert_eq!(our_address(text).as_deref(), Some("203.0.113.7"));
        assert_eq!(our_address("from ip: <script>"), None);
        assert_eq!(our_address("nothing"), None);
    }
}
