//! What goes out, what the answers mean, and that nothing goes out twice.

use crate::world::*;
use serde_json::{Value, json};
use siyu_sms::*;

const SENT: &str = r#"{"Message":"OK","RequestId":"R","Code":"OK","BizId":"9006^0"}"#;

fn names(sent: &[Sent]) -> Vec<&'static str> {
    sent.iter().map(|one| one.outcome.as_ref().map_or_else(|error| error.name(), |_| "ok")).collect()
}
/// Tencent Cloud accepting every number, in another order than asked.
fn all_accepted(request: &Request) -> Answer {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let phones = body["PhoneNumberSet"].as_array().unwrap().iter().rev();
    let set: Vec<Value> = phones
        .map(|phone| json!({"SerialNo": format!("s{phone}"), "PhoneNumber": phone, "Fee": 1, "Code": "Ok"}))
        .collect();
    ok(json!({"Response": {"SendStatusSet": set, "RequestId": "R"}}))
}

#[test]
fn one_message_to_aliyun() {
    let world = world(|_| answer(200, SENT));
    let messages = [message(1, &[("name", "张 三&+"), ("day", "3")])];
    let sent = world.aliyun.send(&batch(&messages));
    assert_eq!(sent[0].outcome, Ok(Accepted { message_id: "9006^0".into(), parts: None }));
    let (request, form) = (world.net.request(0), world.net.form(0));
    assert_eq!(request.url, "https://dysmsapi.aliyuncs.com/");
    assert_eq!(request.header("x-acs-action"), Some("SendSms"));
    assert_eq!(request.header("x-acs-date"), Some("2026-03-03T02:00:00Z"));
    assert!(request.header("authorization").unwrap().starts_with(
        "ACS3-HMAC-SHA256 Credential=LTAImadeUp,SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;"
    ));
    assert_eq!(form["PhoneNumbers"], "13800000001");
    assert_eq!(serde_json::from_str::<Value>(&form["TemplateParam"]).unwrap(), json!({"name": "张 三&+", "day": "3"}));
    assert_eq!(
        (form["OutId"].as_str(), form["SignName"].as_str(), form["TemplateCode"].as_str()),
        ("job_77", "街角花店", "SMS_1")
    );
}

#[test]
fn every_request_has_a_nonce_of_its_own() {
    let world = world(|_| answer(200, SENT));
    for number in 1..=20 {
        world.aliyun.send(&batch(&[message(number, &[])]));
    }
    let mut nonces: Vec<String> =
        (0..20).map(|at| world.net.request(at).header("x-acs-signature-nonce").unwrap().to_owned()).collect();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 20);
}

#[test]
fn many_messages_become_few_requests() {
    let world = world(|_| answer(200, SENT));
    // A thousand and a half with equal values; then 150 with values of their own.
    let same: Vec<Message> = (0..1500).map(|number| message(number, &[("day", "3")])).collect();
    assert!(world.aliyun.send(&batch(&same)).iter().all(|one| one.outcome.is_ok()));
    assert_eq!(world.net.count(), 2);
    assert_eq!(world.net.form(0)["PhoneNumbers"].split(',').count(), 1000);
    let own: Vec<Message> = (2000..2150).map(|number| message(number, &[("name", &format!("n{number}"))])).collect();
    assert_eq!(world.aliyun.send(&batch(&own)).len(), 150);
    assert_eq!(world.net.count(), 4);
    let form = world.net.form(2);
    assert_eq!(world.net.request(2).header("x-acs-action"), Some("SendBatchSms"));
    let list = |name: &str| serde_json::from_str::<Vec<Value>>(&form[name]).unwrap();
    assert_eq!((list("PhoneNumberJson").len(), list("SignNameJson")[99].as_str()), (100, Some("街角花店")));
    assert_eq!(
        (&list("PhoneNumberJson")[7], &list("TemplateParamJson")[7]),
        (&json!("13800002007"), &json!({"name": "n2007"}))
    );
    // Codes go one by one.
    let codes = [message(3000, &[("code", "1")]), message(3001, &[("code", "1")])];
    world.aliyun.send(&Batch { class: Class::Code, ..batch(&codes) });
    assert_eq!(world.net.count(), 6);
}

