//! What becomes of a mail, and what is refused before anything goes out.

use crate::world::*;
use proptest::prelude::*;
use siyu_mail::mime::{Part, parse};
use siyu_mail::*;

fn built(mail: &Mail) -> Built {
    build(mail, now(), None, &Limits::default()).unwrap()
}
fn read(built: &Built) -> Part {
    parse(&built.bytes).unwrap()
}
/// The kinds of a message's parts as a tree.
fn tree(part: &Part) -> String {
    let kind = part.kind.rsplit('/').next().unwrap();
    match part.parts.is_empty() {
        true => kind.to_owned(),
        false => format!("{kind}({})", part.parts.iter().map(tree).collect::<Vec<_>>().join(" ")),
    }
}

#[test]
fn a_mail_with_everything() {
    let built = built(&mail("ann@example.com"));
    let text = String::from_utf8(built.bytes.clone()).unwrap();
    assert!(text.is_ascii() && text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    let whole = read(&built);
    assert_eq!(tree(&whole), "mixed(related(alternative(plain html) png) pdf)");
    for (name, want) in [
        ("message-id", "<msg_0190abc@localhost.example>"),
        ("date", "Tue, 03 Mar 2026 02:00:00 +0000"),
        (
            "list-unsubscribe",
            "<https://shop.example.com/u/abc?x=1&y=2>, <mailto:out@localhost.example?subject=unsubscribe>",
        ),
        ("list-unsubscribe-post", "List-Unsubscribe=One-Click"),
    ] {
        assert_eq!(whole.header(name), Some(want), "{name}");
    }
    assert!(whole.header("from").unwrap().ends_with("<shop@localhost.example>"));
    let parts = whole.all();
    let of = |kind: &str| parts.iter().find(|part| part.kind == kind).unwrap();
    assert_eq!(
        of("text/plain").text().replace("\r\n", "\n"),
        "您好张三，\n\n.春天的花到了。\n\n去看看 (https://shop.example.com/s)\n\n[花店]"
    );
    assert_eq!(of("text/html").text(), mail("x@y.cn").html);
    assert_eq!(of("image/png").header("content-id"), Some("<logo>"));
    assert_eq!(of("application/pdf").body.len(), 3000);
    assert_eq!(
        (built.message_id.as_str(), built.return_path.as_str()),
        ("msg_0190abc@localhost.example", "shop@localhost.example")
    );
}

#[test]
fn the_same_mail_is_the_same_bytes() {
    assert_eq!(built(&mail("ann@example.com")), built(&mail("ann@example.com")));
    let dkim = Dkim::new("localhost.example", "s1", RSA).unwrap();
    let signed = || build(&mail("ann@example.com"), now(), Some(&dkim), &Limits::default()).unwrap();
    assert_eq!(signed(), signed());
    assert!(
        signed()
            .bytes
            .starts_with(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=localhost.example; s=s1;\r\n")
    );
}

#[test]
fn an_address_in_a_url_is_encoded() {
    let mut mail = mail("ann@example.com");
    mail.unsubscribe.as_mut().unwrap().mailto = Some(address("out?a=1&b%x@localhost.example"));
    let whole = read(&built(&mail));
    assert!(
        whole
            .header("list-unsubscribe")
            .unwrap()
            .ends_with(" <mailto:out%3Fa=1%26b%25x@localhost.example?subject=unsubscribe>")
    );
}

#[test]
fn simple_mails_have_simple_forms() {
    let base = Mail { files: Vec::new(), ..mail("ann@example.com") };
    assert_eq!(tree(&read(&built(&base))), "alternative(plain html)");
    let text = Mail { html: String::new(), text: "hi".into(), ..base.clone() };
    assert_eq!(tree(&read(&built(&text))), "alternative(plain)");
    let service = Mail { class: Class::Service, unsubscribe: None, ..base };
    let whole = read(&built(&service));
    assert_eq!((whole.header("auto-submitted"), whole.header("list-unsubscribe")), (Some("auto-generated"), None));
}

#[test]
fn what_is_refused_and_why() {
    let base = || mail("ann@example.com");
    let file = |file: File| Mail { files: vec![file], ..base() };
    let picture = || base().files[0].clone();
    let url = |url: &str| Mail { unsubscribe: Some(Unsubscribe { url: url.into(), mailto: None }), ..base() };
    let small = Limits { total_bytes: 2000, ..Limits::default() };
    for (name, mail, want) in [
        ("id", Mail { id: "a b".into(), ..base() }, "mail_header_refused"),
        ("id break", Mail { id: "a\r\nBcc: x".into(), ..base() }, "mail_header_refused"),
        ("subject break", Mail { subject: "Hi\r\nBcc: all@example.com".into(), ..base() }, "mail_header_refused"),
        ("subject lf", Mail { subject: "Hi\nX: y".into(), ..base() }, "mail_header_refused"),
        ("subject unicode break", Mail { subject: "Hi\u{2028}X: y".into(), ..base() }, "mail_header_refused"),
        ("no subject", Mail { subject: " ".into(), ..base() }, "mail_content_missing"),
        ("long subject", Mail { subject: "长".repeat(201), ..base() }, "mail_content_missing"),
        ("no text", Mail { html: "<p> </p>".into(), ..base() }, "mail_content_missing"),
        ("giant text", Mail { text: "x".repeat((1 << 20) + 1), ..base() }, "mail_too_large"),
        ("no way out", Mail { unsubscribe: None, ..base() }, "mail_unsubscribe_missing"),
        ("http", url("http://shop.example.com/u"), "mail_unsubscribe_missing"),
        ("url break", url("https://shop.example.com/u\r\nX: y"), "mail_header_refused"),
        ("url brackets", url("https://shop.example.com/u>,<https://x.cn/"), "mail_header_refused"),
        ("url letters", url("https://shop.example.com/退订"), "mail_header_refused"),
        ("file name break", file(File { name: "a\r\nb.png".into(), ..picture() }), "mail_header_refused"),
        ("file name quote", file(File { name: "a\"; x=\".png".into(), ..picture() }), "mail_header_refused"),
        ("file path", file(File { name: "../a.png".into(), ..picture() }), "mail_header_refused"),
        ("file kind", file(File { kind: "image".into(), ..picture() }), "mail_file_refused"),
        ("file kind break", file(File { kind: "image/png\r\nX: y".into(), ..picture() }), "mail_file_refused"),
        ("no picture", file(File { kind: "text/html".into(), ..picture() }), "mail_file_refused"),
        ("program", file(File { name: "a.EXE".into(), cid: None, ..picture() }), "mail_file_refused"),
        ("empty", file(File { content: Vec::new(), ..picture() }), "mail_file_refused"),
        ("large", file(File { content: vec![0; (5 << 20) + 1], ..picture() }), "mail_file_refused"),
        ("cid", file(File { cid: Some("a>b".into()), ..picture() }), "mail_file_refused"),
        ("cid twice", Mail { files: vec![picture(), picture()], ..base() }, "mail_file_refused"),
        ("many", Mail { files: vec![File { cid: None, ..picture() }; 21], ..base() }, "mail_file_refused"),
    ] {
        let error = build(&mail, now(), None, &Limits::default()).unwrap_err();
        assert_eq!((error.name(), error.retry), (want, Retry::Never), "{name}");
    }
    assert_eq!(build(&base(), now(), None, &small).unwrap_err().name(), "mail_too_large");
}

#[test]
fn one_click_is_what_programs_send() {
    assert!(is_one_click(b"List-Unsubscribe=One-Click"));
    assert!(is_one_click(b"a=b&List-Unsubscribe=One-Click"));
    let part = |name: &str, value: &str| {
        format!("--b7x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--b7x--\r\n")
    };
    assert!(is_one_click(part("List-Unsubscribe", "One-Click").as_bytes()));
    assert!(!is_one_click(part("List-Unsubscribe", "Two-Click").as_bytes()));
    assert!(!is_one_click(part("x", "One-Click").as_bytes()));
    for no in [&b""[..], b"List-Unsubscribe", b"list-unsubscribe=one-click", b"x=List-Unsubscribe=One-Click", b"\xff"] {
        assert!(!is_one_click(no));
    }
}

#[test]
fn html_as_text() {
    for (html, want) in [
        ("", ""),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<style>p{}</style><script>x<y</script>a", "a"),
        ("<!-- <p>no</p> -->a", "a"),
        ("a &lt;b&gt; &amp;amp; &nbsp; c", "a <b> &amp; c"),
        ("<a href='https://x.cn/?a=1&amp;b=2'>x</a>", "x (https://x.cn/?a=1&b=2)"),
        ("<a href=\"https://x.cn\">https://x.cn</a>", "https://x.cn"),
        ("<a href=\"javascript:x\">x</a>", "x"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("a < b", "a"),
        ("<STYLE>İ</STYLE>a", "a"),
    ] {
        assert_eq!(text_of(html), want, "{html}");
    }
}

/// A second implementation believes the signatures: python3-dkim, when it is there.
#[test]
fn signatures_are_believed_by_others() {
    const PROGRAM: &str = "import sys, dkim\nrecord = sys.argv[1].encode()\nok = dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda name, timeout=5: record)\nprint('believed' if ok else 'refused')";
    let believed = |message: &[u8], record: &str| -> Option<String> {
        use std::io::Write;
        use std::process::{Command, Stdio};
        let python = if std::path::Path::new("/usr/bin/python3").exists() { "/usr/bin/python3" } else { "python3" };
        let mut child = Command::new(python)
            .args(["-c", PROGRAM, record])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        child.stdin.take().unwrap().write_all(message).ok()?;
        let out = child.wait_with_output().ok()?;
        out.status.success().then(|| String::from_utf8(out.stdout).unwrap().trim().to_owned())
    };
    for pem in [RSA, ED25519] {
        let dkim = Dkim::new("localhost.example", "s1", pem).unwrap();
        let (name, record) = dkim.record();
        assert_eq!(name, "s1._domainkey.localhost.example");
        let built = build(&mail("ann@example.com"), now(), Some(&dkim), &Limits::default()).unwrap();
        let Some(verdict) = believed(&built.bytes, &record) else {
            return siyu_testkit::skipped("DKIM by another implementation", "install it: apt-get install python3-dkim");
        };
        assert_eq!(verdict, "believed", "{record}");
        let text = String::from_utf8(built.bytes.clone()).unwrap();
        for (from, to) in [
            ("\r\nDate: Tue", "\r\nDate: Wed"),
            ("=_m", "=_n"),
            ("List-Unsubscribe=One-Click", "List-Unsubscribe=None"),
        ] {
            assert!(text.contains(from));
            assert_eq!(believed(text.replacen(from, to, 1).as_bytes(), &record).unwrap(), "refused", "{from}");
        }
        // A second sender above the first.
        let (signature, rest) = text.split_once("\r\nFrom:").unwrap();
        let forged = format!("{signature}\r\nFrom: x@y.cn\r\nFrom:{rest}");
        assert_eq!(believed(forged.as_bytes(), &record).unwrap(), "refused");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever the texts are: no header comes in, no part is torn, and what was written is what is read.
    #[test]
    fn texts_arrive_whole(subject in "\\PC{1,60}", text in "(\\PC|\\n|\\.\\n|--=_a|From |\\r\\n){1,60}", html in "(\\PC|\\n|<p>|--=_){0,60}") {
        let mail = Mail { subject: subject.clone(), text: text.clone(), html: html.clone(), ..mail("ann@example.com") };
        let Ok(built) = build(&mail, now(), None, &Limits::default()) else { return Ok(()) };
        let whole = parse(&built.bytes).unwrap();
        let names: Vec<&str> = whole.headers.iter().map(|(name, _)| name.as_str()).collect();
        let mut want = vec!["content-type", "date", "from", "list-unsubscribe", "list-unsubscribe-post", "message-id", "mime-version", "subject", "to"];
        let mut got = names.clone();
        got.sort_unstable();
        want.sort_unstable();
        prop_assert_eq!(got, want);
        let parts = whole.all();
        let body = |kind: &str| parts.iter().find(|part| part.kind == kind).map(|part| part.text().replace("\r\n", "\n").replace('\r', "\n"));
        let same = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        if !text.trim().is_empty() {
            prop_assert_eq!(body("text/plain").unwrap(), same(&text));
        }
        if !html.trim().is_empty() {
            prop_assert_eq!(body("text/html").unwrap(), same(&html));
        }
    }

    #[test]
    fn any_html_becomes_some_text(html in "(<|>|/|a|p|style|script|href=|\"|'|&amp;|!--|\\PC){0,60}") {
        let text = text_of(&html);
        prop_assert!(!text.contains("\n\n\n"));
    }
}
