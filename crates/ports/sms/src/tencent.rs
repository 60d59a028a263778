//! Tencent Cloud SMS (API 3.0, 2021-01-11).

use crate::assumptions::{NOBODY, SKEW_SECONDS_MAX, TENCENT_LOOK_AFTER_SECONDS};
use crate::check::{self, Probe};
use crate::client::{Answer, TIMEOUT, Wiring, ask, host, meant, text};
use crate::codes::{self, OUTCOME_UNKNOWN};
use crate::error::{Error, Result};
use crate::phone::Phone;
use crate::provider::{Accepted, Batch, Provider, Seen, Sent, Sms, arranged, grouped};
use crate::report::{Reply, Report, State, pulled_reply, pulled_report};
use crate::signing::Tc3;
use crate::template::Class;
use crate::transport::Request;
use serde_json::{Value, json};
use siyu_kernel::{Finding, Time};
use std::fmt;

pub const TENCENT: &str = "https://sms.tencentcloudapi.com";

#[derive(Clone)]
pub struct TencentKeys {
    pub secret_id: String,
    pub secret_key: String,
    /// Of temporary keys.
    pub token: Option<String>,
    /// `1400006666`
    pub app_id: String,
    /// `ap-guangzhou`, `ap-beijing` or `ap-nanjing`
    pub region: String,
}

impl fmt::Debug for TencentKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TencentKeys({}, {}, {})", self.secret_id, self.app_id, self.region)
    }
}

#[derive(Clone)]
pub struct Tencent {
    keys: TencentKeys,
    base: String,
    wiring: Wiring,
}

const NUMBERS_MAX: usize = 200;
const CONTENT_TYPE: &str = "application/json; charset=utf-8";

impl Tencent {
    /// `base`: [`TENCENT`], a regional address, or a simulation.
    pub fn new(keys: TencentKeys, base: &str, wiring: Wiring) -> Self {
        Self { keys, base: base.trim_end_matches('/').to_owned(), wiring }
    }

    fn call(&self, action: &str, body: &Value, sends: bool) -> Result<Answer> {
        let body = body.to_string().into_bytes();
        let host = host(&self.base);
        let timestamp = self.wiring.clock.now().0.div_euclid(1_000_000);
        let signed = Tc3 {
            secret_id: &self.keys.secret_id,
            secret_key: &self.keys.secret_key,
            service: "sms",
            timestamp,
            headers: &[("content-type", CONTENT_TYPE), ("host", host)],
            payload: &body,
        };
        let mut headers = vec![
            ("authorization".to_owned(), signed.sign().authorization),
            ("content-type".to_owned(), CONTENT_TYPE.to_owned()),
            ("host".to_owned(), host.to_owned()),
            ("x-tc-action".to_owned(), action.to_owned()),
            ("x-tc-version".to_owned(), "2021-01-11".to_owned()),
            ("x-tc-timestamp".to_owned(), timestamp.to_string()),
            ("x-tc-region".to_owned(), self.keys.region.clone()),
        ];
        headers.extend(self.keys.token.iter().map(|token| ("x-tc-token".to_owned(), token.clone())));
        ask(&self.wiring, &Request { url: format!("{}/", self.base), headers, body, timeout: TIMEOUT }, sends)
    }

    /// What stands in `Response`, when it is no error of the whole request.
    fn told(&self, mut answer: Answer, sends: bool) -> Result<Value> {
        let now = self.wiring.clock.now();
        let response = answer.json["Response"].take();
        let code = text(&response["Error"], "Code");
        match (response.is_object(), code.as_str()) {
            (true, "") => Ok(response),
            (true, code) => {
                let message = text(&response["Error"], "Message");
                let meaning = meant(codes::of(Provider::Tencent, code, &message), answer.status, sends);
                Err(Error::refused(meaning, format_args!("{code} {message}"), now))
            }
            (false, _) if sends => Err(Error::ours(&OUTCOME_UNKNOWN, "an answer of another shape", now)),
            (false, _) => Err(Error::ours(&codes::NOT_THE_API, "an answer of another shape", now)),
        }
    }

