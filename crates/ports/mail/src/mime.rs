//! Reads raw mail as it comes from anywhere: tolerant of what is malformed, bounded in what it takes.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Larger mail is not read.
pub const BYTES_MAX: usize = 10 << 20;
const HEADER_BYTES_MAX: usize = 128 << 10;
const HEADERS_MAX: usize = 500;
const PARTS_MAX: usize = 100;
const DEPTH_MAX: usize = 8;

/// Names in lower case, values unfolded, in their order.
pub type Fields = Vec<(String, String)>;

/// A message, or a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub headers: Fields,
    /// `text/plain`, in lower case.
    pub kind: String,
    /// Decoded, when it has no parts.
    pub body: Vec<u8>,
    pub parts: Vec<Part>,
}

impl Part {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
    /// This part and all below it, from the outside in.
    pub fn all(&self) -> Vec<&Part> {
        let mut out = vec![self];
        self.parts.iter().for_each(|part| out.extend(part.all()));
        out
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

/// `None` when there is more of it than of any honest mail.
pub fn parse(raw: &[u8]) -> Option<Part> {
    (raw.len() <= BYTES_MAX).then_some(())?;
    let mut budget = PARTS_MAX;
    part(raw, DEPTH_MAX, &mut budget)
}

fn part(raw: &[u8], depth: usize, budget: &mut usize) -> Option<Part> {
    *budget = budget.checked_sub(1)?;
    let (headers, body) = split(raw)?;
    let content_type = header(&headers, "content-type").unwrap_or("text/plain").to_owned();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut out = Part { headers, kind, ..Part::default() };
    let boundary = parameter(&content_type, "boundary").filter(|_| out.kind.starts_with("multipart/"));
    if let Some(boundary) = boundary {
        let depth = depth.checked_sub(1)?;
        for one in pieces(body, &boundary) {
            out.parts.push(part(one, depth, budget)?);
        }
        return Some(out);
    }
    let encoding = out.header("content-transfer-encoding").unwrap_or_default().trim().to_ascii_lowercase();
    out.body = match encoding.as_str() {
        "base64" => base64(body),
        "quoted-printable" => quoted(body),
        _ => body.to_vec(),
    };
    // A message within, and headers of one that came back without its body.
    if matches!(out.kind.as_str(), "message/rfc822" | "message/global") && !out.body.is_empty() {
        let depth = depth.checked_sub(1)?;
        let inner = std::mem::take(&mut out.body);
        out.parts.push(part(&inner, depth, budget)?);
    }
    Some(out)
}

/// Headers and body. Line ends of either kind.
fn split(raw: &[u8]) -> Option<(Fields, &[u8])> {
    let mut at = 0;
    while at < raw.len() {
        let end = raw[at..].iter().position(|byte| *byte == b'\n').map_or(raw.len(), |length| at + length + 1);
        let line = &raw[at..end];
        if line == b"\n" || line == b"\r\n" {
            return Some((fields(&raw[..at])?, &raw[end..]));
        }
        at = end;
    }
    Some((fields(raw)?, &[]))
}

/// Header fields of a block: unfolded, names in lower case. Lines that are none are passed over.
pub fn fields(block: &[u8]) -> Option<Fields> {
    if block.len() > HEADER_BYTES_MAX {
        return None;
    }
    let text = String::from_utf8_lossy(block);
    let mut out: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = out.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            continue;
        }
        if out.len() >= HEADERS_MAX {
            return None;
        }
        out.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some(out)
}

/// `boundary` of `multipart/report; boundary="x"; report-type=delivery-status`
pub fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        let (own, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (found, left) = match after.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"')?;
                (&quoted[..end], &quoted[end + 1..])
            }
            None => after.split_at(after.find(';').unwrap_or(after.len())),
        };
        if own.trim().eq_ignore_ascii_case(name) {
            return Some(found.trim().to_owned()).filter(|found| !found.is_empty());
        }
        rest = left;
    }
}

/// The parts between `--boundary` lines.
fn pieces<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let mark = format!("--{boundary}");
    let mut out = Vec::new();
    let (mut at, mut begin) = (0, None);
    while at < body.len() {
        let end = body[at..].iter().position(|byte| *byte == b'\n').map_or(body.len(), |length| at + length + 1);
        let line = body[at..end].trim_ascii_end();
        if let Some(rest) = line.strip_prefix(mark.as_bytes())
            && (rest.is_empty() || rest == b"--")
        {
            if let Some(begin) = begin {
                // The line break before the mark belongs to it.
                let piece: &[u8] = &body[begin..at];
                out.push(piece.strip_suffix(b"\r\n").or_else(|| piece.strip_suffix(b"\n")).unwrap_or(piece));
            }
            begin = Some(end);
            if rest == b"--" {
                return out;
            }
        }
        at = end;
    }
    // Cut off: what is there is better than nothing.
    out.extend(begin.map(|begin| &body[begin..]));
    out
}

fn base64(body: &[u8]) -> Vec<u8> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let plain: Vec<u8> = body.iter().copied().filter(|b| b.is_ascii_alphanumeric() || b"+/".contains(b)).collect();
    let whole = plain.len() - usize::from(plain.len() % 4 == 1);
    engine.decode(&plain[..whole]).unwrap_or_default()
}

fn quoted(body: &[u8]) -> Vec<u8> {
    let hex = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while at < body.len() {
        if body[at] != b'=' {
            out.push(body[at]);
            at += 1;
        } else if let (Some(high), Some(low)) = (hex(body.get(at + 1)), hex(body.get(at + 2))) {
            out.push((high << 4 | low) as u8);
            at += 3;
        } else if body[at + 1..].starts_with(b"\r\n") {
            at += 3;
        } else if body[at + 1..].starts_with(b"\n") {
            at += 2;
        } else {
            out.push(b'=');
            at += 1;
        }
    }
    out
}
