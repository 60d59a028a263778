//! Bounces and complaints.

use crate::error::meanings::{MESSAGE_REFUSED, NO_MAILBOX};
use crate::error::{Meaning, clipped, enhanced, of_status};
use crate::mime::{self, Part};

/// What a message about a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub what: What,
    /// Whom the message was for, when it says so. As it stands there: not checked.
    pub recipient: String,
    /// Of the message it is about, without angle brackets.
    pub message_id: String,
    /// The address it came to: for [`crate::ReturnPath::id`], which alone proves that it is about a message of ours.
    pub delivered_to: Vec<String>,
    /// `5.1.1`, when it says so.
    pub status: String,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Delivered,
    /// Not yet; its server goes on trying.
    Delayed,
    /// Never; the meaning says whether the address is to be left alone.
    Failed(&'static Meaning),
    Complaint(Complaint),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// "This is spam", said the receiver.
    Abuse,
    Fraud,
    Virus,
    /// "This is no spam": takes a complaint back.
    NotSpam,
    /// Asked to be left alone.
    OptOut,
    Other,
}

impl Report {
    /// Whether the address must get nothing more.
    pub fn suppresses(&self) -> bool {
        match self.what {
            What::Failed(meaning) => meaning == &NO_MAILBOX,
            What::Complaint(complaint) => matches!(complaint, Complaint::Abuse | Complaint::Fraud | Complaint::OptOut),
            What::Delivered | What::Delayed => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error("larger, deeper or with more parts than any honest mail")]
    TooLarge,
    #[error("an answer written by a person or by a machine, not a report")]
    NotAReport,
    #[error("a report that says nothing of any receiver")]
    Empty,
}

impl ReportError {
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "mail_report_too_large",
            Self::NotAReport => "mail_report_none",
            Self::Empty => "mail_report_empty",
        }
    }
}

/// Receivers that one report may name.
const RECIPIENTS_MAX: usize = 200;

/// Reads a mail that came back: one report for each receiver it names.
pub fn read(raw: &[u8]) -> Result<Vec<Report>, ReportError> {
    let whole = mime::parse(raw).ok_or(ReportError::TooLarge)?;
    let parts = whole.all();
    let of = |kinds: &[&str]| parts.iter().copied().find(|part| kinds.contains(&part.kind.as_str()));
    let delivered_to = delivered_to(&whole);
    let original = original(&parts);
    if let Some(feedback) = of(&["message/feedback-report"]) {
        return Ok(vec![complaint(feedback, &original, delivered_to)]);
    }
    if let Some(status) = of(&["message/delivery-status", "message/global-delivery-status"]) {
        return bounces(status, &parts, &original, &delivered_to);
    }
    Err(ReportError::NotAReport)
}

/// Headers of the message it is about, wherever they stand.
fn original(parts: &[&Part]) -> Vec<(String, String)> {
    for (at, part) in parts.iter().enumerate() {
        match part.kind.as_str() {
            "text/rfc822-headers" | "message/global-headers" => return mime::fields(&part.body).unwrap_or_default(),
            // Its message is the next in the list.
            "message/rfc822" | "message/global" if at > 0 => {
                return part.parts.first().map(|inner| inner.headers.clone()).unwrap_or_default();
            }
            _ => {}
        }
    }
    Vec::new()
}

fn delivered_to(whole: &Part) -> Vec<String> {
    let names = ["delivered-to", "x-original-to", "envelope-to", "to"];
    let addresses = |value: &str| value.split(',').map(|one| bare(one).to_owned()).collect::<Vec<_>>();
    let mut out: Vec<String> = names
        .iter()
        .flat_map(|name| whole.headers.iter().filter(move |(own, _)| own == name))
        .flat_map(|(_, value)| addresses(value))
        .take(20)
        .collect();
    out.dedup();
    out
}