    /// One request; each number has an answer of its own.
    fn request(&self, batch: &Batch<'_>, group: &[usize]) -> Vec<Result<Accepted>> {
        let now = self.wiring.clock.now();
        let Some(values) = values(&batch.messages[group[0]].params) else {
            let error = Error::ours(&codes::PARAMS_WRONG, "names are 1, 2, … without a gap", now);
            return vec![Err(error); group.len()];
        };
        let phones: Vec<&str> = group.iter().map(|at| batch.messages[*at].phone.e164()).collect();
        let mut body = json!({
            "PhoneNumberSet": phones, "SmsSdkAppId": self.keys.app_id, "SignName": batch.sign,
            "TemplateId": batch.template, "TemplateParamSet": values,
        });
        if !batch.out_id.is_empty() {
            body["SessionContext"] = batch.out_id.into();
        }
        let response = match self.call("SendSms", &body, true).and_then(|answer| self.told(answer, true)) {
            Ok(response) => response,
            Err(error) => return vec![Err(error); group.len()],
        };
        let none = Vec::new();
        let list = response["SendStatusSet"].as_array().unwrap_or(&none);
        let of = |phone: &Phone| -> Result<Accepted> {
            let own = list.iter().find(|one| Phone::parse(&text(one, "PhoneNumber")).is_ok_and(|own| own == *phone));
            let Some(own) = own else {
                return Err(Error::ours(&OUTCOME_UNKNOWN, "the answer does not name this number", now));
            };
            match text(own, "Code").as_str() {
                "Ok" => {
                    Ok(Accepted { message_id: text(own, "SerialNo"), parts: own["Fee"].as_u64().map(|fee| fee as u32) })
                }
                "" => Err(Error::ours(&OUTCOME_UNKNOWN, "the answer for this number has no code", now)),
                code => {
                    let message = text(own, "Message");
                    Err(Error::refused(
                        codes::of(Provider::Tencent, code, &message),
                        format_args!("{code} {message}"),
                        now,
                    ))
                }
            }
        };
        group.iter().map(|at| of(&batch.messages[*at].phone)).collect()
    }

    /// Reports that were not pushed. Each is given out once: what is not kept is lost. At most 100; empty when there are none.
    pub fn pull_reports(&self) -> Result<Vec<Report>> {
        let response = self.pull("PullSmsSendStatus")?;
        Ok(each(&response["PullSmsSendStatusSet"], pulled_report))
    }
    /// Replies that were not pushed, under the same conditions.
    pub fn pull_replies(&self) -> Result<Vec<Reply>> {
        let response = self.pull("PullSmsReplyStatus")?;
        Ok(each(&response["PullSmsReplyStatusSet"], pulled_reply))
    }
    fn pull(&self, action: &str) -> Result<Value> {
        let body = json!({"Limit": 100, "SmsSdkAppId": self.keys.app_id});
        self.told(self.call(action, &body, false)?, false)
    }

    fn of_number(&self, phone: &Phone, from: Time, to: Time) -> Value {
        json!({
            "BeginTime": from.0.div_euclid(1_000_000), "EndTime": to.0.div_euclid(1_000_000), "Offset": 0, "Limit": 100,
            "PhoneNumber": phone.e164(), "SmsSdkAppId": self.keys.app_id,
        })
    }
}

fn each<T>(list: &Value, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    list.as_array().into_iter().flatten().filter_map(read).collect()
}

/// Values in the order of their numbers; `None` when the names are no numbers from 1 on.
fn values(params: &[(String, String)]) -> Option<Vec<&str>> {
    let mut values = vec![None; params.len()];
    for (name, value) in params {
        let at = name.parse::<usize>().ok()?.checked_sub(1)?;
        *values.get_mut(at)? = Some(value.as_str());
    }
    values.into_iter().collect()
}

impl Sms for Tencent {
    fn provider(&self) -> Provider {
        Provider::Tencent
    }

    fn send(&self, batch: &Batch<'_>) -> Vec<Sent> {
        let max = if batch.class == Class::Code { 1 } else { NUMBERS_MAX };
        let groups = |free: &[usize]| {
            grouped(free, max, |at| (batch.messages[at].phone.is_mainland(), &batch.messages[at].params))
        };
        arranged(batch, &self.wiring, &|group| self.request(batch, group), &groups)
    }

    fn look(&self, batch: &Batch<'_>, phone: &Phone, at: Time) -> Result<Seen> {
        let now = self.wiring.clock.now();
        let (from, to) = (at.plus_seconds(-SKEW_SECONDS_MAX), now.max(at).plus_seconds(SKEW_SECONDS_MAX));
        let body = self.of_number(phone, from, to);
        let response = self.told(self.call("PullSmsSendStatusByPhoneNumber", &body, false)?, false)?;
        if !response["PullSmsSendStatusSet"].is_array() {
            // What cannot be read says nothing, least of all that it was not sent.
            return Err(Error::ours(&codes::NOT_THE_API, "an answer without a list", now));
        }
        let found = each(&response["PullSmsSendStatusSet"], pulled_report)
            .into_iter()
            .find(|report| report.out_id == batch.out_id);
        let conclusive = at.plus_seconds(TENCENT_LOOK_AFTER_SECONDS);
        Ok(match found {
            Some(report) if report.state == State::Unknown => Seen::Waiting,
            Some(report) => Seen::Done(report),
            None if now < conclusive => Seen::TooEarly(conclusive),
            None => Seen::Never,
        })
    }

    fn check(&self) -> Vec<Finding> {
        let nobody = Phone::parse(NOBODY).expect("a number of the right form");
        let now = self.wiring.clock.now();
        let body = self.of_number(&nobody, now.plus_seconds(-3600), now);
        let probe = match self.call("PullSmsSendStatusByPhoneNumber", &body, false) {
            Ok(answer) => Probe { date: answer.date.clone(), outcome: self.told(answer, false).map(drop) },
            Err(error) => Probe { date: None, outcome: Err(error) },
        };
        check::findings(&probe, now)
    }
}
