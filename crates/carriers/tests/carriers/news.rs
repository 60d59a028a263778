use crate::world::{World, mail_in, migrations, sms_in};
use siyu_carriers::*;
use siyu_direct::{Carriers, Reported};
use siyu_gate::Channel;
use siyu_kernel::Refusal;
use siyu_sms::Provider;
use siyu_testkit::{TestDb, contract, samples_dir};

contract!(migrations();
    a_bounce_is_counted_once,
    only_what_came_to_an_address_of_ours_counts,
    a_report_cannot_name_somebody_else,
    complaints_and_what_takes_them_back,
    bounces_of_an_older_mailbox,
    deliveries_are_told_once,
    answers_are_consents_and_events,
    a_number_that_nobody_has,
    pushes_as_the_providers_send_them,
    only_the_door_of_now_is_open,
);

fn bounce(to: &str, recipient: &str, status: &str) -> Vec<u8> {
    let action = if status.starts_with('2') {
        "delivered"
    } else if status.starts_with('4') {
        "delayed"
    } else {
        "failed"
    };
    format!(
        "Return-Path: <>\r\nDelivered-To: {to}\r\nFrom: MAILER-DAEMON@mx.example.com\r\nTo: {to}\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\r\n\
         --b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\n\
         Action: {action}\r\nStatus: {status}\r\n\r\n--b1--\r\n"
    )
    .into_bytes()
}

fn complaint(to: &str, kind: &str) -> Vec<u8> {
    format!(
        "Delivered-To: {to}\r\nFrom: fbl@isp.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b2\r\n\r\n\
         --b2\r\nContent-Type: text/plain\r\n\r\nx\r\n--b2\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nUser-Agent: X/1\r\n\
         Version: 1\r\nOriginal-Rcpt-To: <somebody@else.example>\r\n\r\n--b2--\r\n"
    )
    .into_bytes()
}

fn hear(world: &World, raw: Vec<u8>) -> Result<MailHeard, Refusal> {
    world.attempt(move |own, tx, now| own.hear_mail(tx, &raw, now))
}

/// With a message `msg_1` that went to Ann; the address its bounces come to.
fn with_mail(t: TestDb) -> (World, String) {
    let world = World::new(t);
    world.save_mail(mail_in()).unwrap();
    world.sender.went.lock().unwrap().insert("msg_1".into(), "ann@example.com".into());
    let path = world.read(|own, tx| own.mail(tx)).unwrap().return_path.unwrap();
    let to = path.address("msg_1").unwrap().as_str().to_owned();
    (world, to)
}

fn alone(world: &World, channel: Channel, address: &str) -> bool {
    world.read(|own, tx| own.left_alone(tx, channel, &[address]))[0].is_some()
}

fn a_bounce_is_counted_once(t: TestDb) {
    let (world, to) = with_mail(t);
    let heard = hear(&world, bounce(&to, "ann@example.com", "5.1.1")).unwrap();
    assert_eq!(heard, MailHeard { taken: 1, passed: 0, left_alone: 1 });
    assert!(alone(&world, Channel::Email, "ann@example.com"));
    let again = hear(&world, bounce(&to, "ann@example.com", "5.1.1")).unwrap();
    assert_eq!(again, MailHeard { taken: 0, passed: 1, left_alone: 0 });
    let told = world.sender.told.lock().unwrap().clone();
    assert_eq!(told, [("email:msg_1".into(), "ann@example.com".into(), Reported::Failed("mail_no_mailbox".into()))]);
    let row = world.read(|own, tx| own.alone(tx, &AloneQuery { limit: 1, ..AloneQuery::default() })).remove(0);
    assert_eq!((row.reason.as_str(), row.message.as_str(), row.by.as_str()), ("mail_no_mailbox", "msg_1", "system"));
    // After somebody let the address again, the old bounce does not count again.
    world.act(move |own, tx, _| own.let_again(tx, row.id));
    hear(&world, bounce(&to, "ann@example.com", "5.1.1")).unwrap();
    assert!(!alone(&world, Channel::Email, "ann@example.com"));
    // Not final, a full mailbox, and good news leave nobody alone.
    assert_eq!(hear(&world, bounce(&to, "ann@example.com", "4.2.0")).unwrap().passed, 1);
    assert_eq!(hear(&world, bounce(&to, "ann@example.com", "5.2.2")).unwrap().left_alone, 0);
    hear(&world, bounce(&to, "ann@example.com", "2.0.0")).unwrap();
    assert_eq!(world.sender.told.lock().unwrap().last().unwrap().2, Reported::Delivered);
}

