//! What comes back: bounces and complaints of many makes, and what is neither.

use proptest::prelude::*;
use siyu_mail::mime::parse;
use siyu_mail::*;

fn bounce(status_part: &str, original: &str) -> String {
    format!(
        "Return-Path: <>\r\nDelivered-To: bounce+msg_1=abc@localhost.example\r\nFrom: MAILER-DAEMON@mx.example.com\r\nTo: shop@localhost.example\r\n\
        Subject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"b1\"\r\n\r\n\
        This is a MIME-encapsulated message.\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n\r\n--b1\r\nContent-Type: message/delivery-status\r\n\r\n\
        {}\r\n--b1\r\n{original}\r\n--b1--\r\n",
        status_part.replace('\n', "\r\n")
    )
}
const ORIGINAL: &str = "Content-Type: message/rfc822\r\n\r\nFrom: shop@localhost.example\r\nTo: ann@example.com\r\nMessage-ID: <msg_1@localhost.example>\r\nSubject: x\r\n\r\nbody";
const HEADERS: &str = "Content-Type: text/rfc822-headers\r\n\r\nFrom: shop@localhost.example\r\nMessage-ID:\r\n <msg_1@localhost.example>";

fn told(report: &Report) -> String {
    let what = match report.what {
        What::Delivered => "delivered".to_owned(),
        What::Delayed => "delayed".to_owned(),
        What::Failed(meaning) => meaning.name.to_owned(),
        What::Complaint(complaint) => format!("{complaint:?}"),
    };
    format!("{what} {} {}{}", report.recipient, report.status, if report.suppresses() { " suppress" } else { "" })
}

#[test]
fn bounces_of_many_makes() {
    let head = "Reporting-MTA: dns; mx.example.com\nArrival-Date: Tue, 3 Mar 2026 10:00:00 +0800\n\n";
    for (fields, want) in [
        (
            "Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n",
            "mail_no_mailbox ann@example.com 5.1.1 suppress",
        ),
        // The general status of some, the exact one in its words.
        (
            "Final-Recipient: rfc822;ann@example.com\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.2.1 disabled\n",
            "mail_no_mailbox ann@example.com 5.2.1 suppress",
        ),
        (
            "Final-Recipient: RFC822; ann@example.com\nAction: Failed\nStatus: 5.0.0 (undefined)\nDiagnostic-Code: smtp;550 User not found: ann@example.com\n",
            "mail_no_mailbox ann@example.com 5.0.0 suppress",
        ),
        (
            "Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 over quota\n",
            "mail_mailbox_full ann@example.com 5.2.2",
        ),
        (
            "Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 550 blocked\n",
            "mail_policy_refused ann@example.com 5.7.1",
        ),
        (
            "Final-Recipient: rfc822; ann@exmaple.com\nAction: failed\nStatus: 5.4.4\nDiagnostic-Code: X-Postfix; Host not found\n",
            "mail_no_domain ann@exmaple.com 5.4.4",
        ),
        (
            "Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 4.4.7\nDiagnostic-Code: smtp; 421 timed out\n",
            "mail_deferred ann@example.com 4.4.7",
        ),
        (
            "Original-Recipient: rfc822;ann@example.com\nFinal-Recipient: rfc822;a@elsewhere.example\nAction: failed\nStatus: 5.1.1\n",
            "mail_no_mailbox ann@example.com 5.1.1 suppress",
        ),
        (
            "Final-Recipient: rfc822; ann@example.com\nAction: delayed\nStatus: 4.4.1\nWill-Retry-Until: x\n",
            "delayed ann@example.com 4.4.1",
        ),
        (
            "Final-Recipient: rfc822; ann@example.com\nAction: delivered\nStatus: 2.0.0\n",
            "delivered ann@example.com 2.0.0",
        ),
        (
            "Final-Recipient: rfc822; <ann@example.com>\nAction: failed\nDiagnostic-Code: smtp; 550-5.1.1 The email account that you tried\n    550 5.1.1 to reach does not exist.\n",
            "mail_no_mailbox ann@example.com 5.1.1 suppress",
        ),
    ] {
        for original in [ORIGINAL, HEADERS] {
            let reports = read(bounce(&format!("{head}{fields}"), original).as_bytes()).unwrap();
            assert_eq!(reports.iter().map(told).collect::<Vec<_>>(), [want]);
            assert_eq!(reports[0].message_id, "msg_1@localhost.example");
            assert_eq!(reports[0].delivered_to[0], "bounce+msg_1=abc@localhost.example");
        }
    }
}

