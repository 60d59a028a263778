//! Aliyun SMS (dysmsapi 2017-05-25). Parameters travel in a form body: nothing personal stands in an address that somebody logs.

use crate::assumptions::{LOOK_AFTER_SECONDS, NOBODY, SKEW_SECONDS_MAX};
use crate::check::{self, Probe};
use crate::client::{Answer, TIMEOUT, Wiring, ask, host, meant, stamp, text};
use crate::codes::{self, OUTCOME_UNKNOWN, PHONE_WRONG};
use crate::error::{Error, Result};
use crate::phone::Phone;
use crate::provider::{Accepted, Batch, Provider, Seen, Sent, Sms, arranged, grouped};
use crate::report::{Report, State, local};
use crate::signing::{Acs3, canonical_query};
use crate::template::Class;
use crate::transport::Request;
use serde_json::{Map, Value, json};
use siyu_kernel::{Finding, Time, Zone};
use std::fmt;

pub const ALIYUN: &str = "https://dysmsapi.aliyuncs.com";

#[derive(Clone)]
pub struct AliyunKeys {
    pub key_id: String,
    pub key_secret: String,
    /// Of temporary keys.
    pub token: Option<String>,
}

impl fmt::Debug for AliyunKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AliyunKeys({})", self.key_id)
    }
}

#[derive(Clone)]
pub struct Aliyun {
    keys: AliyunKeys,
    base: String,
    wiring: Wiring,
}

/// Numbers of one request that get the same values, and of one that get values of their own.
const SAME_MAX: usize = 1000;
const OWN_MAX: usize = 100;
const PAGES_MAX: usize = 4;

impl Aliyun {
    /// `base`: [`ALIYUN`], or a simulation.
    pub fn new(keys: AliyunKeys, base: &str, wiring: Wiring) -> Self {
        Self { keys, base: base.trim_end_matches('/').to_owned(), wiring }
    }

    fn call(&self, action: &str, params: &[(&str, &str)], sends: bool) -> Result<Answer> {
        let body = canonical_query(params).into_bytes();
        let (date, nonce) = (stamp(self.wiring.clock.now()), self.wiring.nonce());
        let mut headers = vec![
            ("content-type", "application/x-www-form-urlencoded"),
            ("host", host(&self.base)),
            ("x-acs-action", action),
            ("x-acs-date", &date),
            ("x-acs-signature-nonce", &nonce),
            ("x-acs-version", "2017-05-25"),
        ];
        headers.extend(self.keys.token.as_deref().map(|token| ("x-acs-security-token", token)));
        let signed = Acs3 {
            key_id: &self.keys.key_id,
            key_secret: &self.keys.key_secret,
            method: "POST",
            query: &[],
            headers: &headers,
            body: &body,
        };
        let (signature, digest) = signed.sign();
        let mut headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        headers.push(("x-acs-content-sha256".into(), digest));
        headers.push(("authorization".into(), signature.authorization));
        ask(&self.wiring, &Request { url: format!("{}/", self.base), headers, body, timeout: TIMEOUT }, sends)
    }

    /// The answer when its code says OK.
    fn told(&self, answer: Answer, sends: bool) -> Result<Answer> {
        let (code, message) = (text(&answer.json, "Code"), text(&answer.json, "Message"));
        let now = self.wiring.clock.now();
        match code.as_str() {
            "OK" => Ok(answer),
            // JSON of somebody else, after who knows what.
            "" if sends => Err(Error::ours(&OUTCOME_UNKNOWN, "an answer without a code", now)),
            "" => Err(Error::ours(&codes::NOT_THE_API, "an answer without a code", now)),
            _ => {
                let meaning = meant(codes::of(Provider::Aliyun, &code, &message), answer.status, sends);
                Err(Error::refused(meaning, format_args!("{code} {message}"), now))
            }
        }
    }

    /// One request; all its messages end alike.
    fn request(&self, batch: &Batch<'_>, group: &[usize]) -> Result<Accepted> {
        let messages: Vec<_> = group.iter().map(|at| &batch.messages[*at]).collect();
        let phones: Vec<&str> = messages.iter().map(|message| message.phone.bare()).collect();
        let values: Vec<String> = messages.iter().map(|message| values(&message.params).to_string()).collect();
        let answer = if values.iter().all(|own| *own == values[0]) {
            let phones = phones.join(",");
            let mut params =
                vec![("PhoneNumbers", phones.as_str()), ("SignName", batch.sign), ("TemplateCode", batch.template)];
            if !messages[0].params.is_empty() {
                params.push(("TemplateParam", &values[0]));
            }
            if !batch.out_id.is_empty() {
                params.push(("OutId", batch.out_id));
            }
            self.call("SendSms", &params, true)?
        } else {
            let signs = json!(vec![batch.sign; group.len()]).to_string();
            let params: Vec<Value> = messages.iter().map(|message| values_of(message)).collect();
            let (phones, params) = (json!(phones).to_string(), json!(params).to_string());
            let params = [
                ("PhoneNumberJson", phones.as_str()),
                ("SignNameJson", &signs),
                ("TemplateCode", batch.template),
                ("TemplateParamJson", &params),
            ];
            self.call("SendBatchSms", &params, true)?
        };
        let message_id = text(&self.told(answer, true)?.json, "BizId");
        Ok(Accepted { message_id, parts: None })
    }

