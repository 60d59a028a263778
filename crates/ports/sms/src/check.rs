//! The findings of an account: connection, keys, clock. One question that sends nothing answers all of them.

use crate::assumptions::SKEW_SECONDS_MAX;
use crate::codes::{CLOCK_WRONG, NOT_THE_API, UNREACHABLE};
use crate::error::Error;
use siyu_kernel::{Finding, Health, Time};

pub(crate) struct Probe {
    pub date: Option<String>,
    pub outcome: Result<(), Error>,
}

const CONNECTION: (&str, &str) = ("Connection to the SMS provider", "短信服务商连接");
const ACCOUNT: (&str, &str) = ("SMS account", "短信账号");
const CLOCK: (&str, &str) = ("Clock against the SMS provider", "与短信服务商的时钟偏差");

pub(crate) fn findings(probe: &Probe, now: Time) -> Vec<Finding> {
    let error = probe.outcome.as_ref().err();
    let away = error.filter(|error| [&UNREACHABLE, &NOT_THE_API].contains(&error.meaning()));
    if let Some(error) = away {
        return vec![failed("sms_connection", CONNECTION, error)];
    }
    let mut out = vec![Finding::ok("sms_connection", CONNECTION, ("It answers.".into(), "连接正常。".into()))];
    out.extend(clock(probe, error, now));
    out.push(match error.filter(|error| error.meaning() != &CLOCK_WRONG) {
        Some(error) => failed("sms_account", ACCOUNT, error),
        None if error.is_some() => {
            // With a wrong clock nobody can say more about the keys.
            let words = ("Not known while the clock is wrong.".into(), "时钟不准，暂无法判断。".into());
            Finding { health: Health::Warn, ..Finding::ok("sms_account", ACCOUNT, words) }
        }
        None => Finding::ok("sms_account", ACCOUNT, ("The keys are accepted.".into(), "密钥有效。".into())),
    });
    out
}

fn failed(key: &'static str, title: (&'static str, &'static str), error: &Error) -> Finding {
    let meaning = error.meaning();
    let passing = error.is_retryable() && error.meaning() != &UNREACHABLE;
    let health = if passing { Health::Warn } else { Health::Fail };
    let detail = (format!("{} ({})", meaning.en, error.detail), format!("{}（{}）", meaning.zh, error.detail));
    Finding::wrong(key, health, title, detail, (meaning.advice_en, meaning.advice_zh))
}

fn clock(probe: &Probe, error: Option<&Error>, now: Time) -> Option<Finding> {
    let theirs = probe.date.as_deref().and_then(http_date);
    let skew = theirs.map(|theirs| (now.0 - theirs.0) / 1_000_000);
    let refused = error.is_some_and(|error| error.meaning() == &CLOCK_WRONG);
    let health = match skew {
        _ if refused => Health::Fail,
        Some(skew) if skew.abs() > SKEW_SECONDS_MAX => Health::Fail,
        Some(skew) if skew.abs() > 30 => Health::Warn,
        Some(_) => Health::Ok,
        None => return None,
    };
    let seconds = skew.unwrap_or_default();
    let detail = (format!("Ours is {seconds} s from theirs."), format!("本机与对方相差 {seconds} 秒。"));
    Some(match health {
        Health::Ok => Finding::ok("sms_clock", CLOCK, detail),
        _ => Finding::wrong("sms_clock", health, CLOCK, detail, (CLOCK_WRONG.advice_en, CLOCK_WRONG.advice_zh)),
    })
}

/// `Fri, 27 Nov 2026 11:15:30 GMT`
fn http_date(text: &str) -> Option<Time> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [_, day, month, year, time, _] = words[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Time::parse(&format!("{year}-{month:02}-{day:0>2}T{time}Z")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    #[test]
    fn each_fault_is_found_where_it_is() {
        let now = Time::parse("2026-11-27T11:15:30Z").unwrap();
        let date = |text: &str| Some(text.to_owned());
        let right = date("Fri, 27 Nov 2026 11:15:29 GMT");
        let refused = |meaning| Err(Error::refused(meaning, "", now));
        for (date, outcome, want) in [
            (right.clone(), Ok(()), "sms_connection Ok, sms_clock Ok, sms_account Ok"),
            (None, Ok(()), "sms_connection Ok, sms_account Ok"),
            (date("Fri, 27 Nov 2026 11:16:30 GMT"), Ok(()), "sms_connection Ok, sms_clock Warn, sms_account Ok"),
            (
                date("Fri, 27 Nov 2026 10:16:30 GMT"),
                refused(&codes::CLOCK_WRONG),
                "sms_connection Ok, sms_clock Fail, sms_account Warn",
            ),
            (right.clone(), refused(&codes::KEYS_WRONG), "sms_connection Ok, sms_clock Ok, sms_account Fail"),
            (right.clone(), refused(&codes::BUSY), "sms_connection Ok, sms_clock Ok, sms_account Warn"),
            (None, refused(&codes::UNREACHABLE), "sms_connection Fail"),
            (None, refused(&codes::NOT_THE_API), "sms_connection Fail"),
        ] {
            let found = findings(&Probe { date, outcome }, now);
            let told: Vec<String> = found.iter().map(|one| format!("{} {:?}", one.key, one.health)).collect();
            assert_eq!(told.join(", "), want);
            let advised = |one: &Finding| {
                (one.health == Health::Ok) == one.remedy.0.is_empty() || one.detail.0.starts_with("Not known")
            };
            assert!(found.iter().all(advised), "{found:?}");
        }
    }
}
