//! What would be wrong with a webhook: `HOOK_URL=https://… cargo run -p siyu-webhook --example check_webhook`. Sends one signed event `webhook.test`, with
//! `HOOK_KEY` (`whsec_…`) or with a key of the moment.

use siyu_kernel::clocks;
use siyu_webhook::{Hook, Key, Sender, Webhooks, Wiring};
use std::env::var;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Ok(url) = var("HOOK_URL") else {
        eprintln!("set HOOK_URL");
        return ExitCode::from(2);
    };
    let key = match var("HOOK_KEY").map(|text| Key::parse(&text)) {
        Ok(Ok(key)) => key,
        Ok(Err(error)) => {
            eprintln!("{}: {error}", error.code());
            return ExitCode::from(2);
        }
        Err(_) => Key::generate(),
    };
    for one in Webhooks::new(Wiring::new(clocks::system())).check(&Hook { url: &url, keys: &[key] }) {
        println!("{:?} {} {}\n   {} {}", one.health, one.title.0, one.title.1, one.detail.0, one.detail.1);
        if !one.remedy.0.is_empty() {
            println!("   → {}\n   → {}", one.remedy.0, one.remedy.1);
        }
    }
    ExitCode::SUCCESS
}