fn only_what_came_to_an_address_of_ours_counts(t: TestDb) {
    let (world, to) = with_mail(t);
    let forged = [
        "bounce@example.com".to_owned(),
        "bounce+msg_1@example.com".to_owned(),
        "bounce+msg_1=000000000000@example.com".to_owned(),
        to.replace("msg_1", "msg_2"),
        to.replace("example.com", "evil.example"),
    ];
    for other in forged {
        assert_eq!(
            hear(&world, bounce(&other, "ann@example.com", "5.1.1")).unwrap_err().code,
            "mail_report_foreign",
            "{other}"
        );
    }
    for raw in [&b""[..], b"From: ann@example.com\r\nSubject: Re: Hello\r\n\r\nI am on holiday.\r\n"] {
        assert_eq!(hear(&world, raw.to_vec()).unwrap_err().code, "mail_report_unread");
    }
    assert_eq!(hear(&world, vec![b'x'; (10 << 20) + 1]).unwrap_err().code, "mail_report_size");
    assert!(world.sender.told.lock().unwrap().is_empty() && !alone(&world, Channel::Email, "ann@example.com"));
}

/// Whoever has had a mail of ours knows the address of its bounces, and may write into it what they like.
fn a_report_cannot_name_somebody_else(t: TestDb) {
    let (world, to) = with_mail(t);
    let heard = hear(&world, bounce(&to, "victim@example.com", "5.1.1")).unwrap();
    assert_eq!(heard.left_alone, 1);
    assert!(!alone(&world, Channel::Email, "victim@example.com") && alone(&world, Channel::Email, "ann@example.com"));
    // A message that is not known (any more) leaves nobody alone.
    world.sender.went.lock().unwrap().clear();
    world.sender.told.lock().unwrap().clear();
    let other = world.read(|own, tx| own.mail(tx)).unwrap().return_path.unwrap().address("msg_9").unwrap();
    let heard = hear(&world, bounce(other.as_str(), "victim@example.com", "5.1.1")).unwrap();
    assert_eq!((heard.taken, heard.left_alone), (1, 0));
    assert!(!alone(&world, Channel::Email, "victim@example.com"));
}

fn complaints_and_what_takes_them_back(t: TestDb) {
    let (world, to) = with_mail(t);
    assert_eq!(hear(&world, complaint(&to, "virus")).unwrap().left_alone, 0);
    assert_eq!(hear(&world, complaint(&to, "abuse")).unwrap().left_alone, 1);
    assert_eq!(world.sender.told.lock().unwrap().last().unwrap().2, Reported::Complained);
    assert!(
        alone(&world, Channel::Email, "ann@example.com") && !alone(&world, Channel::Email, "somebody@else.example")
    );
    hear(&world, complaint(&to, "not-spam")).unwrap();
    assert!(!alone(&world, Channel::Email, "ann@example.com"));
}

fn bounces_of_an_older_mailbox(t: TestDb) {
    let (world, to) = with_mail(t);
    let mut input = mail_in();
    input.account.bounce = "back@mail.example.com".into();
    world.save_mail(input).unwrap();
    assert_eq!(hear(&world, bounce(&to, "ann@example.com", "5.1.1")).unwrap().left_alone, 1);
    world.act(|own, tx, now| own.remove_mail(tx, "ann", now));
    assert_eq!(hear(&world, bounce(&to, "ann@example.com", "5.1.1")).unwrap().passed, 1);
}

