//! A test send: a content as a customer would read it, sent to members of staff as messages of the app. Never to a customer, and no run of the gate.
//!
//! An app's message is not a mass message: a mini-program is told in words, and each attachment is a message of its own.

use crate::content::{Composed, Content};
use crate::{MaterialShowIn, Reach, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Attachment, Error, Media, News, NewsArticle, Retry, StaffMessage, StaffVideo};

/// A content to be looked at by some members.
#[derive(Clone, Debug)]
pub struct RehearsalIn {
    pub content: Content,
    /// Whose reading it is.
    pub show: MaterialShowIn,
    /// Userids of members of staff.
    pub receivers: Vec<String>,
    /// What it is called, in the first line.
    pub name: String,
    /// The customer's name, for the first line; empty: a sample.
    pub customer: String,
    /// The id of whoever asks for it.
    pub maker: String,
}

/// Checked, counted and filled in: what is left is to send it.
#[derive(Debug)]
pub struct Rehearsal {
    receivers: Vec<String>,
    messages: Vec<(RehearsedPart, Option<StaffMessage>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RehearsedPart {
    /// `text`, `image`, `link`, `miniprogram`, `video` or `file`.
    pub kind: &'static str,
    /// `sent`; `told` in words, as the app cannot show it; `left_out`; `failed`; `unknown`: WeCom's answer was lost.
    pub state: &'static str,
    /// Why it was left out, or what WeCom said.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    pub parts: Vec<RehearsedPart>,
    /// Members whom WeCom does not know, or who may not use the app.
    pub unreached: Vec<String>,
}

const RECEIVERS_MAX: usize = 5;
/// In an hour: of whoever asks, and to each receiver. WeCom drops what is too much without a word.
const HOURLY_BY: i64 = 20;
const HOURLY_TO: i64 = 10;
/// An app's text is cut at 2,048 bytes.
const TEXT_BYTES: usize = 2_000;

impl Reach {
    /// Errors: those of contents, `rehearsal_receivers`, `rehearsal_limit`.
    pub fn rehearse(&self, tx: &mut Tx<'_>, input: &RehearsalIn, now: Time) -> Result<Rehearsal, Refusal> {
        self.check_files(tx, &input.content, "content")?;
        let shown = self.show_content(tx, &input.content, &input.show, now)?;
        let receivers = self.receivers(tx, &input.receivers)?;
        self.count_rehearsal(tx, &input.maker, &receivers, now)?;
        let customer = if input.customer.is_empty() { "示例客户" } else { &input.customer };
        let first = format!("【测试发送，未发给客户】{}\n以下为「{customer}」看到的内容", input.name.trim());
        Ok(Rehearsal { receivers, messages: messages(&first, &input.content, &shown.composed) })
    }
    /// As WeCom spells them, each once. Only members of staff who are there.
    fn receivers(&self, tx: &mut Tx<'_>, given: &[String]) -> Result<Vec<String>, Refusal> {
        let mut keys: Vec<String> = given.iter().map(|userid| userid.trim().to_lowercase()).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() || keys.len() > RECEIVERS_MAX {
            return Err(refuse::rehearsal_receivers(RECEIVERS_MAX));
        }
        let sql = format!("SELECT userid FROM wecom_staff WHERE gone_at IS NULL AND {} ORDER BY key", tx.any("key", 1));
        let found = tx.query(&sql, params![&keys], |row| row.text(0))?;
        if found.len() < keys.len() {
            return Err(refuse::rehearsal_receivers(RECEIVERS_MAX));
        }
        Ok(found)
    }
    fn count_rehearsal(&self, tx: &mut Tx<'_>, maker: &str, receivers: &[String], now: Time) -> Result<(), Refusal> {
        let hour = now.plus_seconds(-3_600);
        let times = "SELECT COUNT(DISTINCT at) FROM message_trial WHERE at > $1 AND maker = $2";
        let mut full = tx.one(times, params![hour, maker], |row| row.int(0))? >= HOURLY_BY;
        for receiver in receivers {
            let to = "SELECT COUNT(*) FROM message_trial WHERE at > $1 AND receiver = $2";
            full |= tx.one(to, params![hour, receiver], |row| row.int(0))? >= HOURLY_TO;
        }
        if full {
            return Err(refuse::rehearsal_limit());
        }
        tx.execute("DELETE FROM message_trial WHERE at < $1", params![now.plus_days(-1)])?;
        for receiver in receivers {
            let sql = "INSERT INTO message_trial (maker, receiver, at) VALUES ($1, $2, $3)";
            tx.execute(sql, params![maker, receiver, now])?;
        }
        Ok(())
    }

    /// Sends it, outside of any unit. What fails is told part by part; after a text that could not be sent nothing else is tried.
    ///
    /// Errors: those of a connection.
    pub fn send_rehearsal(&self, own: Rehearsal) -> Result<Rehearsed, Refusal> {
        let client = self.parts().contacts.client()?;
        let mut done = Rehearsed { parts: Vec::new(), unreached: Vec::new() };
        let mut broken: Option<&'static str> = None;
        for (mut part, message) in own.messages {
            if let Some(message) = message {
                let to = StaffMessage { touser: Some(own.receivers.join("|")), ..message };
                let sent = match broken {
                    Some(why) => Err(("failed", why)),
                    None => client.send_to_staff(&to).map_err(|error| said_by(&error)),
                };
                match sent {
                    Ok(sent) => {
                        let unknown = |own: &&String| sent.invalid_users().any(|user| user.eq_ignore_ascii_case(own));
                        done.unreached = own.receivers.iter().filter(unknown).cloned().collect();
                    }
                    Err((state, why)) => {
                        (part.state, part.reason) = (state, why.to_owned());
                        broken = broken.or((part.kind == "text").then_some(why));
                    }
                }
            }
            done.parts.push(part);
        }
        Ok(done)
    }
}

fn said_by(error: &Error) -> (&'static str, &'static str) {
    tracing::warn!(call = error.call, code = error.name(), detail = %error.detail, "a test send was not sent");
    (if error.retry == Retry::LookFirst { "unknown" } else { "failed" }, error.name())
}

/// The first line and the text, then each attachment.
fn messages(first: &str, content: &Content, composed: &Composed) -> Vec<(RehearsedPart, Option<StaffMessage>)> {
    let part = |kind, state, reason: &str| RehearsedPart { kind, state, reason: reason.to_owned() };
    let text = composed.text.as_ref().map_or("", |own| own.content.as_str());
    let mut all: Vec<(RehearsedPart, Option<StaffMessage>)> = pieces(&format!("{first}\n\n{text}"))
        .into_iter()
        .map(|some| (part("text", "sent", ""), Some(StaffMessage::text(&[], some))))
        .collect();
    let of = |msgtype: &str| StaffMessage { msgtype: msgtype.to_owned(), ..StaffMessage::default() };
    let media = |id: &str| Media { media_id: id.to_owned() };
    for own in &composed.attachments {
        all.push(match own {
            Attachment { image: Some(image), .. } => (
                part("image", "sent", ""),
                Some(StaffMessage { image: image.media_id.as_deref().map(media), ..of("image") }),
            ),
            Attachment { file: Some(file), .. } => {
                (part("file", "sent", ""), Some(StaffMessage { file: Some(media(&file.media_id)), ..of("file") }))
            }
            Attachment { video: Some(video), .. } => {
                let video = StaffVideo { media_id: video.media_id.clone(), ..StaffVideo::default() };
                (part("video", "sent", ""), Some(StaffMessage { video: Some(video), ..of("video") }))
            }
            Attachment { link: Some(link), .. } => {
                let article = NewsArticle {
                    title: link.title.clone(),
                    description: link.desc.clone(),
                    url: Some(link.url.clone()),
                    picurl: link.picurl.clone(),
                    ..NewsArticle::default()
                };
                let news = Some(News { articles: vec![article] });
                (part("link", "sent", ""), Some(StaffMessage { news, ..of("news") }))
            }
            Attachment { miniprogram: Some(page), .. } => {
                let said = format!("【小程序，测试发送不能显示卡片】{}\n{} {}", page.title, page.appid, page.page);
                (part("miniprogram", "told", "app_cannot_show"), Some(StaffMessage::text(&[], said)))
            }
            _ => (part("file", "left_out", "app_cannot_show"), None),
        });
    }
    for missing in &composed.missing {
        let kind = content.attachments.iter().find_map(|own| own.file().filter(|(file, _)| file == missing));
        let kind = match kind.map(|(_, kind)| kind) {
            Some(crate::content::Kind::Image) => "image",
            Some(crate::content::Kind::Video) => "video",
            _ => "file",
        };
        all.push((part(kind, "left_out", "files_not_ready"), None));
    }
    all
}

/// As many texts as it takes, each short enough, cut between characters.
fn pieces(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for letter in text.trim().chars() {
        let full = all.last().is_some_and(|own| own.len() + letter.len_utf8() > TEXT_BYTES);
        if full {
            all.push(String::new());
        }
        if let Some(last) = all.last_mut() {
            last.push(letter);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use siyu_wecom::{Link, Miniprogram, Text};

    #[test]
    fn long_texts_are_several() {
        let all = pieces(&"好".repeat(1_500));
        assert_eq!(all.iter().map(|own| own.chars().count()).collect::<Vec<_>>(), [666, 666, 168]);
        assert_eq!(pieces("a"), ["a"]);
    }

    #[test]
    fn what_an_app_cannot_show_is_said() {
        let composed = Composed {
            text: Some(Text::new("你好")),
            attachments: vec![
                Attachment::image("M1"),
                Attachment::link(Link { title: "新品".into(), url: "https://a.example".into(), ..Link::default() }),
                Attachment::miniprogram(Miniprogram {
                    title: "会员".into(),
                    pic_media_id: "M2".into(),
                    appid: "wx0123456789abcdef".into(),
                    page: "pages/a".into(),
                }),
                Attachment::video("M3"),
                Attachment::file("M4"),
            ],
            missing: vec!["f9".into()],
        };
        let content =
            Content { text: String::new(), attachments: vec![crate::content::Piece::Video { file: "f9".into() }] };
        let all = messages("【测试】", &content, &composed);
        let said: Vec<_> = all.iter().map(|(part, own)| (part.kind, part.state, own.is_some())).collect();
        assert_eq!(
            said,
            [
                ("text", "sent", true),
                ("image", "sent", true),
                ("link", "sent", true),
                ("miniprogram", "told", true),
                ("video", "sent", true),
                ("file", "sent", true),
                ("video", "left_out", false),
            ]
        );
        assert_eq!(all[6].0.reason, "files_not_ready");
        assert_eq!(all[1].1.as_ref().unwrap().image.as_ref().unwrap().media_id, "M1");
        assert!(all[0].1.as_ref().unwrap().text.as_ref().unwrap().content.ends_with("你好"));
    }
}
