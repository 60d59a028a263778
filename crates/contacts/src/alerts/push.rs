//! Messages to staff: one at a time to each, with everything that has gathered.

use super::{AlertSettings, Home};
use crate::{Contacts, Ran};
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Error, Retry, StaffMessage};

/// What one message tells.
struct Batch {
    receiver: String,
    number: i64,
    tries: i64,
    lines: Vec<Told>,
}

struct Told {
    name: String,
    staff: String,
    own: bool,
    by: String,
    days: i64,
    at: Time,
}

const ALERTS_MAX: i64 = 200;
const LINES_MAX: usize = 8;
/// WeCom cuts a text at 2,048 bytes.
const BYTES_MAX: usize = 1_800;
/// The longest WeCom remembers a message: repeating one within it reaches nobody twice.
const REMEMBERED_SECONDS: i64 = 14_400;
const TRIES_MAX: i64 = 12;

impl Contacts {
    /// Pushes what is due to one receiver. The caller holds the lease.
    pub fn work_alerts(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let Some(batch) = self.claim_alerts(now)? else {
            let next = "SELECT MIN(due_at) FROM wecom_alert_push WHERE state IN ('waiting', 'sending')";
            let next = self.inner.db.read(|tx| Ok(tx.one(next, &[], |row| row.opt_time(0))?))?;
            return Ok(next.map_or(Ran::Nothing, |at| Ran::Waits(at.max(now.plus_seconds(1)))));
        };
        let line = self.line()?;
        let (settings, home, userid) = self.inner.db.read(|tx| {
            let place = crate::rows::places(tx, std::slice::from_ref(&batch.receiver))?.remove(&batch.receiver);
            Ok((self.alert_settings(tx)?, self.inner.around.home(tx)?, place.unwrap_or_default().userid))
        })?;
        let text = text_of(&batch, &settings, &home);
        let message = StaffMessage::text(&[&userid], text).once_in(REMEMBERED_SECONDS);
        match line.app.send_to_staff(&message) {
            Ok(sent) => {
                let known = !sent.invalid_users().any(|own| own.eq_ignore_ascii_case(&userid));
                self.end_batch(&batch, if known { None } else { Some("not_reachable") })?;
            }
            Err(error) => self.not_pushed(&batch, &error, now)?,
        }
        Ok(Ran::Went)
    }

    /// Marks everything of the receiver who is due first; a message that was marked before goes first, as it was.
    fn claim_alerts(&self, now: Time) -> Result<Option<Batch>, Refusal> {
        let contacts = self.clone();
        let due = "SELECT 1 FROM wecom_alert_push WHERE state IN ('waiting', 'sending') AND due_at <= $1 LIMIT 1";
        if self.inner.db.read(|tx| Ok(tx.opt(due, params![now], |row| row.int(0))?))?.is_none() {
            return Ok(None);
        }
        self.inner.db.transact(move |tx| {
            let begun = "SELECT receiver, batch, MAX(tries) FROM wecom_alert_push WHERE state = 'sending' AND due_at <= $1 GROUP BY receiver, batch ORDER BY batch LIMIT 1";
            let begun = tx.opt(begun, params![now], |row| Ok((row.text(0)?, row.int(1)?, row.int(2)?)))?;
            let (receiver, number, tries) = match begun {
                Some(begun) => begun,
                None => {
                    let first = "SELECT receiver FROM wecom_alert_push WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, receiver LIMIT 1";
                    let Some(receiver) = tx.opt(first, params![now], |row| row.text(0))? else { return Ok(None) };
                    let (settings, home) = (contacts.alert_settings(tx)?, contacts.inner.around.home(tx)?);
                    let awake = settings.awake(now, &home.zone);
                    if awake > now {
                        // The quiet hours were changed meanwhile.
                        tx.execute("UPDATE wecom_alert_push SET due_at = $1 WHERE state = 'waiting' AND due_at < $1", params![awake])?;
                        return Ok(None);
                    }
                    let number = tx.one("SELECT COALESCE(MAX(batch), 0) + 1 FROM wecom_alert_push", &[], |row| row.int(0))?;
                    tx.execute(
                        "UPDATE wecom_alert_push SET state = 'sending', batch = $1 WHERE receiver = $2 AND state = 'waiting' AND alert IN
                           (SELECT alert FROM wecom_alert_push WHERE receiver = $2 AND state = 'waiting' AND due_at <= $3 ORDER BY alert LIMIT $4)",
                        params![number, &receiver, now, ALERTS_MAX],
                    )?;
                    (receiver, number, 0)
                }
            };
            let lines = lines(tx, &receiver, number)?;
            Ok(Some(Batch { receiver, number, tries, lines }))
        })
    }

    fn end_batch(&self, batch: &Batch, error: Option<&'static str>) -> Result<(), Refusal> {
        let (receiver, number, now) = (batch.receiver.clone(), batch.number, self.now());
        self.inner.db.transact(move |tx| {
            let state = if error.is_some() { "failed" } else { "sent" };
            let sent = error.is_none().then_some(now);
            tx.execute(
                "UPDATE wecom_alert_push SET state = $3, sent_at = $4, error = $5 WHERE receiver = $1 AND batch = $2 AND state = 'sending'",
                params![&receiver, number, state, sent, error],
            )?;
            Ok(())
        })
    }