#[test]
fn one_bounce_for_many_receivers() {
    let block = |name: &str, status: &str| {
        format!("Final-Recipient: rfc822; {name}@example.com\nAction: failed\nStatus: {status}\n\n")
    };
    let text =
        format!("Reporting-MTA: dns; x\n\n{}{}{}", block("a", "5.1.1"), block("b", "5.2.2"), block("c", "5.1.1"));
    let reports = read(bounce(&text, ORIGINAL).as_bytes()).unwrap();
    assert_eq!(reports.iter().filter(|report| report.suppresses()).count(), 2);
    let many = format!("Reporting-MTA: dns; x\n\n{}", block("a", "5.1.1").repeat(1000));
    assert_eq!(read(bounce(&many, ORIGINAL).as_bytes()).unwrap().len(), 200);
}

#[test]
fn an_encoded_report_is_read() {
    use base64::Engine;
    let status =
        "Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; ann@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n";
    let encoded = base64::engine::general_purpose::STANDARD.encode(status);
    let text = bounce("X", ORIGINAL).replace(
        "message/delivery-status\r\n\r\nX",
        &format!("message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}"),
    );
    assert_eq!(told(&read(text.as_bytes()).unwrap()[0]), "mail_no_mailbox ann@example.com 5.1.1 suppress");
    // With the line ends of a file, and cut off at the end.
    let text = bounce(&status.replace("\r\n", "\n"), ORIGINAL).replace("\r\n", "\n");
    let cut = &text[..text.find("\nSubject: x").unwrap()];
    assert_eq!(read(cut.as_bytes()).unwrap()[0].message_id, "msg_1@localhost.example");
}

fn complaint(fields: &str) -> String {
    format!(
        "From: fbl@isp.example\r\nTo: abuse@localhost.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b2\r\n\r\n\
        --b2\r\nContent-Type: text/plain\r\n\r\nAn abuse report.\r\n--b2\r\nContent-Type: message/feedback-report\r\n\r\n{fields}\r\n--b2\r\n{ORIGINAL}\r\n--b2--\r\n"
    )
}

#[test]
fn complaints() {
    for (fields, want) in [
        (
            "Feedback-Type: abuse\r\nUser-Agent: X/1\r\nVersion: 1\r\nOriginal-Rcpt-To: <ann@example.com>\r\n",
            "Abuse ann@example.com  suppress",
        ),
        // Providers leave the address out: the message itself tells.
        ("Feedback-Type: ABUSE\r\nUser-Agent: X/1\r\n", "Abuse ann@example.com  suppress"),
        ("Feedback-Type: fraud\r\n", "Fraud ann@example.com  suppress"),
        ("Feedback-Type: not-spam\r\n", "NotSpam ann@example.com "),
        ("Feedback-Type: virus\r\n", "Virus ann@example.com "),
        ("Feedback-Type: opt-out\r\nRemoval-Recipient: b@example.com\r\n", "OptOut b@example.com  suppress"),
        ("Feedback-Type: new\r\n", "Other ann@example.com "),
    ] {
        let reports = read(complaint(fields).as_bytes()).unwrap();
        assert_eq!(reports.iter().map(told).collect::<Vec<_>>(), [want]);
        assert_eq!(reports[0].message_id, "msg_1@localhost.example");
    }
}

#[test]
fn what_is_no_report_is_told_apart() {
    let person = b"From: ann@example.com\r\nTo: shop@localhost.example\r\nSubject: Re: flowers\r\n\r\nFinal-Recipient: rfc822; bob@example.com\r\nAction: failed\r\n";
    let absent = b"Auto-Submitted: auto-replied\r\nFrom: ann@example.com\r\n\r\nI am on holiday";
    for raw in [&person[..], absent, b"", b"\r\n", b"\xff\xfe"] {
        assert_eq!(read(raw), Err(ReportError::NotAReport));
    }
    assert_eq!(read(bounce("Reporting-MTA: dns; x\n", ORIGINAL).as_bytes()), Err(ReportError::Empty));
    assert_eq!(read(&vec![b'x'; mime::BYTES_MAX + 1]), Err(ReportError::TooLarge));
    // A report inside a report inside a report.
    let mut deep = "Content-Type: text/plain\r\n\r\nx".to_owned();
    for level in 0..20 {
        deep =
            format!("Content-Type: multipart/mixed; boundary=x{level}\r\n\r\n--x{level}\r\n{deep}\r\n--x{level}--\r\n");
    }
    assert_eq!(read(deep.as_bytes()), Err(ReportError::TooLarge));
    let wide = format!("Content-Type: multipart/mixed; boundary=x\r\n\r\n{}", "--x\r\n\r\n".repeat(1000));
    assert_eq!(read(wide.as_bytes()), Err(ReportError::TooLarge));
    assert_eq!(read("X: y\r\n".repeat(100_000).as_bytes()), Err(ReportError::TooLarge));
}

