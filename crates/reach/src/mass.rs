//! Tasks at WeCom whose making had no known outcome: whether they are there after all.

use siyu_kernel::Time;
use siyu_wecom::{Client, MassMessage, MassQuery, Result, Text};
use std::collections::{BTreeMap, BTreeSet};

/// Of a task `t`: it is to be made, looked for or told something at WeCom, and not only read. As the indices for it say.
pub(crate) const DEED: &str = "t.finished = 0 AND (t.state IN (0, 1, 6) OR t.wish <> 0)";

/// After an unknown outcome WeCom's own list is looked at: so long until it shows what was made.
pub(crate) const LOOK_SECONDS: i64 = 60;
/// Looked for in one pass: each record is read once for all of them.
pub(crate) const LOOKED_AT_ONCE: i64 = 500;
/// Clocks differ.
const SLACK_SECONDS: i64 = 60;

/// A task that WeCom may have.
pub(crate) struct Wanted {
    pub id: i64,
    pub begun: Time,
    pub message: MassMessage,
}

impl Wanted {
    fn targets(&self) -> &[String] {
        self.message.external_userid.as_deref().or(self.message.chat_id_list.as_deref()).unwrap_or_default()
    }
    fn is_from(&self, userid: &str) -> bool {
        self.message.sender.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(userid))
    }
}

fn words(text: &Option<Text>) -> &str {
    text.as_ref().map_or("", |own| own.content.as_str())
}

/// When the first of them was begun, as WeCom's clock may show it.
pub(crate) fn since(wanted: &[Wanted]) -> Option<Time> {
    wanted.iter().map(|own| own.begun.plus_seconds(-SLACK_SECONDS)).min()
}

/// The message ids of those that are there, by task: made since it was begun, with its words, by its sender, for some of its receivers, each for one
/// task. `known`: ids that belong to other tasks of ours.
pub(crate) fn look(
    client: &Client,
    wanted: &[Wanted],
    known: &BTreeSet<String>,
    now: Time,
) -> Result<BTreeMap<i64, String>> {
    let (Some(first), Some(since)) = (wanted.first(), since(wanted)) else { return Ok(BTreeMap::new()) };
    let query = MassQuery {
        chat_type: first.message.chat_type.clone(),
        start_time: since.0 / 1_000_000,
        end_time: now.0 / 1_000_000 + 1,
        filter_type: Some(0),
        ..MassQuery::default()
    };
    let mut found = BTreeMap::new();
    for record in client.mass_messages(&query).items() {
        let record = record?;
        let made = Time(record.create_time.saturating_mul(1_000_000));
        let fits = |own: &&Wanted| {
            words(&own.message.text) == words(&record.text) && made >= own.begun.plus_seconds(-SLACK_SECONDS)
        };
        if known.contains(&record.msgid) || !wanted.iter().any(|own| fits(&own)) {
            continue;
        }
        for task in client.mass_tasks(&record.msgid).all()? {
            let fit = |own: &&Wanted| fits(own) && own.is_from(&task.userid) && !found.contains_key(&own.id);
            if !wanted.iter().any(|own| fit(&own)) {
                continue;
            }
            let results = client.mass_results(&record.msgid, &task.userid).all()?;
            let there: BTreeSet<&str> =
                results.iter().filter_map(|own| own.external_userid.as_deref().or(own.chat_id.as_deref())).collect();
            // Another message may have the same words: that it has none of the receivers tells. That it lacks some, or has others, does not:
            // WeCom leaves out whom it cannot reach, and somebody may have been erased here since.
            let shared = |own: &Wanted| match there.len() {
                0 => 1,
                _ => own.targets().iter().filter(|id| there.contains(id.as_str())).count(),
            };
            let best = wanted.iter().filter(fit).max_by_key(|own| (shared(own), std::cmp::Reverse(own.id)));
            if let Some(own) = best.filter(|own| shared(own) > 0) {
                found.insert(own.id, record.msgid.clone());
            }
        }
    }
    Ok(found)
}
