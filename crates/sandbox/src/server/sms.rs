//! SMS providers: Aliyun's dysmsapi and Tencent Cloud's API 3.0, both at `POST /`, told apart by their headers; and what none of them has, under
//! `/sandbox/sms`. Signatures are checked from the bytes that came.

use super::control::{Shown, Wrong};
use super::{Sandbox, State};
use crate::faults::Fault;
use crate::texts::{Class, Due, Provider, Push, Reply, State as End, Template, Text, Texts, Wanted};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State as Shared};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use siyu_kernel::{Time, Zone};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// The keys of this world's accounts.
const ALIYUN: (&str, &str) = ("LTAI5tSandboxSandboxSand", "SandboxSecretOfAliyun000000001");
const TENCENT: (&str, &str) = ("AKIDSandboxSandboxSandboxSandboxSand", "SandboxSecretOfTencent00000001");
const APP_ID: &str = "1400000001";
/// How far a request's time may be from ours, in seconds.
const ALIYUN_SKEW: i64 = 900;
const TENCENT_SKEW: i64 = 300;
/// Messages to one number within seconds. Tencent Cloud counts thirty seconds, Aliyun a minute for codes; the longer windows are the same.
const ALIYUN_LIMITS: [(i64, usize); 3] = [(60, 1), (3_600, 5), (86_400, 10)];
const TENCENT_LIMITS: [(i64, usize); 3] = [(30, 1), (3_600, 5), (86_400, 10)];
/// Letters of a parameter.
const PARAM_MAX: usize = 35;
/// When Tencent Cloud lets marketing through, hours of Beijing (its real hours are not published).
const MARKETING_HOURS: std::ops::Range<i32> = 8..22;
const PUSH_ENTRIES: usize = 500;
/// Of a receiver's answer no more than this is read.
const ANSWER: usize = 64 << 10;

pub fn router() -> Router<Sandbox> {
    Router::new()
        .route("/", post(provider))
        .route("/sandbox/sms", get(shown).post(set))
        .route("/sandbox/sms/sent", get(sent))
}

// ---------------------------------------------------------------------------------------------------------------- the providers

/// A refusal: HTTP status, code, message.
type Refused = (u16, String, String);

fn no<T>(code: &str, message: &str) -> Result<T, Refused> {
    Err((200, code.to_owned(), message.to_owned()))
}
fn barred<T>(code: &str, message: &str) -> Result<T, Refused> {
    Err((400, code.to_owned(), message.to_owned()))
}

async fn provider(Shared(sandbox): Shared<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let which = if headers.contains_key("x-tc-action") { Provider::Tencent } else { Provider::Aliyun };
    let (hangs, answer) = {
        let mut state = sandbox.lock();
        sandbox.catch_up(&mut state);
        let timeout = state.strikes(Fault::Timeout);
        // Half of the requests that nobody hears the answer of have been carried out.
        let lost = timeout && state.dice.chance(0.5);
        let proxy = state.strikes(Fault::Proxy);
        let answer = (!lost && !proxy).then(|| answer(&sandbox, &mut state, which, &headers, &body));
        (timeout, answer)
    };
    if hangs {
        tokio::time::sleep(sandbox.0.options.timeout).await;
        return (StatusCode::GATEWAY_TIMEOUT, Html("<html><body>504 Gateway Time-out</body></html>")).into_response();
    }
    match answer {
        Some((status, value)) => (StatusCode::from_u16(status).unwrap_or_default(), axum::Json(value)).into_response(),
        None => (StatusCode::BAD_GATEWAY, Html("<html><body>502 Bad Gateway</body></html>")).into_response(),
    }
}

