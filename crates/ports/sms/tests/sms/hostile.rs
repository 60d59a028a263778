//! Nothing from outside makes anything panic or be believed.

use crate::world::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use siyu_sms::*;

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("phone_number"),
        Just("success"),
        Just("biz_id"),
        Just("content"),
        Just("sid"),
        Just("mobile"),
        Just("nationcode"),
        Just("text"),
        Just("report_status"),
        Just("time"),
        Just("user_receive_time"),
        Just("Code"),
        Just("Message"),
        Just("Response"),
        Just("Error"),
        Just("SendStatusSet"),
        Just("PhoneNumber"),
        Just("SerialNo"),
        Just("SmsSendDetailDTOs"),
        Just("SmsSendDetailDTO"),
        Just("OutId"),
        Just("SendDate"),
        Just("PullSmsSendStatusSet"),
        Just("SessionContext"),
        Just("Fee"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        ".{0,12}".prop_map(Value::from),
        Just(json!("+8613800000001")),
        Just(json!("OK")),
        Just(json!("Ok")),
        Just(json!("SUCCESS")),
        Just(json!("2026-03-03 10:00:04")),
        Just(json!("9999-99-99 99:99:99")),
        Just(json!("job_77")),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((name.clone(), inner), 0..6).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_refused_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for provider in [Provider::Aliyun, Provider::Tencent] {
            let _ = Push::read(provider, &bytes);
        }
        let _ = Phone::parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_json_is_read_or_counted(value in any_json()) {
        let entries = value.as_array().map_or(1, Vec::len);
        for provider in [Provider::Aliyun, Provider::Tencent] {
            if let Ok(push) = Push::read(provider, value.to_string().as_bytes()) {
                prop_assert_eq!(push.reports.len() + push.replies.len() + push.skipped, entries);
            }
        }
    }

    /// Each message has exactly one outcome, whatever the answer is; and none is both accepted and without the provider saying so.
    #[test]
    fn any_answer_is_an_outcome_for_each(value in any_json(), status in prop_oneof![Just(200u16), Just(400), Just(500)]) {
        let body = value.to_string();
        let messages = [message(1, &[("1", "a")]), message(2, &[("1", "a")]), message(3, &[("1", "b")])];
        let answered = body.clone();
        let world = world(move |_| answer(status, &answered));
        let sent = world.aliyun.send(&batch(&messages));
        prop_assert_eq!(sent.len(), 3);
        prop_assert!(sent.iter().all(|one| one.outcome.is_err()) || value["Code"] == "OK");
        world.clock.advance_seconds(90_000);
        let sent = world.tencent.send(&batch(&messages));
        prop_assert_eq!(sent.len(), 3);
        prop_assert!(sent.iter().all(|one| one.outcome.is_err()) || body.contains("\"Ok\""));
        let _ = world.aliyun.look(&batch(&messages), &phone(1), siyu_kernel::Time(0));
        let _ = world.tencent.look(&batch(&messages), &phone(1), siyu_kernel::Time(0));
        let _ = (world.aliyun.check(), world.tencent.check(), world.tencent.pull_reports(), world.tencent.pull_replies());
    }

    #[test]
    fn any_template_is_filled_or_refused(text in "([${}0-9a-z 中]|\\$\\{a\\}|\\{1\\}){0,30}", value in "\\PC{0,10}") {
        for provider in [Provider::Aliyun, Provider::Tencent] {
            let template = Template { code: "SMS_1".into(), sign: "街角花店".into(), text: text.clone(), class: Class::Notice, provider };
            let Ok(places) = template.places() else { continue };
            let params: Vec<(String, String)> = places.iter().map(|name| ((*name).to_owned(), value.clone())).collect();
            if let Ok(whole) = template.fill(&params) {
                prop_assert!(whole.starts_with("【街角花店】"));
                prop_assert!(template.length(&params, true).unwrap().parts >= 1);
            }
        }
    }
}