#[test]
fn many_messages_to_tencent_are_answered_each() {
    let world = world(all_accepted);
    let mut messages: Vec<Message> = (0..250).map(|number| message(number, &[("2", "b"), ("1", "a")])).collect();
    messages.push(Message { phone: Phone::parse("+14155550100").unwrap(), params: messages[0].params.clone() });
    messages.push(message(900, &[("1", "x")]));
    let sent = world.tencent.send(&batch(&messages));
    for (one, message) in sent.iter().zip(&messages) {
        assert_eq!(one.phone, message.phone);
        assert_eq!(one.outcome.as_ref().unwrap().message_id, format!("s\"{}\"", message.phone.e164()));
    }
    // 200 + 50 at home, one abroad, one with other values.
    assert_eq!(world.net.count(), 4);
    let body = world.net.json(0);
    assert_eq!(
        (body["PhoneNumberSet"].as_array().unwrap().len(), &body["TemplateParamSet"]),
        (200, &json!(["a", "b"]))
    );
    assert_eq!((body["SmsSdkAppId"].as_str(), body["SessionContext"].as_str()), (Some("1400006666"), Some("job_77")));
    let request = world.net.request(0);
    assert_eq!(
        (request.header("x-tc-action"), request.header("x-tc-timestamp")),
        (Some("SendSms"), Some("1772503200"))
    );
    assert!(request.header("authorization").unwrap().contains("SignedHeaders=content-type;host, Signature="));
}

#[test]
fn names_that_are_no_numbers_are_refused_before_sending() {
    let world = world(|_| panic!("nothing is sent"));
    for params in [&[("name", "x")][..], &[("1", "a"), ("3", "b")], &[("0", "a")], &[("1", "a"), ("1", "b")]] {
        let sent = world.tencent.send(&batch(&[message(1, params)]));
        assert_eq!(names(&sent), ["sms_params_wrong"], "{params:?}");
    }
}

#[test]
fn a_number_twice_and_a_number_too_soon_do_not_go() {
    let world = world(|_| answer(200, SENT));
    let twice = [message(1, &[]), message(2, &[]), message(1, &[])];
    assert_eq!(names(&world.aliyun.send(&batch(&twice))), ["ok", "ok", "sms_twice"]);
    let sent = world.aliyun.send(&batch(&[message(1, &[]), message(3, &[])]));
    assert_eq!(names(&sent), ["sms_limited", "ok"]);
    let error = sent[0].outcome.as_ref().unwrap_err();
    assert_eq!(error.retry, Retry::At(siyu_kernel::Time::parse("2026-03-03T02:01:00Z").unwrap()));
    assert_eq!(world.net.form(1)["PhoneNumbers"], "13800000003");
}

#[test]
fn what_certainly_did_not_go_does_not_count() {
    let mut first = true;
    let world = world(move |_| if std::mem::take(&mut first) { fault(Fault::Unreachable) } else { answer(200, SENT) });
    let messages = [message(1, &[])];
    let sent = world.aliyun.send(&batch(&messages));
    assert_eq!(names(&sent), ["sms_unreachable"]);
    assert!(sent[0].outcome.as_ref().unwrap_err().is_retryable());
    assert_eq!(names(&world.aliyun.send(&batch(&messages))), ["ok"]);
}

