//! Whether mail would go, and whether it would be believed.

use crate::Meaning;
use crate::address::Address;
use crate::dns::DnsError;
use crate::error::Error;
use crate::error::meanings::*;
use crate::smtp::{DomainCheck, Inner, Security};
use siyu_kernel::{Finding, Health};

type Title = (&'static str, &'static str);
const CONNECTION: Title = ("Connection to the mail server", "邮件服务器连接");
const ENCRYPTION: Title = ("Encryption of mail", "邮件传输加密");
const LOGIN: Title = ("Mail account", "邮箱账号");
const SENDER: Title = ("Sender", "发件人");
const SPF: Title = ("SPF record of the sender's domain", "发件域名 SPF 记录");
const DKIM: Title = ("DKIM record of the sender's domain", "发件域名 DKIM 记录");
const DMARC: Title = ("DMARC record of the sender's domain", "发件域名 DMARC 记录");

pub(crate) fn run(smtp: &Inner, sender: &Address) -> Vec<Finding> {
    let mut out = server(smtp, sender);
    if let Some(domain) = &smtp.domain {
        out.extend(records(domain, sender));
    }
    out
}

fn server(smtp: &Inner, sender: &Address) -> Vec<Finding> {
    let fine = |key, title, en: &str, zh: &str| Finding::ok(key, title, (en.to_owned(), zh.to_owned()));
    let connected = || fine("mail_connection", CONNECTION, "It answers.", "连接正常。");
    let secured = || match smtp.settings.security {
        Security::None => {
            let words = ("Mail goes to the server without encryption.".to_owned(), "邮件以明文传给服务器。".to_owned());
            Finding::wrong(
                "mail_encryption",
                Health::Warn,
                ENCRYPTION,
                words,
                ("Use TLS unless the server is on this machine.", "除非服务器在本机，否则请启用 TLS。"),
            )
        }
        _ => fine("mail_encryption", ENCRYPTION, "The certificate is valid.", "证书有效。"),
    };
    let is = |error: &Error, of: &[&Meaning]| of.contains(&error.meaning);
    match smtp.connect() {
        Ok(mut kept) => {
            let mut out = vec![connected(), secured()];
            if smtp.settings.login.is_some() {
                out.push(fine("mail_login", LOGIN, "User name and password are accepted.", "账号与密码有效。"));
            }
            out.push(match smtp.try_sender(&mut kept, sender) {
                Ok(()) => fine("mail_sender", SENDER, "The server takes mail of this sender.", "服务器接受该发件人。"),
                Err(error) => failed("mail_sender", SENDER, &error),
            });
            let _ = kept.connection.quit();
            out
        }
        Err(error) if is(&error, &[&TLS_FAILED, &STARTTLS_MISSING]) => {
            vec![connected(), failed("mail_encryption", ENCRYPTION, &error)]
        }
        Err(error) if is(&error, &[&AUTH_REFUSED, &AUTH_UNSUPPORTED]) => {
            vec![connected(), secured(), failed("mail_login", LOGIN, &error)]
        }
        Err(error) => vec![failed("mail_connection", CONNECTION, &error)],
    }
}

fn failed(key: &'static str, title: Title, error: &Error) -> Finding {
    let health = if error.is_retryable() && error.meaning != &UNREACHABLE { Health::Warn } else { Health::Fail };
    let (meaning, detail) = (error.meaning, &error.detail);
    let words = (format!("{} ({detail})", meaning.en), format!("{}（{detail}）", meaning.zh));
    Finding::wrong(key, health, title, words, (meaning.advice_en, meaning.advice_zh))
}