    fn not_pushed(&self, batch: &Batch, error: &Error, now: Time) -> Result<(), Refusal> {
        let (name, hand) = (error.name(), error.needs_a_hand());
        let passes = error.is_retryable() || error.retry == Retry::LookFirst;
        tracing::warn!(call = error.call, code = name, detail = %error.detail, "an alert could not be pushed");
        if !hand && (!passes || batch.tries >= TRIES_MAX) {
            return self.end_batch(batch, Some(name));
        }
        let due = match error.retry {
            Retry::At(at) => at.max(now.plus_seconds(1)),
            _ if hand => now.plus_seconds(60),
            _ => now.plus_seconds(1 << batch.tries.clamp(1, 10)),
        };
        let (contacts, receiver, number) = (self.clone(), batch.receiver.clone(), batch.number);
        self.inner.db.transact(move |tx| {
            if hand {
                contacts.note_trouble(tx, Some(name), now)?;
            }
            tx.execute(
                "UPDATE wecom_alert_push SET due_at = $3, tries = tries + 1, error = $4 WHERE receiver = $1 AND batch = $2 AND state = 'sending'",
                params![&receiver, number, due, name],
            )?;
            Ok(())
        })
    }
}

fn lines(tx: &mut Tx<'_>, receiver: &str, number: i64) -> Result<Vec<Told>, DbError> {
    tx.query(
        "SELECT COALESCE(c.name, ''), COALESCE(NULLIF(s.name, ''), a.staff), a.staff, a.lost_by, a.days, a.at FROM wecom_alert_push p JOIN wecom_alert a ON a.id = p.alert
         LEFT JOIN wecom_contact c ON c.id = a.contact LEFT JOIN wecom_staff s ON s.key = a.staff WHERE p.receiver = $1 AND p.batch = $2 ORDER BY a.id",
        params![receiver, number],
        |row| {
            Ok(Told {
                name: row.text(0)?,
                staff: row.text(1)?,
                own: row.text(2)? == receiver,
                by: row.text(3)?,
                days: row.int(4)?,
                at: row.time(5)?,
            })
        },
    )
}

fn text_of(batch: &Batch, settings: &AlertSettings, home: &Home) -> String {
    let count = batch.lines.len();
    // With its second, for WeCom drops a message that is word for word one of before: two customers may share a name.
    let last = batch.lines.iter().map(|own| own.at).max().map(|at| home.zone.local(at)).unwrap_or_default();
    let mut text = match home.zh {
        true => format!("【流失提醒】{count} 位客户流失（{last}）"),
        false => format!("Lost customers: {count} ({last})"),
    };
    let mut shown = 0;
    for own in &batch.lines {
        let line = line_of(own, home.zh);
        if shown == LINES_MAX || text.len() + line.len() > BYTES_MAX {
            break;
        }
        text.push_str(&line);
        shown += 1;
    }
    if shown < count {
        text.push_str(&if home.zh {
            format!("\n… 另有 {} 位", count - shown)
        } else {
            format!("\n… and {} more", count - shown)
        });
    }
    if !settings.link.is_empty() {
        let label = if home.zh { "查看流失客户" } else { "Show lost customers" };
        text.push_str(&format!("\n<a href=\"{}/lost\">{label}</a>", settings.link));
    }
    text
}

fn line_of(own: &Told, zh: bool) -> String {
    // A name is a stranger's text: it must not look like a link of ours.
    let plain = |text: &str| text.chars().filter(|c| !"<>&\"".contains(*c)).take(30).collect::<String>();
    let (name, staff) = (plain(&own.name), plain(&own.staff));
    let name = if name.is_empty() { (if zh { "未命名客户" } else { "a customer" }).to_owned() } else { name };
    match (zh, own.own, own.by.as_str()) {
        (true, true, "customer") => format!("\n· {name} 把你删除了（好友 {} 天）", own.days),
        (true, true, _) => format!("\n· {name} 已不是你的好友（好友 {} 天）", own.days),
        (true, false, "customer") => format!("\n· {name} 删除了导购 {staff}（好友 {} 天）", own.days),
        (true, false, "staff") => format!("\n· 导购 {staff} 删除了客户 {name}（好友 {} 天）", own.days),
        (true, false, _) => format!("\n· {name} 已不是导购 {staff} 的好友（好友 {} 天）", own.days),
        (false, true, "customer") => format!("\n· {name} deleted you after {} days", own.days),
        (false, true, _) => format!("\n· {name} is your friend no longer, after {} days", own.days),
        (false, false, "customer") => format!("\n· {name} deleted {staff} after {} days", own.days),
        (false, false, "staff") => format!("\n· {staff} deleted {name} after {} days", own.days),
        (false, false, _) => format!("\n· {name} and {staff} are friends no longer, after {} days", own.days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siyu_kernel::Zone;

    #[test]
    fn many_alerts_are_one_short_text() {
        let told = |n: usize| Told {
            name: format!("<a>客户{n}"),
            staff: "张三".into(),
            own: n.is_multiple_of(2),
            by: ["customer", "staff", "unknown"][n % 3].into(),
            days: n as i64,
            at: Time(0),
        };
        let batch = Batch { receiver: "z".into(), number: 1, tries: 0, lines: (0..200).map(told).collect() };
        let settings = AlertSettings { link: "https://crm.example.com".into(), ..AlertSettings::default() };
        for zh in [true, false] {
            let text = text_of(&batch, &settings, &Home { zone: Zone::shanghai(), zh });
            assert!(text.len() <= 2_048 && text.contains("200") && text.contains("192"), "{text}");
            assert_eq!(text.matches('<').count(), 2, "only our own link: {text}");
        }
    }
}