fn answer(sandbox: &Sandbox, state: &mut State, which: Provider, headers: &HeaderMap, body: &[u8]) -> (u16, Value) {
    let now = sandbox.0.options.stamp.now();
    let limits = sandbox.0.options.limits;
    let busy = state.strikes(Fault::Busy);
    let limit = state.strikes(Fault::Limit) || state.strikes(Fault::Concurrency);
    let request_id = format!("{:032X}", u128::from(state.texts.message_id()) << 40);
    let call = Call { texts: &mut state.texts, headers, body, now, limits };
    let told = match which {
        Provider::Aliyun if limit => no("Throttling.User", "Request was denied due to user flow control."),
        Provider::Aliyun if busy => no("isp.SYSTEM_ERROR", "系统错误"),
        Provider::Tencent if limit || busy => {
            no("RequestLimitExceeded", "Your current request times exceeded the limit.")
        }
        Provider::Aliyun => call.aliyun(),
        Provider::Tencent => call.tencent(),
    };
    match (which, told) {
        (Provider::Aliyun, Ok(mut value)) => {
            (value["Code"], value["Message"], value["RequestId"]) = ("OK".into(), "OK".into(), request_id.into());
            (200, value)
        }
        (Provider::Aliyun, Err((status, code, message))) => {
            (status, json!({ "Code": code, "Message": message, "RequestId": request_id }))
        }
        (Provider::Tencent, Ok(mut value)) => {
            value["RequestId"] = request_id.into();
            (200, json!({ "Response": value }))
        }
        (Provider::Tencent, Err((_, code, message))) => {
            (200, json!({ "Response": { "Error": { "Code": code, "Message": message }, "RequestId": request_id } }))
        }
    }
}

struct Call<'a> {
    texts: &'a mut Texts,
    headers: &'a HeaderMap,
    body: &'a [u8],
    now: Time,
    limits: bool,
}