/// Whatever is said or not said: a message that may have gone is never told as safe to repeat.
#[test]
fn lost_answers_are_unknown_outcomes() {
    type Case = (&'static str, fn() -> Answer, &'static str, &'static str);
    let cases: Vec<Case> = vec![
        ("refused port", || fault(Fault::Unreachable), "sms_unreachable", "sms_unreachable"),
        ("time-out", || fault(Fault::Lost), "sms_outcome_unknown", "sms_outcome_unknown"),
        ("bad gateway", || answer(502, "<html>"), "sms_outcome_unknown", "sms_outcome_unknown"),
        ("a page", || answer(200, "<html>"), "sms_outcome_unknown", "sms_outcome_unknown"),
        ("cut JSON", || answer(200, "{\"Code\":\"O"), "sms_outcome_unknown", "sms_outcome_unknown"),
        ("a list", || answer(200, "[]"), "sms_outcome_unknown", "sms_outcome_unknown"),
        ("other JSON", || answer(200, "{\"ok\":true}"), "sms_outcome_unknown", "sms_outcome_unknown"),
        ("moved", || answer(302, ""), "sms_not_the_api", "sms_not_the_api"),
        ("too many", || answer(429, ""), "sms_busy", "sms_busy"),
        (
            "empty set",
            || answer(200, "{\"Response\":{\"SendStatusSet\":[]}}"),
            "sms_outcome_unknown",
            "sms_outcome_unknown",
        ),
        (
            "internal",
            || answer(200, "{\"Response\":{\"Error\":{\"Code\":\"InternalError.Timeout\"}}}"),
            "sms_outcome_unknown",
            "sms_outcome_unknown",
        ),
        (
            "fault in JSON",
            || answer(500, "{\"Code\":\"InternalServerError\"}"),
            "sms_outcome_unknown",
            "sms_outcome_unknown",
        ),
        ("not in our list", || answer(400, "{\"Code\":\"isv.NEW\"}"), "sms_refused", "sms_outcome_unknown"),
        ("signature", || answer(400, "{\"Code\":\"SignatureDoesNotMatch\"}"), "sms_keys_wrong", "sms_outcome_unknown"),
    ];
    for (name, script, aliyun, tencent) in cases {
        let world = world(move |_| script());
        let messages = [message(1, &[])];
        assert_eq!(names(&world.aliyun.send(&batch(&messages))), [aliyun], "{name}");
        world.clock.advance_seconds(90_000);
        assert_eq!(names(&world.tencent.send(&batch(&messages))), [tencent], "{name}");
        assert_eq!(world.net.count(), 2, "{name}: nothing is repeated");
    }
}

/// A question sends nothing: its failure says nothing of a message.
#[test]
fn a_failed_question_is_no_unknown_outcome() {
    let faults: [fn() -> Answer; 3] = [
        || fault(Fault::Lost),
        || answer(200, "{\"Response\":{\"Error\":{\"Code\":\"InternalError.Timeout\"}},\"Code\":\"InternalError\"}"),
        || answer(502, "<html>"),
    ];
    for script in faults {
        let world = world(move |_| script());
        let messages = [message(1, &[])];
        let at = siyu_kernel::Clock::now(&*world.clock);
        for error in
            [world.aliyun.look(&batch(&messages), &phone(1), at), world.tencent.look(&batch(&messages), &phone(1), at)]
        {
            assert!(!error.unwrap_err().outcome_unknown());
        }
    }
}

#[test]
fn an_unknown_outcome_is_looked_up() {
    let detail = |status: u8, out_id: &str| {
        json!({"TotalCount": 1, "Message": "OK", "Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [
            {"SendDate": "2026-03-03 09:00:00", "OutId": "other", "SendStatus": 3, "TemplateCode": "SMS_1", "PhoneNum": "13800000001"},
            {"SendDate": "2026-03-03 10:00:01", "OutId": out_id, "SendStatus": status, "ErrCode": "DELIVERED", "TemplateCode": "SMS_1",
             "PhoneNum": "13800000001", "ReceiveDate": "2026-03-03 10:00:04"}]}})
    };
    let messages = [message(1, &[])];
    for (status, out_id, after, want) in [
        (3, "job_77", 10, "done delivered"),
        (2, "job_77", 10, "done failed"),
        (1, "job_77", 10, "waiting"),
        // Without an id the template and the time tell.
        (3, "", 10, "done delivered"),
        (3, "another", 10, "too early"),
        (3, "another", 200, "never"),
    ] {
        let world = world(move |_| ok(detail(status, out_id)));
        let at = siyu_kernel::Clock::now(&*world.clock);
        world.clock.advance_seconds(after);
        let seen = world.aliyun.look(&batch(&messages), &phone(1), at).unwrap();
        let told = match seen {
            Seen::Done(report) if report.state == State::Delivered => "done delivered",
            Seen::Done(_) => "done failed",
            Seen::Waiting => "waiting",
            Seen::Never => "never",
            Seen::TooEarly(_) => "too early",
        };
        assert_eq!(told, want, "{status} {out_id} {after}");
        assert_eq!(world.net.form(0)["SendDate"], "20260303");
    }
}

