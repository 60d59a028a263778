//! What a mail server's pipe hands over.

mod common;

use common::{Place, Ran, siyu};
use serde_json::json;
use std::io::Write;
use std::process::Stdio;

fn report(place: &Place, raw: &[u8], json: bool) -> Ran {
    let mut command = siyu();
    command.args(["mail", "report", "--data"]).arg(&place.data);
    if json {
        command.arg("--json");
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // Whatever is too long is not read to its end.
    let _ = child.stdin.take().expect("a pipe").write_all(raw);
    Ran::new(child.wait_with_output().expect("the program ends"))
}

/// A status other than 0 would send another bounce to whoever sent this.
#[test]
fn what_is_no_report_of_ours_is_passed_over() {
    let place = Place::sqlite();
    let bounce = b"Delivered-To: bounce+msg_1=000000000000@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
        --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; ann@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";
    let large = vec![b'x'; 11 << 20];
    for (raw, code) in [
        (&b"From: ann@example.com\r\nSubject: hello\r\n\r\nhello"[..], "mail_report_unread"),
        (&bounce[..], "mail_report_foreign"),
        (&large, "mail_report_size"),
    ] {
        assert_eq!(report(&place, raw, true).json(), json!({ "passed_over": code }));
    }
    assert!(report(&place, b"hello", false).ok);
    let nowhere = Place::empty();
    assert_eq!(report(&nowhere, b"hello", false).code(), "workspace_missing");
}
