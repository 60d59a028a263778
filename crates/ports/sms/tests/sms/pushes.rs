//! Reports and replies as they are pushed.

use siyu_sms::*;

#[test]
fn reports_of_both_providers() {
    let aliyun = r#"[{"phone_number":"13800000001","send_time":"2026-03-03 10:00:00","report_time":"2026-03-03 10:00:04","success":true,
        "err_code":"DELIVERED","err_msg":"用户接收成功","sms_size":"2","biz_id":"9006^0","out_id":"job_77"},
        {"phone_number":"13800000002","report_time":"2026-03-03 10:00:30","success":"false","err_code":"MK:0001","biz_id":"9006^0"}]"#;
    let push = Push::read(Provider::Aliyun, aliyun.as_bytes()).unwrap();
    assert_eq!((push.reports.len(), push.replies.len(), push.skipped), (2, 0, 0));
    let [first, second] = &push.reports[..] else { panic!("two") };
    assert_eq!((first.state, first.parts, first.out_id.as_str()), (State::Delivered, Some(2), "job_77"));
    assert_eq!(first.at.unwrap().to_string(), "2026-03-03T02:00:04.000Z");
    assert_eq!((second.state, second.carrier.as_str()), (State::Failed, "MK:0001"));
    assert_ne!(first.identity(), second.identity());
    let tencent = r#"[{"user_receive_time":"2026-03-03 10:00:04","nationcode":"86","mobile":"13800000001","report_status":"SUCCESS",
        "errmsg":"DELIVRD","description":"用户短信送达成功","sid":"5000:1"},
        {"nationcode":"1","mobile":"4155550100","report_status":"FAIL","errmsg":"UNDELIV","sid":"5000:2"}]"#;
    let push = Push::read(Provider::Tencent, tencent.as_bytes()).unwrap();
    assert_eq!(push.reports[0].identity(), "tencent:5000:1:+8613800000001");
    assert_eq!(
        (push.reports[1].phone.e164(), push.reports[1].state, push.reports[1].at),
        ("+14155550100", State::Failed, None)
    );
}

#[test]
fn replies_of_both_providers() {
    let aliyun = r#"[{"phone_number":"13800000001","send_time":"2026-03-03 10:00:00","content":"退订","sign_name":"街角花店","dest_code":"01","sequence_id":1234567890}]"#;
    let push = Push::read(Provider::Aliyun, aliyun.as_bytes()).unwrap();
    assert_eq!((push.replies[0].identity().as_str(), push.replies[0].text.as_str()), ("aliyun:1234567890", "退订"));
    // A single object, as Tencent Cloud pushes replies.
    let tencent =
        r#"{"extend":"01","mobile":"13800000001","nationcode":"86","sign":"街角花店","text":"R","time":1772503200}"#;
    let push = Push::read(Provider::Tencent, tencent.as_bytes()).unwrap();
    let reply = &push.replies[0];
    assert_eq!(
        (reply.text.as_str(), reply.extend.as_str(), reply.at.unwrap().to_string().as_str()),
        ("R", "01", "2026-03-03T02:00:00.000Z")
    );
    assert_eq!(reply.identity(), Push::read(Provider::Tencent, tencent.as_bytes()).unwrap().replies[0].identity());
}

#[test]
fn what_cannot_be_read_is_counted_and_the_rest_is_kept() {
    let body = r#"[{"phone_number":"13800000001","success":true,"biz_id":"1"}, {"phone_number":"x","success":true,"biz_id":"1"}, {"success":true}, 5, null, {"content":"R"}]"#;
    let push = Push::read(Provider::Aliyun, body.as_bytes()).unwrap();
    assert_eq!((push.reports.len(), push.replies.len(), push.skipped), (1, 0, 5));
    for (body, want) in [
        (&b"hello"[..], PushError::Shape),
        (b"\"x\"", PushError::Shape),
        (b"\xff", PushError::Shape),
        (b"", PushError::Shape),
    ] {
        assert_eq!(Push::read(Provider::Tencent, body), Err(want));
    }
    assert_eq!(Push::read(Provider::Aliyun, &vec![b' '; (1 << 20) + 1]), Err(PushError::TooLarge));
    assert_eq!(Push::read(Provider::Aliyun, format!("[{}0]", "0,".repeat(5000)).as_bytes()), Err(PushError::TooMany));
}

#[test]
fn samples_of_the_protocol_are_read() {
    let Some(dir) = siyu_testkit::samples_dir("sms") else { return };
    let file = |name: &str| std::fs::read(dir.join(name)).unwrap();
    let push = Push::read(Provider::Aliyun, &file("aliyun.SmsReport.push.json")).unwrap();
    assert_eq!(push.reports.iter().map(|one| one.state).collect::<Vec<_>>(), [State::Delivered, State::Failed]);
    let push = Push::read(Provider::Tencent, &file("tencent.report.push.json")).unwrap();
    assert_eq!((push.reports.len(), push.skipped), (2, 0));
    let push = Push::read(Provider::Tencent, &file("tencent.reply.push.json")).unwrap();
    assert!(is_opt_out(&push.replies[0].text));
    let json = |name: &str| serde_json::from_slice::<serde_json::Value>(&file(name)).unwrap();
    assert_eq!(aliyun_answer(), json("aliyun.SmsReport.reply.json"));
    assert_eq!(tencent_answer(), json("tencent.report.reply.json"));
}

#[test]
fn who_says_no_more_is_understood() {
    for yes in ["R", "r", " T ", "td", "ＴＤ", "TD。", "“退订”", "退订了", "拒收!", "STOP", "n", "0000"] {
        assert!(is_opt_out(yes), "{yes}");
    }
    for no in ["", "好的", "TD的活动几点开始", "我要退订单", "Right", "谢谢", "回复退订", "12", "不要退订"]
    {
        assert!(!is_opt_out(no), "{no}");
    }
    assert!(is_opt_in("恢复订阅") && is_opt_in("start") && !is_opt_in("不订阅"));
}
