//! Whether a hook works: its address, its name, its answer to a test event, its clock.

use crate::Sender;
use crate::client::{Attempt, Hook, Webhooks};
use crate::error::{Error, Kind};
use crate::payload::payload;
use crate::verify::TOLERANCE_SECONDS;
use serde_json::json;
use siyu_kernel::{Finding, Health, Time};
use std::time::Duration;

/// The type of the event that a check sends.
pub const TEST_EVENT: &str = "webhook.test";

type Title = (&'static str, &'static str);
const ADDRESS: Title = ("Webhook address", "Webhook 地址");
const NAME: Title = ("Webhook host name", "Webhook 域名解析");
const ANSWER: Title = ("Webhook receiver", "Webhook 接收方");
const CLOCK: Title = ("Clock against the webhook receiver", "与 Webhook 接收方的时钟偏差");

pub(crate) fn run(webhooks: &Webhooks, hook: &Hook<'_>) -> Vec<Finding> {
    let wiring = &webhooks.wiring;
    let target = match wiring.guard.target(hook.url) {
        Ok(target) => target,
        Err(error) => return vec![failed("webhook_address", ADDRESS, &error)],
    };
    let mut out = vec![Finding::ok("webhook_address", ADDRESS, ("It may be sent to.".into(), "地址可用。".into()))];
    match wiring.guard.resolve(&wiring.lookup, &target.host, target.port, Duration::from_secs(5)) {
        Ok(found) => {
            let list = found.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", ");
            out.push(Finding::ok("webhook_name", NAME, (list.clone(), list)));
        }
        Err(error) => {
            out.push(failed("webhook_name", NAME, &error));
            return out;
        }
    }
    let now = wiring.clock.now();
    let id = format!("msg_{}", now.0);
    let body = payload(TEST_EVENT, now, &json!({})).expect("a small event");
    let attempt = webhooks.send(hook, &id, &body);
    out.extend(answer(&attempt));
    out
}

fn answer(attempt: &Attempt) -> Vec<Finding> {
    let mut out = Vec::new();
    out.push(match &attempt.outcome {
        Ok(()) => {
            let ms = attempt.took_ms;
            let slow = ms > 3000;
            let words = (format!("It took the test event in {ms} ms."), format!("已接收测试事件，用时 {ms} 毫秒。"));
            match slow {
                false => Finding::ok("webhook_answer", ANSWER, words),
                true => {
                    let advice = (Kind::TimedOut.advice_en(), Kind::TimedOut.advice_zh());
                    Finding::wrong("webhook_answer", Health::Warn, ANSWER, words, advice)
                }
            }
        }
        Err(error) => failed("webhook_answer", ANSWER, error),
    });
    if let Some(theirs) = attempt.date.as_deref().and_then(http_date) {
        let skew = (attempt.at.0 - theirs.0) / 1_000_000;
        let words = (format!("Ours is {skew} s from theirs."), format!("本机与对方相差 {skew} 秒。"));
        out.push(if skew.abs() < TOLERANCE_SECONDS / 2 {
            Finding::ok("webhook_clock", CLOCK, words)
        } else {
            let health = if skew.abs() < TOLERANCE_SECONDS { Health::Warn } else { Health::Fail };
            let advice = (
                "Let both systems keep their time (NTP): receivers refuse what is five minutes off.",
                "请双方启用 NTP 校时：相差五分钟的请求会被拒收。",
            );
            Finding::wrong("webhook_clock", health, CLOCK, words, advice)
        });
    }
    out
}

fn failed(key: &'static str, title: Title, error: &Error) -> Finding {
    let kind = error.kind;
    let detail =
        (format!("{} ({})", kind.meaning_en(), error.detail), format!("{}（{}）", kind.meaning_zh(), error.detail));
    Finding::wrong(key, Health::Fail, title, detail, (kind.advice_en(), kind.advice_zh()))
}

/// `Fri, 27 Nov 2026 11:15:30 GMT`
pub(crate) fn http_date(text: &str) -> Option<Time> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [_, day, month, year, time, _] = words[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Time::parse(&format!("{year}-{month:02}-{day:0>2}T{time}Z")).ok()
}