impl Call<'_> {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|own| own.to_str().ok()).unwrap_or_default()
    }
    /// `name:value` of every header that was signed, and their names; `None` when one did not come.
    fn signed(&self, names: &str) -> Option<String> {
        names
            .split(';')
            .map(|name| Some(format!("{name}:{}\n", self.headers.get(name)?.to_str().ok()?.trim())))
            .collect()
    }
    /// Number and text of a message, checked; what it needs to be accepted.
    fn checked(&mut self, which: Provider, one: &Wanted<'_>) -> Result<Template, Refused> {
        let tencent = which == Provider::Tencent;
        let code = |aliyun: &'static str, own: &'static str| if tencent { own } else { aliyun };
        if !is_phone(&one.phone) {
            return no(
                code("isv.MOBILE_NUMBER_ILLEGAL", "InvalidParameterValue.IncorrectPhoneNumber"),
                "手机号码格式错误",
            );
        }
        if !self.texts.signs.iter().any(|own| own == one.sign) {
            return no(
                code("isv.SMS_SIGNATURE_ILLEGAL", "FailedOperation.SignatureIncorrectOrUnapproved"),
                "签名未审批",
            );
        }
        let Some(template) = self.texts.template(which, one.template).cloned() else {
            return no(
                code("isv.SMS_TEMPLATE_ILLEGAL", "FailedOperation.TemplateUnapprovedOrNotExist"),
                "模板未审批或不存在",
            );
        };
        let places = template.places();
        let missing = places.iter().any(|name| !one.params.contains_key(*name));
        // Tencent Cloud counts its values, Aliyun passes over those it does not know.
        if missing || (tencent && places.len() != one.params.len()) {
            let own = "FailedOperation.TemplateParamSetNotMatchApprovedTemplate";
            return no(code("isv.TEMPLATE_MISSING_PARAMETERS", own), "模板变量缺失");
        }
        if one.params.values().any(|value| value.chars().count() > PARAM_MAX) {
            return no(
                code("isv.PARAM_LENGTH_LIMIT", "InvalidParameterValue.TemplateParameterLengthLimit"),
                "参数超过长度限制",
            );
        }
        if one.params.values().any(|value| value.contains("http://") || value.contains("https://")) {
            let own = "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter";
            return no(code("isv.PARAM_NOT_SUPPORT_URL", own), "变量不支持传入 URL");
        }
        if tencent && self.texts.left.contains(&one.phone) {
            return no("FailedOperation.PhoneNumberInBlacklist", "手机号在免打扰名单库中");
        }
        let hour = Zone::shanghai().local(self.now).get(11..13).and_then(|own| own.parse::<i32>().ok()).unwrap_or(12);
        if tencent && template.class == Class::Marketing && !MARKETING_HOURS.contains(&hour) {
            return no("FailedOperation.MarketingSendTimeConstraint", "营销短信发送时间限制");
        }
        let windows: &[(i64, usize)] = match (which, template.class) {
            (Provider::Tencent, _) => &TENCENT_LIMITS,
            (Provider::Aliyun, Class::Code) => &ALIYUN_LIMITS,
            (Provider::Aliyun, _) => &[(86_400, 50)],
        };
        if self.limits
            && let Some(seconds) = self.texts.limited(&one.phone, windows, self.now)
        {
            return match (tencent, seconds) {
                (true, 30) => no("LimitExceeded.PhoneNumberThirtySecondLimit", "30 秒内发送条数达到上限"),
                (true, 3_600) => no("LimitExceeded.PhoneNumberOneHourLimit", "1 小时内发送条数达到上限"),
                (true, _) => no("LimitExceeded.PhoneNumberDailyLimit", "日发送条数达到上限"),
                (false, 60) => no("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1"),
                (false, 3_600) => no("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5"),
                (false, _) => no("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10"),
            };
        }
        Ok(template)
    }

    // ------------------------------------------------------------------------------------------------------------------ Aliyun

    fn aliyun(mut self) -> Result<Value, Refused> {
        self.aliyun_signed()?;
        let asked: HashMap<String, String> = form_urlencoded::parse(self.body).into_owned().collect();
        let of = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        match self.header("x-acs-action").to_owned().as_str() {
            "SendSms" => {
                let phones: Vec<String> = of("PhoneNumbers").split(',').map(e164).collect();
                if phones.len() > 1_000 {
                    return no("isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制");
                }
                let params = aliyun_params(if of("TemplateParam").is_empty() { "{}" } else { of("TemplateParam") })?;
                let of_phone = |phone| Wanted {
                    phone,
                    sign: of("SignName"),
                    template: of("TemplateCode"),
                    params: params.clone(),
                };
                self.aliyun_accept(phones.into_iter().map(of_phone).collect(), of("OutId"))
            }
            "SendBatchSms" => {
                let list = |name: &str| serde_json::from_str::<Vec<Value>>(of(name)).unwrap_or_default();
                let (phones, signs, params) =
                    (list("PhoneNumberJson"), list("SignNameJson"), list("TemplateParamJson"));
                if phones.is_empty()
                    || phones.len() > 100
                    || signs.len() != phones.len()
                    || params.len() != phones.len()
                {
                    return no("isv.INVALID_PARAMETERS", "参数异常");
                }
                let mut wanted = Vec::new();
                for ((phone, sign), params) in phones.iter().zip(&signs).zip(&params) {
                    let params = aliyun_params(&params.to_string())?;
                    let (phone, sign) = (e164(phone.as_str().unwrap_or_default()), sign.as_str().unwrap_or_default());
                    wanted.push(Wanted { phone, sign, template: of("TemplateCode"), params });
                }
                self.aliyun_accept(wanted, "")
            }
            "QuerySendDetails" => {
                let number =
                    |name: &str, most: usize| of(name).parse::<usize>().ok().filter(|own| (1..=most).contains(own));
                let (Some(size), Some(page)) = (number("PageSize", 50), number("CurrentPage", 100_000)) else {
                    return no("isv.INVALID_PARAMETERS", "参数异常");
                };
                let (phone, now) = (e164(of("PhoneNumber")), self.now);
                let of_day = |own: &&Text| {
                    let day: String = local(own.at).chars().take(10).filter(char::is_ascii_digit).collect();
                    own.provider == Provider::Aliyun && own.phone == phone && day == of("SendDate")
                };
                let all: Vec<&Text> = self.texts.sent.iter().filter(of_day).collect();
                let shown = all.iter().rev().skip((page - 1) * size).take(size).map(|own| {
                    let state = own.state(now);
                    let known = state != End::Waiting;
                    json!({
                        "PhoneNum": own.phone.trim_start_matches("+86"), "OutId": own.own, "TemplateCode": own.template, "Content": own.content,
                        "SendDate": local(own.at), "ReceiveDate": if known { local(own.reported_at) } else { String::new() },
                        "SendStatus": match state { End::Waiting => 1, End::Failed => 2, End::Delivered => 3 },
                        "ErrCode": if known { own.carrier } else { "" },
                    })
                });
                let shown: Vec<Value> = shown.collect();
                Ok(json!({ "TotalCount": all.len().to_string(), "SmsSendDetailDTOs": { "SmsSendDetailDTO": shown } }))
            }
            _ => barred("InvalidAction.NotFound", "The specified action is not found."),
        }
    }
    /// All of a request, or nothing of it.
    fn aliyun_accept(mut self, wanted: Vec<Wanted<'_>>, own: &str) -> Result<Value, Refused> {
        let mut accepted = Vec::new();
        for one in wanted {
            let template = self.checked(Provider::Aliyun, &one)?;
            accepted.push((one, template));
        }
        let id = format!("{}^0", self.texts.message_id());
        for (one, template) in accepted {
            self.texts.accept(&template, &one, own, &id, self.now);
        }
        Ok(json!({ "BizId": id }))
    }
    fn aliyun_signed(&mut self) -> Result<(), Refused> {
        let (key, names, signature) = authorization(self.header("authorization"), "ACS3-HMAC-SHA256 ");
        if key != ALIYUN.0 {
            return barred("InvalidAccessKeyId.NotFound", "Specified access key is not found.");
        }
        let needed =
            ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];
        if !needed.iter().all(|name| names.split(';').any(|own| own == *name)) {
            return barred("IncompleteSignature", "A header that has to be signed is not.");
        }
        let (Some(lines), digest) = (self.signed(&names), hex(&Sha256::digest(self.body))) else {
            return barred("IncompleteSignature", "A header that was signed did not come.");
        };
        if self.header("x-acs-content-sha256") != digest {
            return barred("SignatureDoesNotMatch", "The digest is not that of the body.");
        }
        let request = format!("POST\n/\n\n{lines}\n{names}\n{digest}");
        let text = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(request.as_bytes())));
        if !proves(ALIYUN.1.as_bytes(), &text, &signature) {
            return barred("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.");
        }
        let date = Time::parse(self.header("x-acs-date")).unwrap_or(Time(0));
        if (date.0 - self.now.0).abs() > ALIYUN_SKEW * 1_000_000 {
            return barred("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.");
        }
        let nonce = self.header("x-acs-signature-nonce").to_owned();
        if !self.texts.nonce_is_new(&nonce) {
            return barred("SignatureNonceUsed", "Specified signature nonce was used already.");
        }
        Ok(())
    }

    // ----------------------------------------------------------------------------------------------------------------- Tencent

    fn tencent(mut self) -> Result<Value, Refused> {
        self.tencent_signed()?;
        let Ok(asked) = serde_json::from_slice::<Value>(self.body) else {
            return no("InvalidParameter", "the body is not JSON");
        };
        let of = |name: &str| asked[name].as_str().unwrap_or_default();
        if of("SmsSdkAppId") != APP_ID {
            return no("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "SmsSdkAppId 校验失败");
        }
        match self.header("x-tc-action").to_owned().as_str() {
            "SendSms" => {
                let texts = |name: &str| -> Vec<String> {
                    let list = asked[name].as_array().into_iter().flatten();
                    list.map(|own| own.as_str().unwrap_or_default().to_owned()).collect()
                };
                let (phones, values) = (texts("PhoneNumberSet"), texts("TemplateParamSet"));
                if phones.is_empty() || phones.len() > 200 {
                    return no("LimitExceeded.PhoneNumberCountLimit", "号码数量超过上限");
                }
                let params: BTreeMap<String, String> =
                    values.into_iter().enumerate().map(|(at, value)| ((at + 1).to_string(), value)).collect();
                let mut told = Vec::new();
                for phone in phones {
                    let one = Wanted {
                        phone: e164(&phone),
                        sign: of("SignName"),
                        template: of("TemplateId"),
                        params: params.clone(),
                    };
                    let mut own = json!({ "PhoneNumber": one.phone, "SessionContext": of("SessionContext"), "IsoCode": "CN", "SerialNo": "", "Fee": 0 });
                    match self.checked(Provider::Tencent, &one) {
                        Ok(template) => {
                            let id = format!("5000:{}", self.texts.message_id());
                            self.texts.accept(&template, &one, of("SessionContext"), &id, self.now);
                            (own["Code"], own["Message"], own["SerialNo"]) =
                                ("Ok".into(), "send success".into(), id.into());
                            own["Fee"] = parts(self.texts.sent.back().map_or("", |own| &own.content)).into();
                        }
                        Err((_, code, message)) => (own["Code"], own["Message"]) = (code.into(), message.into()),
                    }
                    told.push(own);
                }
                Ok(json!({ "SendStatusSet": told }))
            }
            "PullSmsSendStatusByPhoneNumber" => {
                let second = |name: &str| asked[name].as_i64().map_or(0, |own| own.saturating_mul(1_000_000));
                let (phone, from, to) = (e164(of("PhoneNumber")), second("BeginTime"), second("EndTime"));
                let now = self.now;
                let meant = |own: &&Text| {
                    own.provider == Provider::Tencent
                        && own.phone == phone
                        && own.reported_at <= now
                        && (from..=to).contains(&own.at.0)
                };
                let shown: Vec<Value> = self.texts.sent.iter().filter(meant).map(pulled).collect();
                Ok(json!({ "PullSmsSendStatusSet": shown }))
            }
            "PullSmsSendStatus" => {
                let most = asked["Limit"].as_u64().unwrap_or(0).min(100) as usize;
                let now = self.now;
                let due = |own: &&mut Text| own.provider == Provider::Tencent && !own.told && own.reported_at <= now;
                let given = self.texts.sent.iter_mut().filter(due).take(most).map(|own| {
                    own.told = true;
                    pulled(own)
                });
                let given: Vec<Value> = given.collect();
                Ok(json!({ "PullSmsSendStatusSet": given }))
            }
            "PullSmsReplyStatus" => {
                let most = asked["Limit"].as_u64().unwrap_or(0).min(100) as usize;
                let due = |own: &&mut Reply| own.provider == Provider::Tencent && !own.told;
                let given = self.texts.replies.iter_mut().filter(due).take(most).map(|own| {
                    own.told = true;
                    json!({
                        "ExtendCode": "", "CountryCode": "86", "PhoneNumber": own.phone, "SubscriberNumber": own.phone.trim_start_matches("+86"),
                        "SignName": own.sign, "ReplyContent": own.text, "ReplyTime": own.at.0.div_euclid(1_000_000)
                    })
                });
                let given: Vec<Value> = given.collect();
                Ok(json!({ "PullSmsReplyStatusSet": given }))
            }
            _ => no("InvalidAction", "The request action is invalid."),
        }
    }
    fn tencent_signed(&self) -> Result<(), Refused> {
        let (credential, names, signature) = authorization(self.header("authorization"), "TC3-HMAC-SHA256 ");
        let timestamp = self.header("x-tc-timestamp").parse::<i64>().unwrap_or(0);
        let date: String = Time(timestamp.saturating_mul(1_000_000)).to_string().chars().take(10).collect();
        let scope = format!("{date}/sms/tc3_request");
        if credential.split('/').next() != Some(TENCENT.0) {
            return no("AuthFailure.SecretIdNotFound", "The SecretId is not found.");
        }
        if (timestamp - self.now.0.div_euclid(1_000_000)).abs() > TENCENT_SKEW {
            return no("AuthFailure.SignatureExpire", "The signature has expired.");
        }
        let needed = ["content-type", "host"];
        let failed = || no("AuthFailure.SignatureFailure", "The provided credentials could not be validated.");
        if credential != format!("{}/{scope}", TENCENT.0)
            || !needed.iter().all(|name| names.split(';').any(|own| own == *name))
        {
            return failed();
        }
        let Some(lines) = self.signed(&names) else { return failed() };
        let request = format!("POST\n/\n\n{lines}\n{names}\n{}", hex(&Sha256::digest(self.body)));
        let text = format!("TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{}", hex(&Sha256::digest(request.as_bytes())));
        let key = mac(format!("TC3{}", TENCENT.1).as_bytes(), &date);
        let key = mac(&mac(&key, "sms"), "tc3_request");
        if proves(&key, &text, &signature) { Ok(()) } else { failed() }
    }
}