/// What receivers look for before they believe a sender.
fn records(check: &DomainCheck, sender: &Address) -> Vec<Finding> {
    let domain = sender.domain();
    let mut out = Vec::new();
    let found = check.dns.txt(domain);
    out.push(one(
        "mail_spf",
        SPF,
        found,
        &|records| {
            let own: Vec<&String> = records.iter().filter(|text| text.to_lowercase().starts_with("v=spf1")).collect();
            match own[..] {
                [] => Err((Health::Fail, format!("{domain} has none."), format!("{domain} 没有 SPF 记录。"))),
                [only] if only.contains("+all") => Err((
                    Health::Fail,
                    format!("It lets everybody send: {only}"),
                    format!("记录允许任何服务器发信：{only}"),
                )),
                [only] => Ok(only.clone()),
                _ => Err((
                    Health::Fail,
                    "There are two; receivers then ignore both.".into(),
                    "存在多条 SPF 记录，收件方会全部忽略。".into(),
                )),
            }
        },
        (
            "Add one TXT record “v=spf1 include:… ~all” as the mail provider says.",
            "请按邮件服务商说明添加一条 TXT 记录“v=spf1 include:… ~all”。",
        ),
    ));
    if let Some(dkim) = &check.dkim {
        let (name, wanted) = dkim.record();
        let advice =
            (format!("Add the TXT record {name} with: {wanted}"), format!("请添加 TXT 记录 {name}，内容：{wanted}"));
        let key = |text: &str| {
            text.split(';').find_map(|part| part.trim().strip_prefix("p=").map(|key| key.replace(' ', "")))
        };
        out.push(one(
            "mail_dkim",
            DKIM,
            check.dns.txt(&name),
            &|records| match records.iter().find_map(|text| key(text)) {
                None => Err((Health::Fail, format!("{name} has none."), format!("{name} 没有记录。"))),
                Some(own) if Some(&own) == key(&wanted).as_ref() => Ok(name.clone()),
                Some(_) => Err((
                    Health::Fail,
                    "It holds another key than the one we sign with.".into(),
                    "记录中的公钥与签名密钥不一致。".into(),
                )),
            },
            (&advice.0, &advice.1),
        ));
        let aligned = domain == dkim.domain() || domain.ends_with(&format!(".{}", dkim.domain()));
        if !aligned {
            let words = (
                format!("Signed for {}, sent by {domain}.", dkim.domain()),
                format!("签名域名为 {}，发件域名为 {domain}。", dkim.domain()),
            );
            out.push(Finding::wrong(
                "mail_dkim_domain",
                Health::Warn,
                DKIM,
                words,
                ("Sign for the sender's own domain.", "请使用发件域名自己的密钥签名。"),
            ));
        }
    }
    out.push(one(
        "mail_dmarc",
        DMARC,
        check.dns.txt(&format!("_dmarc.{domain}")),
        &|records| {
            let own = records.iter().find(|text| text.to_lowercase().starts_with("v=dmarc1"));
            own.cloned().ok_or_else(|| {
                (
                    Health::Warn,
                    format!("{domain} has none; large receivers ask for one."),
                    format!("{domain} 没有 DMARC 记录，大型邮箱会要求。"),
                )
            })
        },
        (
            "Add a TXT record _dmarc with “v=DMARC1; p=none”, and tighten it later.",
            "请添加 _dmarc TXT 记录“v=DMARC1; p=none”，之后再收紧。",
        ),
    ));
    out
}

type Judged = Result<String, (Health, String, String)>;

fn one(
    key: &'static str,
    title: Title,
    found: Result<Vec<String>, DnsError>,
    judge: &dyn Fn(&[String]) -> Judged,
    advice: (&str, &str),
) -> Finding {
    match found.as_deref().map(judge) {
        Ok(Ok(fine)) => Finding::ok(key, title, (fine.clone(), fine)),
        Ok(Err((health, en, zh))) => Finding::wrong(key, health, title, (en, zh), advice),
        Err(error) => {
            let words = (format!("Not known: {error}."), format!("无法查询：{error}。"));
            Finding::wrong(
                key,
                Health::Warn,
                title,
                words,
                ("Check this server's name resolution.", "请检查本机的域名解析。"),
            )
        }
    }
}