fn push(world: &World, provider: Provider, body: &str) -> PushHeard {
    world.own.hear_push(provider, body.as_bytes(), world.now()).unwrap()
}

fn deliveries_are_told_once(t: TestDb) {
    let world = World::new(t);
    world.sender.went.lock().unwrap().insert("job_77".into(), "+8613800000001".into());
    let body = r#"[{"phone_number":"13800000001","report_time":"2026-03-02 10:00:04","success":true,"err_code":"DELIVERED","biz_id":"9006^0","out_id":"job_77"},
        {"phone_number":"13800000002","success":false,"err_code":"MK:0001\r\nX","biz_id":"9006^0","out_id":"job_78"}, {"nonsense":1}]"#;
    let heard = push(&world, Provider::Aliyun, body);
    assert_eq!(heard, PushHeard { reports: 2, skipped: 1, strangers: 1, ..PushHeard::default() });
    assert_eq!(push(&world, Provider::Aliyun, body), PushHeard { repeated: 2, skipped: 1, ..PushHeard::default() });
    let told = world.sender.told.lock().unwrap().clone();
    assert_eq!(told[0], ("sms:job_77".into(), "+8613800000001".into(), Reported::Delivered));
    let Reported::Failed(code) = &told[1].2 else { panic!("{told:?}") };
    assert!(told.len() == 2 && code.starts_with("MK:0001") && !code.contains(char::is_whitespace));
    // A request of many with values of their own brings no id of ours back.
    let body =
        r#"[{"phone_number":"13800000003","success":true,"err_code":"DELIVERED","biz_id":"9007^0","out_id":""}]"#;
    assert_eq!(push(&world, Provider::Aliyun, body).reports, 1);
    let told = world.sender.told.lock().unwrap().last().cloned();
    assert_eq!(told, Some(("sms:as:9007^0".into(), "+8613800000003".into(), Reported::Delivered)));
    for bad in ["", "x", "1", "{\"a\":", &"[".repeat(100_000)] {
        assert_eq!(
            world.own.hear_push(Provider::Aliyun, bad.as_bytes(), world.now()).unwrap_err().code,
            "sms_push_unread"
        );
    }
    // As many as a push may hold, in several units.
    let one = |n: u32| format!(r#"{{"phone_number":"1380000{n:04}","success":true,"biz_id":"8^0","out_id":"job_1"}}"#);
    let many = format!("[{}]", (0..450).map(one).collect::<Vec<_>>().join(","));
    assert_eq!(push(&world, Provider::Aliyun, &many).reports, 450);
}

fn reply(phone: &str, text: &str, sequence: u32) -> String {
    format!(
        r#"[{{"phone_number":"{phone}","content":"{text}","sign_name":"一店","send_time":"2026-03-02 10:00:04","sequence_id":{sequence}}}]"#
    )
}

fn answers_are_consents_and_events(t: TestDb) {
    let world = World::new(t);
    let num = world.person("phone", "13800000001");
    assert_eq!(push(&world, Provider::Aliyun, &reply("13800000001", "谢谢", 1)).replies, 1);
    assert_eq!(world.ledger(num, "sms"), (None, 0));
    push(&world, Provider::Aliyun, &reply("13800000001", " ｔｄ ", 2));
    assert_eq!(world.ledger(num, "sms"), (Some(true), 1));
    // The same again, later, changes nothing; neither does an answer that says nothing of it.
    assert_eq!(push(&world, Provider::Aliyun, &reply("13800000001", " ｔｄ ", 2)).repeated, 1);
    push(&world, Provider::Aliyun, &reply("13800000001", "好的", 3));
    assert_eq!(world.ledger(num, "sms"), (Some(true), 1));
    push(&world, Provider::Aliyun, &reply("13800000001", "订阅", 4));
    assert_eq!(world.ledger(num, "sms"), (Some(false), 2));
    // A push from before, held back and given again, does not withdraw it anew.
    push(&world, Provider::Aliyun, &reply("13800000001", " ｔｄ ", 2));
    assert_eq!((world.ledger(num, "sms"), world.ledger(num, "email")), ((Some(false), 2), (None, 0)));
    assert!(!alone(&world, Channel::Sms, "13800000001"), "the ledger says it");
    let consents = world.read(|_, tx| Ok(world.people.consents(tx, &[num])?));
    assert!(consents.iter().all(|own| own.source == "sms_reply" && own.by == "customer"));
}