fn aliyun_params(text: &str) -> Result<BTreeMap<String, String>, Refused> {
    let Ok(Value::Object(map)) = serde_json::from_str::<Value>(text) else {
        return no("isv.INVALID_JSON_PARAM", "JSON 参数不合法，只接受字符串值");
    };
    map.into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Number(number) => Ok((name, number.to_string())),
            _ => no("isv.INVALID_JSON_PARAM", "JSON 参数不合法，只接受字符串值"),
        })
        .collect()
}

/// A report as it is given out when asked for.
fn pulled(own: &Text) -> Value {
    let arrived = own.carrier == "DELIVRD";
    json!({
        "UserReceiveTime": own.reported_at.0.div_euclid(1_000_000), "CountryCode": "86", "PhoneNumber": own.phone,
        "SubscriberNumber": own.phone.trim_start_matches("+86"), "SerialNo": own.message_id, "SessionContext": own.own,
        "ReportStatus": if arrived { "SUCCESS" } else { "FAIL" }, "Description": if arrived { "用户短信送达成功" } else { own.carrier }
    })
}
/// The same as it is pushed.
fn pushed(due: &Due) -> Value {
    match due {
        Due::Report(own) => {
            let (arrived, bare) = (own.carrier == "DELIVRD", own.phone.trim_start_matches("+86"));
            let told = if arrived { "用户接收成功" } else { "用户接收失败" };
            match own.provider {
                Provider::Aliyun => json!({
                    "phone_number": bare, "send_time": local(own.at), "report_time": local(own.reported_at), "success": arrived,
                    "err_code": if arrived { "DELIVERED" } else { own.carrier }, "err_msg": told, "sms_size": parts(&own.content).to_string(),
                    "biz_id": own.message_id, "out_id": own.own
                }),
                Provider::Tencent => json!({
                    "user_receive_time": local(own.reported_at), "nationcode": "86", "mobile": bare,
                    "report_status": if arrived { "SUCCESS" } else { "FAIL" }, "errmsg": own.carrier, "description": told,
                    "sid": own.message_id, "ext": own.own
                }),
            }
        }
        Due::Reply(own) => {
            let bare = own.phone.trim_start_matches("+86");
            match own.provider {
                Provider::Aliyun => json!({
                    "phone_number": bare, "send_time": local(own.at), "content": own.text, "sign_name": own.sign, "dest_code": "",
                    "sequence_id": own.number + 1
                }),
                Provider::Tencent => json!({
                    "extend": "", "mobile": bare, "nationcode": "86", "sign": own.sign, "text": own.text, "time": own.at.0.div_euclid(1_000_000)
                }),
            }
        }
    }
}