#[test]
fn around_midnight_both_days_are_looked_at() {
    let world = world(|_| ok(json!({"TotalCount": 0, "Message": "OK", "Code": "OK", "SmsSendDetailDTOs": {}})));
    let messages = [message(1, &[])];
    for (at, days) in [
        ("2026-03-02T15:57:00Z", &["20260302", "20260303"][..]),
        ("2026-03-02T16:03:00Z", &["20260302", "20260303"]),
        ("2026-03-02T12:00:00Z", &["20260302"]),
    ] {
        let before = world.net.count();
        let at = siyu_kernel::Time::parse(at).unwrap();
        assert_eq!(world.aliyun.look(&batch(&messages), &phone(1), at), Ok(Seen::Never));
        let mut asked: Vec<String> =
            (before..world.net.count()).map(|at| world.net.form(at)["SendDate"].clone()).collect();
        asked.dedup();
        assert_eq!(asked, days, "{at:?}");
    }
}

#[test]
fn an_answer_without_a_list_says_nothing() {
    let world = world(|_| ok(json!({"TotalCount": 1, "Message": "OK", "Code": "OK", "Response": {"RequestId": "R"}})));
    let messages = [message(1, &[])];
    let at = siyu_kernel::Time::parse("2026-02-01T00:00:00Z").unwrap();
    for seen in
        [world.aliyun.look(&batch(&messages), &phone(1), at), world.tencent.look(&batch(&messages), &phone(1), at)]
    {
        assert_eq!(seen.unwrap_err().name(), "sms_not_the_api");
    }
}