fn a_number_that_nobody_has(t: TestDb) {
    let world = World::new(t);
    let heard = push(
        &world,
        Provider::Tencent,
        r#"[{"extend":"01","mobile":"13800000009","nationcode":"86","sign":"一店","text":"TD","time":1457336869}]"#,
    );
    assert_eq!((heard.replies, heard.strangers), (1, 1));
    assert!(alone(&world, Channel::Sms, "13800000009"));
    push(
        &world,
        Provider::Tencent,
        r#"[{"extend":"01","mobile":"13800000009","nationcode":"86","sign":"一店","text":"订阅","time":1457336999}]"#,
    );
    assert!(!alone(&world, Channel::Sms, "13800000009"));
    // What was entered by hand is not taken back by an answer.
    world.act(|own, tx, now| own.leave_alone(tx, Channel::Sms, "13800000009", "by_hand", now));
    push(
        &world,
        Provider::Tencent,
        r#"[{"extend":"01","mobile":"13800000009","nationcode":"86","sign":"一店","text":"订阅","time":1457337999}]"#,
    );
    assert!(alone(&world, Channel::Sms, "13800000009"));
}

fn pushes_as_the_providers_send_them(t: TestDb) {
    let Some(dir) = samples_dir("sms") else { return };
    let world = World::new(t);
    let file = |name: &str| std::fs::read(dir.join(name)).unwrap();
    for (provider, name, reports, replies) in [
        (Provider::Aliyun, "aliyun.SmsReport.push.json", 2, 0),
        (Provider::Tencent, "tencent.report.push.json", 2, 0),
        (Provider::Tencent, "tencent.reply.push.json", 0, 1),
    ] {
        let heard = world.own.hear_push(provider, &file(name), world.now()).unwrap();
        assert_eq!((heard.reports, heard.replies, heard.skipped), (reports, replies, 0), "{name}");
        assert_eq!(world.own.hear_push(provider, &file(name), world.now()).unwrap().repeated, reports + replies);
    }
}

fn only_the_door_of_now_is_open(t: TestDb) {
    let world = World::new(t);
    let open = |secret: &str, from: &str| {
        let from = from.parse().ok();
        world.db.read(|tx| world.own.push_door(tx, secret, from)).map_err(|refusal| refusal.code)
    };
    assert_eq!(open("x", "198.51.100.1"), Err("sms_push_unknown"));
    let first = world.save_sms(sms_in()).unwrap().push;
    assert_eq!(open(&first, "198.51.100.1"), Ok(Provider::Aliyun));
    assert_eq!((open(&first[..39], ""), open("", "")), (Err("sms_push_unknown"), Err("sms_push_unknown")));
    let mut input = SmsIn { renew_push: true, ..sms_in() };
    input.account.blocks = vec!["203.0.113.0/24".into()];
    let second = world.save_sms(input).unwrap().push;
    assert_eq!(open(&first, "203.0.113.9"), Err("sms_push_unknown"));
    assert_eq!(open(&second, "203.0.113.9"), Ok(Provider::Aliyun));
    assert_eq!((open(&second, "198.51.100.1"), open(&second, "")), (Err("sms_push_unknown"), Err("sms_push_unknown")));
}
