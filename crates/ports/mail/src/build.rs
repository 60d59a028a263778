//! From a mail to its bytes.

use crate::address::{Address, Mailbox};
use crate::dkim::Dkim;
use crate::error::meanings::*;
use crate::error::{Error, Result};
use lettre::message::header::{
    ContentDisposition, ContentId, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Body, MessageBuilder, MultiPart, SinglePart};
use sha2::{Digest, Sha256};
use siyu_kernel::Time;
use std::fmt;
use std::time::{Duration, SystemTime};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Service,
    /// Must say how to unsubscribe.
    Marketing,
}

/// A picture shown inside (`<img src="cid:logo">`) or a file beside the text.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// `poster.png`
    pub name: String,
    /// `image/png`
    pub kind: String,
    pub content: Vec<u8>,
    /// The name it has in the HTML; `None` for a file beside the text.
    pub cid: Option<String>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({}, {}, {} bytes)", self.name, self.kind, self.content.len())
    }
}

/// How to unsubscribe: programs send a POST to `url` (RFC 8058), people open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// https
    pub url: String,
    pub mailto: Option<Address>,
}

/// One mail to one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Of the message in our own books: becomes the Message-ID, the same at every attempt.
    pub id: String,
    pub class: Class,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub to: Mailbox,
    /// Where bounces go; the sender when there is none.
    pub return_path: Option<Address>,
    pub subject: String,
    /// Made from the HTML when empty.
    pub text: String,
    pub html: String,
    pub files: Vec<File>,
    pub unsubscribe: Option<Unsubscribe>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub files: usize,
    pub file_bytes: usize,
    /// Of the finished message.
    pub total_bytes: usize,
}

impl Default for Limits {
    /// Some receivers refuse from 10 MB on.
    fn default() -> Self {
        Self { files: 20, file_bytes: 5 << 20, total_bytes: 10 << 20 }
    }
}

pub const SUBJECT_MAX: usize = 200;
const TEXT_MAX: usize = 1 << 20;

/// A mail ready to be handed over.
#[derive(Clone, PartialEq, Eq)]
pub struct Built {
    /// Without angle brackets. Bounces name it.
    pub message_id: String,
    pub return_path: Address,
    pub to: Address,
    /// In ASCII, with CRLF.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Built({}, {:?}, {} bytes)", self.message_id, self.to, self.bytes.len())
    }
}