#[test]
fn one_bad_number_loses_nobody_else_theirs() {
    let world = world(|request| {
        if String::from_utf8_lossy(&request.body).contains("13800000013") {
            return ok(json!({"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "号码格式错误"}));
        }
        answer(200, SENT)
    });
    let messages: Vec<Message> = (0..300).map(|number| message(number, &[("day", "3")])).collect();
    let sent = world.aliyun.send(&batch(&messages));
    for (number, one) in sent.iter().enumerate() {
        let outcome = one.outcome.as_ref().map_or_else(|error| error.name(), |_| "ok");
        assert_eq!(outcome, if number == 13 { "sms_phone_wrong" } else { "ok" }, "{number}");
    }
    // Each number was in one request that was taken, at most.
    let mut taken = std::collections::BTreeMap::new();
    for at in 0..world.net.count() {
        let phones = world.net.form(at)["PhoneNumbers"].clone();
        if !phones.contains("13800000013") {
            phones.split(',').for_each(|phone| *taken.entry(phone.to_owned()).or_insert(0) += 1);
        }
    }
    assert_eq!((taken.len(), taken.values().max()), (299, Some(&1)));
    assert!(world.net.count() < 25, "{} requests", world.net.count());
}

#[test]
fn tencent_is_looked_up_by_the_context() {
    let world = world(|_| {
        ok(json!({"Response": {"PullSmsSendStatusSet": [
            {"UserReceiveTime": 0, "CountryCode": "86", "SubscriberNumber": "13800000001", "PhoneNumber": "+8613800000001", "SerialNo": "a",
             "ReportStatus": "SUCCESS", "Description": "", "SessionContext": "another"},
            {"UserReceiveTime": 1772503204, "CountryCode": "86", "SubscriberNumber": "13800000001", "PhoneNumber": "+8613800000001", "SerialNo": "b",
             "ReportStatus": "FAIL", "Description": "关机", "SessionContext": "job_77"}]}}))
    });
    let at = siyu_kernel::Clock::now(&*world.clock);
    let messages = [message(1, &[])];
    let Seen::Done(report) = world.tencent.look(&batch(&messages), &phone(1), at).unwrap() else {
        panic!("it was sent")
    };
    assert_eq!((report.message_id.as_str(), report.state, report.detail.as_str()), ("b", State::Failed, "关机"));
    assert_eq!(report.at.unwrap().to_string(), "2026-03-03T02:00:04.000Z");
    let body = world.net.json(0);
    assert_eq!(
        (body["PhoneNumber"].as_str(), body["BeginTime"].as_i64()),
        (Some("+8613800000001"), Some(1_772_502_960))
    );
    let other = Batch { out_id: "job_78", ..batch(&messages) };
    assert!(matches!(world.tencent.look(&other, &phone(1), at), Ok(Seen::TooEarly(_))));
    // The operator's report may take three days, and before it nothing is named.
    world.clock.advance_seconds(72 * 3_600 - 1);
    assert_eq!(world.tencent.look(&other, &phone(1), at), Ok(Seen::TooEarly(at.plus_seconds(72 * 3_600))));
    world.clock.advance_seconds(1);
    assert_eq!(world.tencent.look(&other, &phone(1), at), Ok(Seen::Never));
    assert_eq!(world.tencent.pull_reports().unwrap().len(), 2);
}

#[test]
fn samples_of_the_protocol_are_read() {
    let Some(dir) = siyu_testkit::samples_dir("sms") else { return };
    let file = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
    for (name, want) in [
        ("aliyun.SendSms.response.json", "ok"),
        ("aliyun.SendSms.response.limited.json", "sms_hour_limit"),
        ("aliyun.error.signature.json", "sms_keys_wrong"),
    ] {
        let body = file(name);
        let world = world(move |_| answer(200, &body));
        assert_eq!(names(&world.aliyun.send(&batch(&[message(1, &[])]))), [want], "{name}");
    }
    for (name, want) in [
        ("tencent.SendSms.response.json", "ok"),
        ("tencent.SendSms.response.limited.json", "sms_phone_limit"),
        ("tencent.error.json", "sms_keys_wrong"),
    ] {
        let body = file(name);
        let world = world(move |_| answer(200, &body));
        assert_eq!(names(&world.tencent.send(&batch(&[message(1, &[])]))), [want], "{name}");
    }
    let request: Value = serde_json::from_str(&file("tencent.SendSms.request.json")).unwrap();
    let world = world(all_accepted);
    let messages = [message(1, &[("1", "8231"), ("2", "5")])];
    world.tencent.send(&Batch { sign: "某某商城", template: "1234567", out_id: "job-77", ..batch(&messages) });
    assert_eq!(world.net.json(0), request);
}

#[test]
fn secrets_and_codes_show_in_no_debug_form() {
    let world = world(|_| fault(Fault::Lost));
    let messages = [message(1, &[("code", "482913")])];
    let sent = world.aliyun.send(&batch(&messages));
    let text = format!(
        "{:?} {:?} {:?} {:?} {:?} {sent:?}",
        aliyun_keys(),
        tencent_keys(),
        messages,
        batch(&messages),
        world.net.request(0)
    );
    for secret in ["aliyunSecretMadeUp", "tencentSecretMadeUp", "482913", "13800000001"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn the_check_sends_nothing() {
    let world = world(|request| {
        assert!(
            request
                .header("x-acs-action")
                .or(request.header("x-tc-action"))
                .is_some_and(|action| !action.starts_with("Send"))
        );
        match request.header("x-acs-action") {
            Some(_) => ok(json!({"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": []}})),
            None => ok(
                json!({"Response": {"Error": {"Code": "UnauthorizedOperation.RequestIpNotInWhitelist", "Message": "1.2.3.4"}}}),
            ),
        }
    });
    let keys =
        |found: Vec<siyu_kernel::Finding>| found.into_iter().map(|one| (one.key, one.health)).collect::<Vec<_>>();
    use siyu_kernel::Health::*;
    assert_eq!(keys(world.aliyun.check()), [("sms_connection", Ok), ("sms_account", Ok)]);
    assert_eq!(keys(world.tencent.check()), [("sms_connection", Ok), ("sms_account", Fail)]);
}

#[test]
fn the_fake_keeps_what_it_gets() {
    let fake = Fake::new(std::sync::Arc::new(siyu_kernel::FakeClock::at("2026-03-03T02:00:00Z")));
    fake.fail(&phone(2), &codes::BLACKLISTED, false);
    fake.fail(&phone(3), &codes::OUTCOME_UNKNOWN, true);
    let messages = [message(1, &[]), message(2, &[]), message(3, &[])];
    let sent = fake.send(&batch(&messages));
    assert_eq!(names(&sent), ["ok", "sms_blacklisted", "sms_outcome_unknown"]);
    assert!(sent[1].outcome.as_ref().unwrap_err().suppresses());
    let at = siyu_kernel::Time(0);
    assert!(matches!(fake.look(&batch(&messages), &phone(3), at), Ok(Seen::Done(_))));
    assert_eq!(fake.look(&batch(&messages), &phone(2), at), Ok(Seen::Never));
    assert_eq!(fake.kept().len(), 2);
}