/// Of 70 letters one is billed, of more one for each 67.
fn parts(content: &str) -> usize {
    let letters = content.chars().count();
    if letters <= 70 { 1 } else { letters.div_ceil(67) }
}
fn local(at: Time) -> String {
    Zone::shanghai().local(at).chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}
/// Numbers without a country are of the mainland.
fn e164(text: &str) -> String {
    match text.trim() {
        text if text.starts_with('+') => text.to_owned(),
        text => match text.strip_prefix("0086").or(text.strip_prefix("86").filter(|rest| rest.len() == 11)) {
            Some(rest) => format!("+86{rest}"),
            None => format!("+86{text}"),
        },
    }
}
fn is_phone(phone: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match phone.strip_prefix("+86") {
        Some(own) => own.len() == 11 && digits(own) && own.starts_with('1') && matches!(own.as_bytes()[1], b'3'..=b'9'),
        None => phone.strip_prefix('+').is_some_and(|own| (7..=15).contains(&own.len()) && digits(own)),
    }
}
/// Key, names of the signed headers and signature of the header `Authorization`.
fn authorization(header: &str, scheme: &str) -> (String, String, String) {
    let rest = header.strip_prefix(scheme).unwrap_or_default();
    let of = |name: &str| {
        let own = rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        own.unwrap_or_default().to_owned()
    };
    (of("Credential"), of("SignedHeaders"), of("Signature"))
}
fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
fn proves(key: &[u8], text: &str, signature: &str) -> bool {
    hex(&mac(key, text)) == signature
}
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

