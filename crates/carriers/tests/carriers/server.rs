//! Against a real SMTP server.

use crate::world::{accounts, letter, mail_in, migrations};
use siyu_carriers::*;
use siyu_direct::Carriers;
use siyu_kernel::{Health, Refusal};
use siyu_testkit::{TestDb, smtp_dir};
use std::path::Path;
use std::sync::Arc;

fn port(dir: &Path, name: &str) -> u16 {
    let text = std::fs::read_to_string(dir.join("env")).unwrap();
    text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")).map(|port| port.parse().unwrap())).unwrap()
}

#[test]
fn a_check_and_a_mail() {
    let (Some(dir), Some(t)) = (smtp_dir(), TestDb::open(siyu_db::Engine::Sqlite, migrations())) else { return };
    let (own, _) = accounts(t.db(), &t, Arc::new(Network::default()));
    let account = MailAccount {
        host: "localhost".into(),
        port: port(&dir, "TLS"),
        user: "shop@localhost.example".into(),
        from: "shop@localhost.example".into(),
        authority: std::fs::read_to_string(dir.join("ca.pem")).unwrap(),
        ..mail_in().account
    };
    let save = |input: MailIn| -> Result<Mail, Refusal> {
        let (own, now) = (own.clone(), siyu_kernel::Time::parse("2026-03-02T04:00:00Z").unwrap());
        t.db().transact(move |tx| own.save_mail(tx, &input, "ann", now))
    };
    let input =
        |password: &str| MailIn { account: account.clone(), password: Some(password.into()), ..MailIn::default() };
    save(input("wrong password")).unwrap();
    let found = own.check_mail().unwrap();
    let login = found.iter().find(|own| own.key == "mail_login").unwrap();
    assert_eq!(login.health, Health::Fail);
    assert!(!format!("{found:?}").contains("wrong password"));
    let carrier = t.db().read(|tx| own.mail(tx)).unwrap().unwrap();
    assert_eq!(carrier.mailer.send(&letter("ann@localhost.example")).unwrap_err().name(), "mail_auth_refused");
    assert!(t.db().read(|tx| own.mail(tx)).unwrap().is_none());
    save(input("right password")).unwrap();
    let found = own.check_mail().unwrap();
    for key in ["mail_connection", "mail_encryption", "mail_login", "mail_sender"] {
        assert_eq!(found.iter().find(|own| own.key == key).unwrap().health, Health::Ok, "{found:?}");
    }
    let carrier = t.db().read(|tx| own.mail(tx)).unwrap().unwrap();
    assert!(carrier.mailer.send(&letter("carriers-1@localhost.example")).is_ok());
    let kept = std::fs::read_dir(dir.join("mail")).unwrap().flatten();
    assert!(
        kept.into_iter()
            .any(|file| std::fs::read_to_string(file.path()).unwrap().contains("carriers-1@localhost.example"))
    );
    let bad = save(MailIn {
        account: MailAccount {
            authority: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".into(),
            ..account.clone()
        },
        ..input("x")
    });
    assert_eq!(bad.unwrap_err().field.as_deref(), Some("authority"));
}
