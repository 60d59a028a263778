//! Checks and small conversions the parts share.

use crate::refuse;
use siyu_kernel::Refusal;

/// WeCom does not distinguish the case of a userid: this is the form rows are found by.
pub(crate) fn key(userid: &str) -> String {
    userid.trim().to_lowercase()
}
/// Trimmed, 1 to `max` characters, no control characters but line ends. Errors: `guide_text`.
pub(crate) fn checked(field: &str, text: &str, max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= max && !text.chars().any(|c| c.is_control() && c != '\n');
    if fits { Ok(text.to_owned()) } else { Err(refuse::text(field, max)) }
}
/// For `LIKE … ESCAPE '\'`: anywhere in the text, in lower case.
pub(crate) fn part(text: &str) -> String {
    let safe = text.trim().to_lowercase();
    format!("%{}%", safe.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
/// A page token of two parts.
pub(crate) fn token(after: Option<&str>) -> Result<Option<(i64, String)>, Refusal> {
    let Some(after) = after else { return Ok(None) };
    let (at, id) = after.split_once('.').ok_or_else(refuse::after)?;
    Ok(Some((at.parse().map_err(|_| refuse::after())?, id.to_owned())))
}
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