// -------------------------------------------------------------------------------------------------------------------- pushes

impl Sandbox {
    /// Puts what is due on its way.
    pub(super) fn push_texts(&self, state: &mut State) {
        let now = self.0.options.stamp.now();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        for (url, mut due) in state.texts.due(now) {
            while !due.is_empty() {
                let rest = due.split_off(due.len().min(PUSH_ENTRIES));
                let (sandbox, url, some) = (self.clone(), url.clone(), std::mem::replace(&mut due, rest));
                runtime.spawn(async move {
                    let body: Vec<Value> = some.iter().map(pushed).collect();
                    if !posted(&url, &Value::from(body)).await {
                        let now = sandbox.0.options.stamp.now();
                        sandbox.lock().texts.not_taken(&some, now);
                    }
                });
            }
        }
    }
}

/// Whether it was taken: status 200 within five seconds.
async fn posted(url: &str, body: &Value) -> bool {
    let http: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::post(url).header(header::CONTENT_TYPE, "application/json");
    let Ok(request) = request.body(Full::from(body.to_string())) else { return false };
    let answer = async {
        let answer = http.request(request).await.ok()?;
        let status = answer.status();
        let _ = Limited::new(answer.into_body(), ANSWER).collect().await;
        Some(status == StatusCode::OK)
    };
    tokio::time::timeout(Duration::from_secs(5), answer).await.ok().flatten().unwrap_or(false)
}