    /// A request that is refused for one of its numbers has sent nothing: the halves are tried, until only that number is left.
    fn send_all(&self, batch: &Batch<'_>, group: &[usize]) -> Vec<Result<Accepted>> {
        match self.request(batch, group) {
            Err(error) if group.len() > 1 && error.meaning() == &PHONE_WRONG => {
                let (first, second) = group.split_at(group.len() / 2);
                [self.send_all(batch, first), self.send_all(batch, second)].concat()
            }
            outcome => vec![outcome; group.len()],
        }
    }

    fn details(&self, phone: &Phone, day: &str, page: usize) -> Result<Answer> {
        let page = page.to_string();
        let params = [("PhoneNumber", phone.bare()), ("SendDate", day), ("PageSize", "50"), ("CurrentPage", &page)];
        self.told(self.call("QuerySendDetails", &params, false)?, false)
    }
}

fn values(params: &[(String, String)]) -> Value {
    Value::Object(params.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect::<Map<_, _>>())
}
fn values_of(message: &crate::provider::Message) -> Value {
    values(&message.params)
}

/// `20260301`, in Beijing.
fn day(at: Time) -> String {
    Zone::shanghai().local(at).chars().take(10).filter(char::is_ascii_digit).collect()
}

impl Sms for Aliyun {
    fn provider(&self) -> Provider {
        Provider::Aliyun
    }

    fn send(&self, batch: &Batch<'_>) -> Vec<Sent> {
        let groups = |free: &[usize]| {
            if batch.class == Class::Code {
                return free.iter().map(|at| vec![*at]).collect();
            }
            // Equal values together when there are many of them, else each its own: fewer requests either way.
            let same =
                grouped(free, SAME_MAX, |at| (batch.messages[at].phone.is_mainland(), &batch.messages[at].params));
            let (many, few): (Vec<_>, Vec<_>) = same.into_iter().partition(|group| group.len() >= OWN_MAX);
            let rest = few.concat();
            let mut groups = many;
            groups.extend(grouped(&rest, OWN_MAX, |at| batch.messages[at].phone.is_mainland()));
            groups
        };
        arranged(batch, &self.wiring, &|group| self.send_all(batch, group), &groups)
    }

    fn look(&self, batch: &Batch<'_>, phone: &Phone, at: Time) -> Result<Seen> {
        // Their clock decides which day of Beijing it was.
        let mut days: Vec<String> =
            [-SKEW_SECONDS_MAX, 0, SKEW_SECONDS_MAX].iter().map(|skew| day(at.plus_seconds(*skew))).collect();
        days.dedup();
        for (day, page) in days.iter().flat_map(|day| (1..=PAGES_MAX).map(move |page| (day, page))) {
            let answer = self.details(phone, day, page)?;
            let none = Vec::new();
            let list = match answer.json["SmsSendDetailDTOs"]["SmsSendDetailDTO"].as_array() {
                Some(list) => list,
                None if text(&answer.json, "TotalCount") == "0" => &none,
                // What cannot be read says nothing, least of all that it was not sent.
                None => {
                    return Err(Error::ours(&codes::NOT_THE_API, "an answer without a list", self.wiring.clock.now()));
                }
            };
            for one in list {
                let out_id = text(one, "OutId");
                // A request of many with values of their own has no id of ours: the template and the time must do.
                let ours = if out_id.is_empty() {
                    let near = |sent: Time| (sent.0 - at.0).abs() <= (SKEW_SECONDS_MAX + 60) * 1_000_000;
                    text(one, "TemplateCode") == batch.template && local(&text(one, "SendDate")).is_none_or(near)
                } else {
                    out_id == batch.out_id
                };
                if !ours {
                    continue;
                }
                let state = match text(one, "SendStatus").as_str() {
                    "3" => State::Delivered,
                    "2" => State::Failed,
                    _ => return Ok(Seen::Waiting),
                };
                return Ok(Seen::Done(Report {
                    provider: Provider::Aliyun,
                    message_id: String::new(),
                    phone: phone.clone(),
                    out_id,
                    state,
                    carrier: text(one, "ErrCode"),
                    detail: String::new(),
                    at: local(&text(one, "ReceiveDate")),
                    parts: None,
                }));
            }
        }
        let conclusive = at.plus_seconds(LOOK_AFTER_SECONDS);
        Ok(if self.wiring.clock.now() < conclusive { Seen::TooEarly(conclusive) } else { Seen::Never })
    }

    fn check(&self) -> Vec<Finding> {
        let nobody = Phone::parse(NOBODY).expect("a number of the right form");
        let now = self.wiring.clock.now();
        let params = [("PhoneNumber", nobody.bare()), ("SendDate", &day(now)), ("PageSize", "1"), ("CurrentPage", "1")];
        let probe = match self.call("QuerySendDetails", &params, false) {
            Ok(answer) => Probe { date: answer.date.clone(), outcome: self.told(answer, false).map(drop) },
            Err(error) => Probe { date: None, outcome: Err(error) },
        };
        check::findings(&probe, now)
    }
}
