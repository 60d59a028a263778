//! A template as the provider has approved it, with its signature: what parameters it takes and what comes out.

use crate::length::{self, Length};
use crate::provider::Provider;

/// What it was approved for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A code to log in or confirm with.
    Code,
    Notice,
    Marketing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// `SMS_123456789`, `1234567`
    pub code: String,
    pub sign: String,
    /// `您的验证码为${code}` with Aliyun, `您的验证码为{1}` with Tencent Cloud.
    pub text: String,
    pub class: Class,
    pub provider: Provider,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("the template code is malformed")]
    Code,
    #[error("a signature has 2 to 12 letters, without brackets")]
    Sign,
    #[error("the text has no letters")]
    Empty,
    #[error("a place for a parameter is malformed: {0}")]
    Place(String),
    #[error("a marketing text says how to opt out (拒收请回复R)")]
    OptOutMissing,
    #[error("no value for {0}")]
    Missing(String),
    #[error("the template has no place for {0}")]
    Unknown(String),
    #[error("{name} is longer than {max} letters")]
    TooLong { name: String, max: usize },
    #[error("{0} contains a link, which providers refuse")]
    Link(String),
    #[error("{0} contains a line break or a control character")]
    Control(String),
    #[error("the whole message is longer than 500 letters")]
    WholeTooLong,
}

impl TemplateError {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Code => "sms_template_code",
            Self::Sign => "sms_sign_malformed",
            Self::Empty => "sms_text_empty",
            Self::Place(_) => "sms_place_malformed",
            Self::OptOutMissing => "sms_opt_out_missing",
            Self::Missing(_) => "sms_param_missing",
            Self::Unknown(_) => "sms_param_unknown",
            Self::TooLong { .. } => "sms_param_too_long",
            Self::Link(_) => "sms_param_link",
            Self::Control(_) => "sms_param_control",
            Self::WholeTooLong => "sms_text_too_long",
        }
    }
    pub fn zh(&self) -> String {
        match self {
            Self::Code => "模板 CODE 格式不正确。".into(),
            Self::Sign => "签名须为 2–12 个字，不含括号。".into(),
            Self::Empty => "模板内容为空。".into(),
            Self::Place(place) => format!("变量占位符格式不正确：{place}。"),
            Self::OptOutMissing => "营销短信须写明退订方式，如“拒收请回复R”。".into(),
            Self::Missing(name) => format!("变量 {name} 没有值。"),
            Self::Unknown(name) => format!("模板中没有变量 {name}。"),
            Self::TooLong { name, max } => format!("变量 {name} 超过 {max} 个字。"),
            Self::Link(name) => format!("变量 {name} 含有链接，运营商不允许。"),
            Self::Control(name) => format!("变量 {name} 含有换行或控制字符。"),
            Self::WholeTooLong => "短信全文超过 500 字。".into(),
        }
    }
}

/// A stretch of the text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Place(&'a str),
}