// -------------------------------------------------------------------------------------------------------------- control surface

/// Keys, signatures, templates, and how many messages were accepted.
async fn shown(Shared(sandbox): Shared<Sandbox>) -> axum::Json<Value> {
    let mut state = sandbox.lock();
    sandbox.catch_up(&mut state);
    let texts = &state.texts;
    axum::Json(json!({
        "aliyun": { "key_id": ALIYUN.0, "key_secret": ALIYUN.1 },
        "tencent": { "secret_id": TENCENT.0, "secret_key": TENCENT.1, "app_id": APP_ID },
        "signs": texts.signs, "templates": texts.templates, "push": texts.push, "sent": texts.sent.len(), "replies": texts.replies.len(),
        "left": texts.left.len()
    }))
}
/// `{"push"?: {"provider", "reports": URL, "replies": URL}, "sign"?: WORD, "template"?: {"provider", "code", "text", "class"}, "reply"?: {"phone", "text"}}`: where reports and replies go,
/// what is approved from now on, and what somebody answers.
async fn set(Shared(sandbox): Shared<Sandbox>, axum::Json(body): axum::Json<Value>) -> Shown {
    let mut state = sandbox.lock();
    let now = sandbox.0.options.stamp.now();
    let texts = &mut state.texts;
    let provider = |of: &Value| match of["provider"].as_str() {
        Some("aliyun") => Ok(Provider::Aliyun),
        Some("tencent") => Ok(Provider::Tencent),
        _ => Err(Wrong("provider: aliyun or tencent".into())),
    };
    let word = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
    if body["push"].is_object() {
        let own = &body["push"];
        let push = Push { provider: provider(own)?, reports: word(own, "reports"), replies: word(own, "replies") };
        texts.push.retain(|old| old.provider != push.provider);
        texts.push.push(push);
    }
    if let Some(sign) = body["sign"].as_str() {
        texts.signs.push(sign.to_owned());
    }
    if body["template"].is_object() {
        let own = &body["template"];
        let class =
            Class::parse(&word(own, "class")).ok_or_else(|| Wrong("class: code, notice or marketing".into()))?;
        let template = Template { provider: provider(own)?, code: word(own, "code"), text: word(own, "text"), class };
        texts.templates.retain(|old| old.provider != template.provider || old.code != template.code);
        texts.templates.push(template);
    }
    if body["reply"].is_object() {
        let own = &body["reply"];
        texts.reply(&e164(&word(own, "phone")), &word(own, "text"), now).map_err(Wrong)?;
    }
    sandbox.push_texts(&mut state);
    Ok(axum::Json(json!({})))
}
/// What was accepted, oldest first: `?after=NUMBER&limit=N`.
async fn sent(Shared(sandbox): Shared<Sandbox>, Query(asked): Query<HashMap<String, String>>) -> axum::Json<Value> {
    let number = |name: &str| asked.get(name).and_then(|text| text.parse::<u64>().ok());
    let (after, limit) = (number("after").unwrap_or(0), number("limit").unwrap_or(1_000).min(100_000) as usize);
    let state = sandbox.lock();
    let now = sandbox.0.options.stamp.now();
    let shown = state.texts.sent.iter().filter(|own| own.number > after).take(limit).map(|own| {
        let mut value = json!(own);
        value["state"] = json!(own.state(now));
        value
    });
    axum::Json(shown.collect())
}