/// `at`: the instant the mail says it was written. The same input gives the same bytes.
pub fn build(mail: &Mail, at: Time, dkim: Option<&Dkim>, limits: &Limits) -> Result<Built> {
    check(mail, limits)?;
    let message_id = format!("{}@{}", mail.id, mail.from.address.domain());
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(at.0.max(0) as u64 / 1_000_000);
    let mut builder = MessageBuilder::new()
        .from(mail.from.lettre())
        .to(mail.to.lettre())
        .subject(&mail.subject)
        .date(date)
        .message_id(Some(format!("<{message_id}>")));
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(reply_to.lettre());
    }
    if let Some(unsubscribe) = &mail.unsubscribe {
        let mailto = unsubscribe.mailto.as_ref().map(|to| format!(",\r\n <mailto:{}?subject=unsubscribe>", in_url(to)));
        let list = format!("<{}>{}", unsubscribe.url, mailto.unwrap_or_default());
        // Ready as it stands: encoded words would make it unreadable for programs. It was checked letter by letter.
        builder = builder.raw_header(ready("List-Unsubscribe", list));
        builder = builder.raw_header(ready("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
    }
    if mail.class == Class::Service {
        // Nobody's holiday note answers to an answer of a machine.
        builder = builder.raw_header(ready("Auto-Submitted", "auto-generated".into()));
    }
    let message = builder.multipart(body(mail)).map_err(|error| Error::input(&MESSAGE_REFUSED, error))?;
    let mut bytes = message.formatted();
    if let Some(dkim) = dkim {
        let mut signed = dkim.header(&bytes, at).into_bytes();
        signed.append(&mut bytes);
        bytes = signed;
    }
    if bytes.len() > limits.total_bytes {
        return Err(Error::input(&TOO_LARGE, format_args!("{} of at most {} bytes", bytes.len(), limits.total_bytes)));
    }
    let return_path = mail.return_path.clone().unwrap_or_else(|| mail.from.address.clone());
    Ok(Built { message_id, return_path, to: mail.to.address.clone(), bytes })
}

/// An address may hold letters that part a URL.
fn in_url(address: &Address) -> String {
    address.as_str().chars().fold(String::new(), |out, c| match c {
        '%' | '?' | '&' | '#' | '/' | '`' | '{' | '}' | '|' | '^' => format!("{out}%{:02X}", u32::from(c)),
        _ => out + c.encode_utf8(&mut [0; 4]),
    })
}

fn ready(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

/// mixed( related( alternative( text, html ), pictures ), files ), each level only where it is needed.
fn body(mail: &Mail) -> MultiPart {
    let text = if mail.text.trim().is_empty() { text_of(&mail.html) } else { mail.text.clone() };
    let mut part =
        MultiPart::alternative().boundary(boundary(mail, "a")).singlepart(written(ContentType::TEXT_PLAIN, text));
    if !mail.html.trim().is_empty() {
        part = part.singlepart(written(ContentType::TEXT_HTML, mail.html.clone()));
    }
    let (inside, beside): (Vec<&File>, Vec<&File>) = mail.files.iter().partition(|file| file.cid.is_some());
    if !inside.is_empty() {
        part = MultiPart::related().boundary(boundary(mail, "r")).multipart(part);
        for file in inside {
            let cid = file.cid.clone().unwrap_or_default();
            part = part.singlepart(attached(file, ContentDisposition::inline_with_name(&file.name), Some(cid)));
        }
    }
    if !beside.is_empty() {
        part = MultiPart::mixed().boundary(boundary(mail, "m")).multipart(part);
        for file in beside {
            part = part.singlepart(attached(file, ContentDisposition::attachment(&file.name), None));
        }
    }
    part
}

/// `=_` stands in no encoded body, so that no text can end its part.
fn boundary(mail: &Mail, level: &str) -> String {
    let digest: String = Sha256::digest(mail.id.as_bytes())[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("=_{level}{digest}")
}

fn written(kind: ContentType, text: String) -> SinglePart {
    let foreign = text.bytes().filter(|byte| !byte.is_ascii()).count();
    let encoding = if foreign * 6 > text.len() {
        ContentTransferEncoding::Base64
    } else {
        ContentTransferEncoding::QuotedPrintable
    };
    let body = Body::new_with_encoding(text, encoding).expect("both encodings take any text");
    SinglePart::builder().header(kind).body(body)
}

fn attached(file: &File, disposition: ContentDisposition, cid: Option<String>) -> SinglePart {
    let kind = ContentType::parse(&file.kind)
        .unwrap_or_else(|_| ContentType::parse("application/octet-stream").expect("a type"));
    let mut part = SinglePart::builder().header(kind).header(disposition);
    if let Some(cid) = cid {
        part = part.header(ContentId::from(format!("<{cid}>")));
    }
    part.body(
        Body::new_with_encoding(file.content.clone(), ContentTransferEncoding::Base64).expect("base64 takes any bytes"),
    )
}

fn check(mail: &Mail, limits: &Limits) -> Result<()> {
    let is_id = |text: &str| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    if !is_id(&mail.id) {
        return Err(Error::input(&HEADER_REFUSED, "id"));
    }
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if mail.subject.contains(breaks) {
        return Err(Error::input(&HEADER_REFUSED, "subject"));
    }
    if mail.subject.trim().is_empty() || mail.subject.chars().count() > SUBJECT_MAX {
        return Err(Error::input(&CONTENT_MISSING, format_args!("a subject has 1 to {SUBJECT_MAX} letters")));
    }
    if mail.text.trim().is_empty() && text_of(&mail.html).is_empty() {
        return Err(Error::input(&CONTENT_MISSING, "no text"));
    }
    if mail.text.len() > TEXT_MAX || mail.html.len() > TEXT_MAX {
        return Err(Error::input(&TOO_LARGE, "a text has at most 1 MB"));
    }
    match &mail.unsubscribe {
        Some(unsubscribe) => check_url(&unsubscribe.url)?,
        None if mail.class == Class::Marketing => return Err(Error::input(&UNSUBSCRIBE_MISSING, "")),
        None => {}
    }
    if mail.files.len() > limits.files {
        return Err(Error::input(&FILE_REFUSED, format_args!("at most {} files", limits.files)));
    }
    for file in &mail.files {
        check_file(file, limits)?;
        let twice = mail.files.iter().filter(|other| other.cid.is_some() && other.cid == file.cid).count() > 1;
        if twice || file.cid.as_ref().is_some_and(|cid| !is_id(cid)) {
            return Err(Error::input(&FILE_REFUSED, "the name of a picture is malformed or given twice"));
        }
    }
    Ok(())
}

fn check_file(file: &File, limits: &Limits) -> Result<()> {
    let refused = |why: &str| {
        Error::input(&FILE_REFUSED, format_args!("{}: {why}", file.name.chars().take(60).collect::<String>()))
    };
    let letters = file.name.chars().count();
    if file.name.chars().any(|c| c.is_control() || "\"\\/:*?<>|\u{2028}\u{2029}".contains(c)) {
        return Err(Error::input(&HEADER_REFUSED, "the name of a file"));
    }
    if letters == 0 || letters > 100 {
        return Err(refused("a name has 1 to 100 letters"));
    }
    let kind_fits =
        file.kind.is_ascii() && !file.kind.contains(char::is_control) && ContentType::parse(&file.kind).is_ok();
    if !kind_fits || file.kind.split(';').next().is_none_or(|kind| kind.split('/').count() != 2) {
        return Err(refused("the type is malformed"));
    }
    if file.cid.is_some() && !file.kind.starts_with("image/") {
        return Err(refused("only pictures are shown inside"));
    }
    // What every receiver refuses, or should.
    const PROGRAMS: [&str; 14] =
        ["exe", "com", "bat", "cmd", "scr", "pif", "js", "vbs", "msi", "jar", "lnk", "hta", "ps1", "iso"];
    let ending = file.name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    if PROGRAMS.contains(&ending.as_str()) {
        return Err(refused("programs are refused by receivers"));
    }
    if file.content.is_empty() || file.content.len() > limits.file_bytes {
        return Err(refused("empty, or larger than one file may be"));
    }
    Ok(())
}

/// Letters that stand in a header as they are, and no others.
fn check_url(url: &str) -> Result<()> {
    let plain = url.bytes().all(|b| b.is_ascii_graphic() && !b"<>,\"\\^`{|}".contains(&b));
    if !plain {
        return Err(Error::input(&HEADER_REFUSED, "the address for unsubscribing"));
    }
    if !url.starts_with("https://") || url.len() < 12 || url.len() > 500 {
        return Err(Error::input(&UNSUBSCRIBE_MISSING, "https, at most 500 letters"));
    }
    Ok(())
}

/// Whether the body of a POST to the address for unsubscribing is what RFC 8058 says, as a form or as `multipart/form-data`; a browser's or a
/// scanner's visit is not.
pub fn is_one_click(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    text.len() < 2_000
        && (text.split('&').any(|pair| pair.trim() == "List-Unsubscribe=One-Click") || has_one_click_part(text))
}
fn has_one_click_part(text: &str) -> bool {
    let Some(boundary) = text.lines().next().map(str::trim_end).filter(|line| line.len() > 2 && line.starts_with("--"))
    else {
        return false;
    };
    text.split(boundary).any(|part| {
        let halves = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"));
        halves.is_some_and(|(head, value)| {
            head.to_ascii_lowercase().contains("name=\"list-unsubscribe\"") && value.trim() == "One-Click"
        })
    })
}

/// HTML as plain text: tags out, blocks to lines, the commonest entities, addresses of links behind them.
pub fn text_of(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut link: Option<String> = None;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        push_text(&mut out, &rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let Some(end) = rest.find('>') else { break };
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        let closes = tag.starts_with('/');
        match name.as_str() {
            "style" | "script" | "head" | "title" if !closes => {
                // ASCII lower case keeps every place.
                let lower = rest.to_ascii_lowercase();
                rest = lower.find(&format!("</{name}")).map_or("", |at| &rest[at..]);
            }
            "a" if !closes => link = attribute(tag, "href").filter(|to| to.starts_with("http")),
            "a" => {
                if let Some(to) = link.take()
                    && !out.ends_with(&to)
                {
                    out.push_str(&format!(" ({to})"));
                }
            }
            "br" => out.push('\n'),
            "p" | "div" | "tr" | "table" | "li" | "ul" | "ol" | "h1" | "h2" | "h3" | "h4" | "blockquote"
                if !out.is_empty() && !out.ends_with('\n') =>
            {
                out.push('\n')
            }
            "img" => out.push_str(&attribute(tag, "alt").map(|alt| format!("[{alt}]")).unwrap_or_default()),
            _ => {}
        }
        if name == "p" && closes {
            out.push('\n');
        }
    }
    if !rest.starts_with('<') {
        push_text(&mut out, rest);
    }
    let lines: Vec<&str> = out.lines().map(str::trim).collect();
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        if !line.is_empty() || (at > 0 && !lines[at - 1].is_empty()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.trim().to_owned()
}

/// Runs of spaces are one, as in a browser.
fn push_text(out: &mut String, text: &str) {
    let text = text
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    for c in text.chars() {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.to_ascii_lowercase().find(&format!(" {name}="))? + name.len() + 2;
    let rest = &tag[at..];
    let value = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest[1..].split(quote).next()?,
        _ => rest.split_ascii_whitespace().next()?,
    };
    Some(value.replace("&amp;", "&")).filter(|value| !value.is_empty())
}
