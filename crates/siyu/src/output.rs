//! What people and programs read.

use serde_json::{Value, json};
use siyu_kernel::Refusal;
use std::io::{IsTerminal, Write};

/// Chinese when the terminal's language is Chinese.
pub fn chinese() -> bool {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .is_some_and(|value| value.starts_with("zh"))
}
pub fn say(zh: &str, en: &str) {
    eprintln!("{}", if chinese() { zh } else { en });
}
/// One JSON line on standard output.
pub fn line(value: &Value) {
    let mut out = std::io::stdout().lock();
    // A reader that went away is no failure of ours.
    let _ = writeln!(out, "{value}");
    let _ = out.flush();
}
pub fn refusal(refusal: &Refusal, as_json: bool) {
    let message = if chinese() { &refusal.zh } else { &refusal.en };
    if as_json {
        line(&json!({ "error": { "code": refusal.code, "message": message, "field": refusal.field } }));
    }
    match &refusal.field {
        Some(field) => eprintln!("siyu: {message} [{}: {field}]", refusal.code),
        None => eprintln!("siyu: {message} [{}]", refusal.code),
    }
    if let Some(source) = &refusal.source {
        eprintln!("  {source}");
    }
}
pub fn to_terminal() -> bool {
    std::io::stderr().is_terminal()
}
