//! What would be wrong with mail from here: `MAIL_HOST=smtp.example.com MAIL_SENDER=shop@example.com cargo run -p siyu-mail --example check_mail`.
//!
//! Also `MAIL_PORT` (587), `MAIL_SECURITY` (starttls, tls, none), `MAIL_USER`, `MAIL_PASSWORD`, `MAIL_HELLO`. Sends nothing.

use siyu_kernel::clocks;
use siyu_mail::{Address, Mailer, Security, Settings, Smtp, dns};
use std::env::var;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let (Ok(host), Ok(sender)) = (var("MAIL_HOST"), var("MAIL_SENDER")) else {
        eprintln!("set MAIL_HOST and MAIL_SENDER");
        return ExitCode::from(2);
    };
    let sender = match Address::parse(&sender) {
        Ok(sender) => sender,
        Err(error) => {
            eprintln!("{}: {error}", error.code());
            return ExitCode::from(2);
        }
    };
    let port = var("MAIL_PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(587);
    let security = match var("MAIL_SECURITY").as_deref() {
        Ok("tls") => Security::Tls,
        Ok("none") => Security::None,
        _ => Security::Starttls,
    };
    let login = var("MAIL_USER").ok().zip(var("MAIL_PASSWORD").ok());
    let hello = var("MAIL_HELLO").unwrap_or_else(|_| "localhost".into());
    let smtp = match Smtp::new(Settings { login, hello, ..Settings::new(&host, port, security) }, clocks::system()) {
        Ok(smtp) => smtp.with_domain_check(Arc::new(dns::Resolver::system()), None),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    for one in smtp.check(&sender) {
        println!("{:?} {} {}\n   {} {}", one.health, one.title.0, one.title.1, one.detail.0, one.detail.1);
        if !one.remedy.0.is_empty() {
            println!("   → {}\n   → {}", one.remedy.0, one.remedy.1);
        }
    }
    ExitCode::SUCCESS
}