#[test]
fn a_bounce_counts_by_its_address() {
    let ours = ReturnPath::new(&Address::parse("bounce@localhost.example").unwrap(), b"secret");
    let address = ours.address("msg_1").unwrap();
    let raw = bounce(
        "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\n",
        ORIGINAL,
    );
    let id = |raw: &str| read(raw.as_bytes()).unwrap()[0].delivered_to.iter().find_map(|to| ours.id(to));
    assert_eq!(id(&raw), None);
    assert_eq!(id(&raw.replace("bounce+msg_1=abc@localhost.example", address.as_str())).as_deref(), Some("msg_1"));
}

#[test]
fn bodies_are_decoded() {
    for (encoding, body, want) in [
        ("base64", "aGVs\r\nbG8=", &b"hello"[..]),
        ("BASE64", "aGVsbG8", b"hello"),
        ("base64", "aGVsbG8=x", b"hello"),
        ("base64", "*", b""),
        ("quoted-printable", "a=3Db=\r\nc=E4=B8=AD", "a=bc中".as_bytes()),
        ("quoted-printable", "a=\nb=", b"ab="),
        ("quoted-printable", "=zz", b"=zz"),
        ("7bit", "a=3D", b"a=3D"),
        ("x-unknown", "a", b"a"),
    ] {
        let raw = format!("Content-Transfer-Encoding: {encoding}\r\n\r\n{body}");
        let got = parse(raw.as_bytes()).unwrap().body;
        assert!(got.starts_with(want), "{encoding} {body}: {got:?}");
    }
    for (value, want) in [
        ("multipart/report; boundary=\"a;b\"; x=y", Some("a;b")),
        ("multipart/report;BOUNDARY=ab ;x=y", Some("ab")),
        ("multipart/report; x=\"boundary=no\"; boundary=yes", Some("yes")),
        ("multipart/report; boundary=\"open", None),
        ("multipart/report; boundary=", None),
        ("multipart/report", None),
    ] {
        assert_eq!(mime::parameter(value, "boundary").as_deref(), want, "{value}");
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n"),
        Just("\n"),
        Just("\r"),
        Just("--b1"),
        Just("--b1--"),
        Just("--"),
        Just("Content-Type: multipart/report; boundary=b1"),
        Just("Content-Type: multipart/mixed; boundary=\"b1\""),
        Just("Content-Type: message/delivery-status"),
        Just("Content-Type: message/feedback-report"),
        Just("Content-Type: message/rfc822"),
        Just("Content-Type: text/rfc822-headers"),
        Just("Content-Transfer-Encoding: base64"),
        Just("Content-Transfer-Encoding: quoted-printable"),
        Just("Final-Recipient: rfc822; a@b.cn"),
        Just("Action: failed"),
        Just("Status: 5.1.1"),
        Just("Status: 9.999.9999"),
        Just("Diagnostic-Code: smtp;"),
        Just("Feedback-Type: abuse"),
        Just("Message-ID: <x@y>"),
        Just("=4"),
        Just("aGVs"),
        Just(":"),
        Just(" x"),
        Just("\u{0}"),
        Just("中"),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(raw in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&raw);
    }

    #[test]
    fn almost_reports_never_panic(raw in pieces()) {
        if let Ok(reports) = read(raw.as_bytes()) {
            prop_assert!(!reports.is_empty());
        }
    }

    /// A real bounce with a stretch of it damaged.
    #[test]
    fn damaged_bounces_never_panic(at in any::<prop::sample::Index>(), with in proptest::collection::vec(any::<u8>(), 0..20), less in 0..40usize) {
        let whole = bounce("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\n", ORIGINAL).into_bytes();
        let from = at.index(whole.len());
        let to = (from + less).min(whole.len());
        let _ = read(&[&whole[..from], &with, &whole[to..]].concat());
    }
}
