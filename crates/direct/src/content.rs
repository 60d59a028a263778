//! What mail and SMS say: checked when it is saved, filled in for each person.

use crate::{Carriers, Direct, refuse};
use serde::{Deserialize, Serialize};
use siyu_db::Tx;
use siyu_gate::{Channel, Class};
use siyu_kernel::{PersonNum, Refusal, Time, Zone};
use siyu_reach::content::{Values, longest_within, render, variables};
use siyu_sms::Template;
use std::collections::BTreeMap;

const SUBJECT_CHARS_MAX: usize = 200;
const SUBJECT_BYTES_MAX: usize = 800;
const TEXT_BYTES_MAX: usize = 100_000;
const HTML_BYTES_MAX: usize = 300_000;
const PARAM_BYTES_MAX: usize = 1_000;
/// Those that are known without a member of staff.
const KNOWN: [&str; 3] = ["customer.name", "brand.name", "greeting"];

/// Not both of text and HTML are empty. All of it may hold variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailContent {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A template that the provider has approved, and what its places are filled with: each may hold variables with a fallback.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmsContent {
    /// The id it is kept under here.
    pub template: String,
    pub params: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    Mail(MailContent),
    Sms(SmsContent),
}

/// A mail as one person gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// An SMS as one person gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    pub params: Vec<(String, String)>,
    pub text: String,
    pub parts: usize,
}

/// What a content looks like to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    Mail(Letter),
    Sms(Short),
}

impl Content {
    pub fn channel(&self) -> Channel {
        match self {
            Self::Mail(_) => Channel::Email,
            Self::Sms(_) => Channel::Sms,
        }
    }
    /// Errors: `direct_content` and `direct_variable` with the field, those of templates, `sms_template_unknown`.
    pub fn check(&self, tx: &mut Tx<'_>, carriers: &dyn Carriers, class: Class) -> Result<(), Refusal> {
        match self {
            Self::Mail(own) => own.check(),
            Self::Sms(own) => {
                let template = carriers.template(tx, &own.template)?;
                own.check(&template, class)
            }
        }
    }
}

impl MailContent {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        if self.subject.trim().is_empty() {
            return Err(refuse::content("mail.subject", "A mail has a subject.", "请填写邮件主题。"));
        }
        if self.subject.chars().any(char::is_control) {
            return Err(refuse::content("mail.subject", "A subject is one line.", "邮件主题不能换行。"));
        }
        fits("mail.subject", &self.subject, SUBJECT_BYTES_MAX)?;
        if self.text.trim().is_empty() && self.html.trim().is_empty() {
            return Err(refuse::content("mail.text", "Write a text, or HTML, or both.", "请填写正文或 HTML。"));
        }
        fits("mail.text", &self.text, TEXT_BYTES_MAX)?;
        fits("mail.html", &self.html, HTML_BYTES_MAX)
    }
    /// `unsubscribe`: where somebody says that they want no more; it is said at the end.
    pub fn letter(&self, values: &Values, unsubscribe: Option<&str>) -> Result<Letter, Refusal> {
        let subject: String = render(&self.subject, values)?.chars().take(SUBJECT_CHARS_MAX).collect();
        let mut letter = Letter {
            subject: subject.trim().to_owned(),
            text: render(&self.text, values)?,
            html: render(&self.html, &values.escaped())?,
        };
        if let Some(url) = unsubscribe {
            letter.say_how_to_leave(url);
        }
        Ok(letter)
    }
}

impl Letter {
    fn say_how_to_leave(&mut self, url: &str) {
        if !self.text.trim().is_empty() {
            self.text.push_str(&format!("\n\n--\n不想再收到此类邮件？退订 / Unsubscribe: {url}\n"));
        }
        if !self.html.trim().is_empty() {
            let safe = url.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
            let line = format!(
                "<p style=\"color:#888;font-size:12px\">不想再收到此类邮件？<a href=\"{safe}\">退订 / Unsubscribe</a></p>"
            );
            let at = self.html.to_ascii_lowercase().rfind("</body>").unwrap_or(self.html.len());
            self.html.insert_str(at, &line);
        }
    }
}