fn message_id(original: &[(String, String)]) -> String {
    mime::header(original, "message-id")
        .map(|id| id.trim().trim_matches(['<', '>']).chars().take(300).collect())
        .unwrap_or_default()
}

fn complaint(part: &Part, original: &[(String, String)], delivered_to: Vec<String>) -> Report {
    let fields = mime::fields(&part.body).unwrap_or_default();
    let kind = match mime::header(&fields, "feedback-type").unwrap_or_default().to_ascii_lowercase().as_str() {
        "abuse" => Complaint::Abuse,
        "fraud" => Complaint::Fraud,
        "virus" => Complaint::Virus,
        "not-spam" => Complaint::NotSpam,
        "opt-out" | "opt-out-list" => Complaint::OptOut,
        _ => Complaint::Other,
    };
    let to = ["original-rcpt-to", "removal-recipient"].iter().find_map(|name| mime::header(&fields, name));
    let recipient = to.or_else(|| mime::header(original, "to")).map(bare).unwrap_or_default().to_owned();
    Report {
        what: What::Complaint(kind),
        recipient,
        message_id: message_id(original),
        delivered_to,
        status: String::new(),
        detail: clipped(mime::header(&fields, "user-agent").unwrap_or_default()),
    }
}

fn bounces(
    part: &Part,
    parts: &[&Part],
    original: &[(String, String)],
    delivered_to: &[String],
) -> Result<Vec<Report>, ReportError> {
    // Blocks parted by empty lines: the first is about the message, each other about one receiver.
    let text = part.text().replace("\r\n", "\n");
    let blocks: Vec<Vec<(String, String)>> =
        text.split("\n\n").take(RECIPIENTS_MAX + 1).filter_map(|block| mime::fields(block.as_bytes())).collect();
    let human = parts.iter().find(|part| part.kind == "text/plain").map(|part| part.text()).unwrap_or_default();
    let mut out = Vec::new();
    for block in &blocks {
        let get = |name: &str| mime::header(block, name).unwrap_or_default();
        let to = ["original-recipient", "final-recipient"].iter().map(|name| get(name)).find(|value| !value.is_empty());
        let (Some(to), action) = (to, get("action").to_ascii_lowercase()) else { continue };
        if action.is_empty() {
            continue;
        }
        let diagnostic = get("diagnostic-code");
        let words = diagnostic.split_once(';').map_or(diagnostic, |(_, words)| words).trim();
        let status = enhanced(get("status")).or_else(|| enhanced(words));
        // A general "5.0.0" often has the real one in its words.
        let exact = enhanced(words)
            .filter(|own| status.is_none_or(|(class, a, b)| (a, b) == (0, 0) && own.0 == class))
            .or(status);
        let what = match action.as_str() {
            "failed" => {
                let all = if words.is_empty() { human.as_str() } else { words };
                What::Failed(exact.and_then(|exact| of_status(exact, all)).unwrap_or(&MESSAGE_REFUSED))
            }
            "delayed" => What::Delayed,
            "delivered" | "relayed" | "expanded" => What::Delivered,
            _ => continue,
        };
        out.push(Report {
            what,
            recipient: typed(to).to_owned(),
            message_id: message_id(original),
            delivered_to: delivered_to.to_vec(),
            status: exact.map(|(class, subject, detail)| format!("{class}.{subject}.{detail}")).unwrap_or_default(),
            detail: clipped(words),
        });
    }
    if out.is_empty() { Err(ReportError::Empty) } else { Ok(out) }
}

/// `rfc822;ann@example.com`
fn typed(value: &str) -> &str {
    bare(value.split_once(';').map_or(value, |(_, address)| address))
}

/// `"Ann" <ann@example.com>`
fn bare(value: &str) -> &str {
    let value = value.trim();
    match (value.rfind('<'), value.rfind('>')) {
        (Some(from), Some(to)) if from < to => value[from + 1..to].trim(),
        _ => value,
    }
}