impl Template {
    /// What can be seen without any parameter: for the page where it is entered.
    pub fn check(&self) -> Result<(), TemplateError> {
        let code = self.code.strip_prefix("SMS_").filter(|_| self.provider == Provider::Aliyun);
        let code = code.unwrap_or(if self.provider == Provider::Tencent { &self.code } else { "" });
        if code.is_empty() || code.len() > 20 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TemplateError::Code);
        }
        let letters = self.sign.chars().count();
        if !(2..=12).contains(&letters) || self.sign.contains(['【', '】', '[', ']']) || has_control(&self.sign) {
            return Err(TemplateError::Sign);
        }
        if self.text.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        self.pieces()?;
        if self.class == Class::Marketing && !says_how_to_opt_out(&self.text) {
            return Err(TemplateError::OptOutMissing);
        }
        if length::mainland(&self.whole(&self.text)).units > length::MAINLAND_MAX {
            return Err(TemplateError::WholeTooLong);
        }
        Ok(())
    }
    /// The names of its places in their order, each once.
    pub fn places(&self) -> Result<Vec<&str>, TemplateError> {
        let mut names = Vec::new();
        for piece in self.pieces()? {
            if let Piece::Place(name) = piece
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        if self.provider == Provider::Tencent {
            names.sort_by_key(|name| name.parse::<u32>().unwrap_or(u32::MAX));
        }
        Ok(names)
    }
    /// The message as its reader sees it, or why the provider would refuse it.
    pub fn fill(&self, params: &[(String, String)]) -> Result<String, TemplateError> {
        let names = self.places()?;
        if let Some((name, _)) = params.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            return Err(TemplateError::Unknown(clipped(name)));
        }
        for name in names {
            let value = params.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
            self.check_value(name, value)?;
        }
        let mut text = String::with_capacity(self.text.len());
        for piece in self.pieces()? {
            text.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Place(name) => params.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value),
            });
        }
        let whole = self.whole(&text);
        if length::mainland(&whole).units > length::MAINLAND_MAX {
            return Err(TemplateError::WholeTooLong);
        }
        Ok(whole)
    }
    /// What sending this would be billed as.
    pub fn length(&self, params: &[(String, String)], to_mainland: bool) -> Result<Length, TemplateError> {
        let whole = self.fill(params)?;
        Ok(if to_mainland { length::mainland(&whole) } else { length::measure(&whole) })
    }

    fn check_value(&self, name: &str, value: Option<&str>) -> Result<(), TemplateError> {
        let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
            return Err(TemplateError::Missing(name.into()));
        };
        let max = crate::assumptions::param_letters_max(self.provider, self.class);
        if value.chars().count() > max {
            return Err(TemplateError::TooLong { name: name.into(), max });
        }
        if has_control(value) {
            return Err(TemplateError::Control(name.into()));
        }
        if has_link(value) {
            return Err(TemplateError::Link(name.into()));
        }
        Ok(())
    }
    fn whole(&self, text: &str) -> String {
        format!("【{}】{text}", self.sign)
    }
    fn pieces(&self) -> Result<Vec<Piece<'_>>, TemplateError> {
        let open = if self.provider == Provider::Aliyun { "${" } else { "{" };
        let mut pieces = Vec::new();
        let mut rest = self.text.as_str();
        while let Some(at) = rest.find(open) {
            pieces.push(Piece::Text(&rest[..at]));
            let inner = &rest[at + open.len()..];
            let place = || TemplateError::Place(clipped(&rest[at..]));
            let end = inner.find('}').ok_or_else(place)?;
            let name = &inner[..end];
            let fits = match self.provider {
                Provider::Aliyun => {
                    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                        && name.len() <= 32
                        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                }
                Provider::Tencent => name.parse::<u8>().is_ok_and(|number| number > 0) && !name.starts_with(['0', '+']),
            };
            if !fits {
                return Err(place());
            }
            pieces.push(Piece::Place(name));
            rest = &inner[end + 1..];
        }
        pieces.push(Piece::Text(rest));
        // Tencent Cloud takes a list: the numbers must leave no gap.
        if self.provider == Provider::Tencent {
            let mut numbers: Vec<u8> = pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Place(name) => name.parse().ok(),
                    Piece::Text(_) => None,
                })
                .collect();
            numbers.sort_unstable();
            numbers.dedup();
            if let Some((at, _)) = numbers.iter().enumerate().find(|(at, number)| usize::from(**number) != at + 1) {
                return Err(TemplateError::Place(format!("{{{}}}", at + 1)));
            }
        }
        Ok(pieces)
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

fn has_link(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["http://", "https://", "www."].iter().any(|mark| lower.contains(mark))
}

fn says_how_to_opt_out(text: &str) -> bool {
    ["退订", "拒收", "退阅"].iter().any(|word| text.contains(word))
}

fn clipped(text: &str) -> String {
    text.chars().take(30).collect()
}