impl SmsContent {
    pub(crate) fn check(&self, template: &Template, class: Class) -> Result<(), Refusal> {
        if class == Class::Marketing && template.class != siyu_sms::Class::Marketing {
            return Err(refuse::content(
                "sms.template",
                "A marketing message needs a template that was approved for marketing.",
                "营销短信须使用审核通过的营销类模板。",
            ));
        }
        for (name, text) in &self.params {
            let field = format!("sms.params.{name}");
            fits(&field, text, PARAM_BYTES_MAX)?;
            if render(text, &Values::default())?.trim().is_empty() {
                return Err(refuse::content(
                    &field,
                    "Say what stands here where nothing is known: {{ customer.name or \"会员\" }}.",
                    "请填写备用值，例如 {{ customer.name or \"会员\" }}。",
                ));
            }
        }
        self.filled(template, &Values::default(), true).map(drop)
    }
    /// What a name makes of it that providers do not take is said by the fallback.
    ///
    /// Errors: `direct_content`.
    pub fn short(&self, template: &Template, values: &Values, mainland: bool) -> Result<Short, Refusal> {
        self.filled(template, values, mainland).or_else(|_| self.filled(template, &Values::default(), mainland))
    }
    fn filled(&self, template: &Template, values: &Values, mainland: bool) -> Result<Short, Refusal> {
        let mut params = Vec::with_capacity(self.params.len());
        for (name, text) in &self.params {
            params.push((name.clone(), render(text, values)?.trim().to_owned()));
        }
        let wrong =
            |error: siyu_sms::TemplateError| refuse::content("sms.params", capital(&error.to_string()), error.zh());
        let text = template.fill(&params).map_err(wrong)?;
        let parts = template.length(&params, mainland).map_err(wrong)?.parts;
        Ok(Short { params, text, parts })
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

/// A template that is right, knows its variables, and is short enough whatever they turn out to be.
fn fits(field: &str, text: &str, max: usize) -> Result<(), Refusal> {
    let longest = longest_within(field, text, max)?;
    if let Some(name) = variables(text).into_iter().find(|name| !KNOWN.contains(&name.as_str())) {
        tracing::debug!(name, "a variable that nobody knows without staff");
        return Err(refuse::variable(field));
    }
    if longest > max {
        return Err(refuse::content(
            field,
            format!("With its variables filled in this may have {longest} bytes; {max} is the most."),
            format!("变量填满后最长 {longest} 字节，上限 {max} 字节（一个汉字 3 字节）。"),
        ));
    }
    Ok(())
}

impl Direct {
    /// What is known of somebody where a content says a variable.
    pub(crate) fn values(name: &str, brand: &str, zone: &Zone, now: Time) -> Values {
        let greeting = match zone.hour(now) {
            5..11 => "早上好",
            11..13 => "中午好",
            13..18 => "下午好",
            _ => "晚上好",
        };
        Values::default().with("customer.name", name).with("brand.name", brand).with("greeting", greeting)
    }
    /// Errors: as [`Content::check`].
    pub fn check_content(&self, tx: &mut Tx<'_>, content: &Content, class: Class) -> Result<(), Refusal> {
        content.check(tx, &*self.parts().carriers, class)
    }
    /// As this person would get it, or, without one, with samples. Errors: those of saving it.
    pub fn preview(
        &self,
        tx: &mut Tx<'_>,
        content: &Content,
        class: Class,
        person: Option<PersonNum>,
    ) -> Result<Shown, Refusal> {
        let parts = self.parts();
        content.check(tx, &*parts.carriers, class)?;
        let values = match person {
            None => Values::samples(),
            Some(num) => {
                let (brand, zone) = parts.beside.brand(tx)?;
                let name = parts.people.profile(tx, num)?.name().unwrap_or_default();
                Self::values(&name, &brand, &zone, self.now())
            }
        };
        Ok(match content {
            Content::Mail(own) => {
                let leave = match (class, person) {
                    (Class::Marketing, Some(num)) => parts.carriers.unsubscribe(tx, Channel::Email, num)?,
                    _ => None,
                };
                Shown::Mail(own.letter(&values, leave.as_deref())?)
            }
            Content::Sms(own) => {
                let template = parts.carriers.template(tx, &own.template)?;
                Shown::Sms(own.short(&template, &values, true)?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siyu_sms::Provider;

    fn mail(subject: &str, text: &str, html: &str) -> MailContent {
        MailContent { subject: subject.into(), text: text.into(), html: html.into() }
    }
    fn template(class: siyu_sms::Class) -> Template {
        Template {
            code: "SMS_1".into(),
            sign: "四语".into(),
            text: "${name}您好，秋季新品到店，拒收请回复R".into(),
            class,
            provider: Provider::Aliyun,
        }
    }
    fn sms(name: &str) -> SmsContent {
        SmsContent { template: "t".into(), params: BTreeMap::from([("name".into(), name.into())]) }
    }

    #[test]
    fn a_mail_is_checked_before_it_is_saved() {
        let hello = "{{ customer.name or \"朋友\" }}，{{ greeting }}";
        mail(hello, hello, "").check().unwrap();
        mail("Hi", "", "<style>p{color:red}</style><p>{{ brand.name }}</p>").check().unwrap();
        for (wrong, code, field) in [
            (mail(" ", "x", ""), "direct_content", "mail.subject"),
            (mail("a\nb", "x", ""), "direct_content", "mail.subject"),
            (mail(&"题".repeat(267), "x", ""), "content_template", "mail.subject"),
            (mail(&("题".repeat(250) + "{{ customer.name }}"), "x", ""), "direct_content", "mail.subject"),
            (mail("x", " ", ""), "direct_content", "mail.text"),
            (mail("x", "{{ staff.name }}", ""), "direct_variable", "mail.text"),
            (mail("x", "{{ customer.nmae }}", ""), "content_variable", "mail.text"),
            (mail("x", "", "{% for a in b %}"), "content_template", "mail.html"),
        ] {
            let refusal = wrong.check().expect_err(field);
            assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some(field)), "{}", refusal.en);
        }
    }

    #[test]
    fn names_do_not_become_html() {
        let content = mail("给{{ customer.name }}", "{{ customer.name }}", "<body><b>{{ customer.name }}</b></body>");
        let values = Values::default().with("customer.name", "<i>\"A&B\"</i>");
        let letter = content.letter(&values, Some("https://a.example/u?x=1&y=2")).unwrap();
        assert_eq!(letter.subject, "给<i>\"A&B\"</i>");
        assert!(
            letter.text.starts_with("<i>\"A&B\"</i>\n\n--\n") && letter.text.contains("https://a.example/u?x=1&y=2")
        );
        assert!(letter.html.starts_with("<body><b>&lt;i&gt;&quot;A&amp;B&quot;&lt;/i&gt;</b><p"), "{}", letter.html);
        assert!(letter.html.ends_with("</p></body>") && letter.html.contains("u?x=1&amp;y=2"));
    }

    #[test]
    fn an_sms_has_a_fallback_and_its_parts() {
        let marketing = template(siyu_sms::Class::Marketing);
        let own = sms("{{ customer.name or \"会员\" }}");
        own.check(&marketing, Class::Marketing).unwrap();
        own.check(&template(siyu_sms::Class::Notice), Class::Service).unwrap();
        for (wrong, template, field) in [
            (sms("{{ customer.name }}"), &marketing, "sms.params.name"),
            (sms("看 https://a.example"), &marketing, "sms.params"),
            (SmsContent { params: BTreeMap::new(), ..own.clone() }, &marketing, "sms.params"),
            (own.clone(), &template(siyu_sms::Class::Notice), "sms.template"),
        ] {
            let refusal = wrong.check(template, Class::Marketing).expect_err(field);
            assert_eq!((refusal.code, refusal.field.as_deref()), ("direct_content", Some(field)), "{}", refusal.en);
        }
        let short = |name: &str| own.short(&marketing, &Values::default().with("customer.name", name), true).unwrap();
        assert_eq!(short("小满").text, "【四语】小满您好，秋季新品到店，拒收请回复R");
        assert_eq!(short("小满").parts, 1);
        // What the provider would refuse is said by the fallback.
        assert_eq!(short("www.a.example").params, vec![("name".to_owned(), "会员".to_owned())]);
    }
}
