//! Mails to try with.

use siyu_kernel::Time;
use siyu_mail::*;

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}
pub fn mailbox(name: &str, text: &str) -> Mailbox {
    Mailbox::new(name, address(text)).unwrap()
}
pub fn now() -> Time {
    Time::parse("2026-03-03T02:00:00Z").unwrap()
}
pub fn mail(to: &str) -> Mail {
    Mail {
        id: "msg_0190abc".into(),
        class: Class::Marketing,
        from: mailbox("街角花店", "shop@localhost.example"),
        reply_to: None,
        to: mailbox("张三", to),
        return_path: None,
        subject: "春天的花到了，周三前八折".into(),
        text: String::new(),
        html: "<p>您好张三，</p><p>.春天的花<b>到了</b>。</p><p><a href=\"https://shop.example.com/s\">去看看</a></p><img src=\"cid:logo\" alt=\"花店\">".into(),
        files: vec![
            File { name: "logo.png".into(), kind: "image/png".into(), content: vec![0x89, b'P', b'N', b'G', 0, 1, 2], cid: Some("logo".into()) },
            File { name: "价目表.pdf".into(), kind: "application/pdf".into(), content: (0..=255).cycle().take(3000).collect(), cid: None },
        ],
        unsubscribe: Some(Unsubscribe { url: "https://shop.example.com/u/abc?x=1&y=2".into(), mailto: Some(address("out@localhost.example")) }),
    }
}
/// Text alone, of the shop itself.
pub fn plain(id: &str, to: &str) -> Built {
    let mail = Mail {
        id: id.into(),
        class: Class::Service,
        text: "Your order is on its way.\n.\n..dots\nFrom here on".into(),
        html: String::new(),
        files: Vec::new(),
        unsubscribe: None,
        ..mail(to)
    };
    build(&mail, now(), None, &Limits::default()).unwrap()
}
/// Made for this test alone, by `openssl genpkey -algorithm ed25519`.
pub const ED25519: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIIY4tYYx4j7tpY+dxesOVumaB8uWBJuyieQ+DUyQUFiv\n-----END PRIVATE KEY-----\n";
/// By `openssl genrsa 2048`.
pub const RSA: &str = include_str!("rsa.pem");
