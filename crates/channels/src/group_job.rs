//! The work beside: WeCom's codes of groups follow how full the groups are.

use crate::Channels;
use crate::group::{GroupCodeRow, GroupWayRow, open_rooms};
use crate::told::note;
use serde::{Deserialize, Serialize};
use siyu_contacts::Ran;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::{Client, Error, JoinWay, Retry};

const GONE: i64 = 41044;
/// How often it is looked how full the groups are, at least.
const LOOK_SECONDS: i64 = 20;
/// How often it is asked which groups WeCom has opened by itself.
const AUTO_SECONDS: i64 = 600;

/// A way as WeCom is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Led {
    pub chats: Vec<String>,
    pub auto_create: bool,
    pub base_name: String,
    pub remark: String,
}

impl Led {
    fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
    fn body(&self, way: &GroupWayRow, base_id: i64) -> JoinWay {
        JoinWay {
            config_id: way.config_id.clone(),
            scene: 2,
            remark: Some(self.remark.clone()),
            auto_create_room: Some(i64::from(self.auto_create)),
            room_base_name: Some(self.base_name.clone()).filter(|name| !name.is_empty()),
            room_base_id: self.auto_create.then_some(base_id),
            chat_id_list: self.chats.clone(),
            state: Some(way.wecom_state.clone()),
            ..JoinWay::default()
        }
    }
}

impl Channels {
    pub(crate) fn step_groups(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let codes = self.inner.db.read(|tx| {
            if tx
                .opt("SELECT 1 FROM channel_group_way WHERE state <> 'closed' LIMIT 1", &[], |row| row.int(0))?
                .is_none()
            {
                return Ok(Vec::new());
            }
            self.followed(tx)
        })?;
        if codes.is_empty() {
            return Ok(Ran::Waits(now.plus_seconds(LOOK_SECONDS)));
        }
        let (mut went, mut next) = (false, now.plus_seconds(LOOK_SECONDS));
        for code in &codes {
            for way in &code.ways {
                if way.due_at > now {
                    next = next.min(way.due_at);
                } else if self.follow(code, way)? {
                    went = true;
                }
            }
        }
        Ok(if went { Ran::Went } else { Ran::Waits(next) })
    }

    /// Answers whether WeCom was told something.
    fn follow(&self, code: &GroupCodeRow, way: &GroupWayRow) -> Result<bool, Refusal> {
        let own = (code.id.as_str(), way.variant.as_str());
        match way.state.as_str() {
            "dead" | "closed" => return Ok(false),
            "closing" => {
                let client = self.inner.contacts.client()?;
                let config = way.config_id.as_deref().unwrap_or_default();
                match client.delete_join_way(config) {
                    Ok(()) => self.group_closed(own, config)?,
                    Err(error) if error.code() == Some(GONE) => self.group_closed(own, config)?,
                    Err(error) => self.group_refused(own, "closing", &error)?,
                }
                return Ok(true);
            }
            _ => {}
        }
        let (chats, room) = open_rooms(&way.rooms, code.full_at, code.auto_create);
        let led =
            Led { chats, auto_create: code.auto_create, base_name: way.base_name.clone(), remark: code.name.clone() };
        if room != way.room {
            self.group_room(own, room)?;
        }
        // WeCom opens groups without a word: while it does, it is looked which.
        let looks = room == "auto" && way.told_at.is_none_or(|at| at.plus_seconds(AUTO_SECONDS) <= self.now());
        if led.chats.is_empty() || (way.state == "good" && led.text() == way.told && way.qr.address.is_some() && !looks)
        {
            return Ok(false);
        }
        let client = self.inner.contacts.client()?;
        match &way.config_id {
            None => self.group_make(&client, own, way, &led)?,
            Some(config) => self.group_tell(&client, own, way, config, led)?,
        }
        Ok(true)
    }

    /// An answer that was lost may leave a code at WeCom that nobody knows of: WeCom lists no codes of groups, and such a one leads nowhere printed.
    fn group_make(&self, client: &Client, own: (&str, &str), way: &GroupWayRow, led: &Led) -> Result<(), Refusal> {
        let body = led.body(way, way.base_id);
        match client.add_join_way(&body) {
            Ok(config) => {
                let qr = client.join_way(&config).ok().and_then(|made| made.qr_code);
                let sent = JoinWay { config_id: Some(config.clone()), ..body };
                self.group_told(own, "group_made", led, &sent, (&config, qr), way.base_id, &[])
            }
            Err(error) => self.group_refused(own, "new", &error),
        }
    }

    /// Groups that WeCom has opened meanwhile are taken over first: telling replaces the whole list.
    fn group_tell(
        &self,
        client: &Client,
        own: (&str, &str),
        way: &GroupWayRow,
        config: &str,
        mut led: Led,
    ) -> Result<(), Refusal> {
        let shown = match client.join_way(config) {
            Ok(shown) => shown,
            Err(error) if error.code() == Some(GONE) => return self.group_dead(own),
            Err(error) => return self.group_refused(own, "failed", &error),
        };
        let known = |chat: &String| way.rooms.iter().any(|room| room.chat == *chat);
        let opened: Vec<String> = shown.chat_id_list.iter().filter(|chat| !known(chat)).cloned().collect();
        if !opened.is_empty() && led.auto_create {
            led.chats = opened
                .iter()
                .cloned()
                .chain(
                    led.chats
                        .iter()
                        .filter(|chat| {
                            !way.rooms.iter().any(|room| room.chat == **chat && room.members >= crate::group::DOOR_MAX)
                        })
                        .cloned(),
                )
                .take(5)
                .collect();
        }
        let base_id = shown.room_base_id.unwrap_or(way.base_id).max(way.base_id);
        let body = led.body(way, base_id);
        match client.update_join_way(&body) {
            Ok(()) => self.group_told(own, "group_changed", &led, &body, (config, shown.qr_code), base_id, &opened),
            Err(error) if error.code() == Some(GONE) => self.group_dead(own),
            Err(error) => self.group_refused(own, "failed", &error),
        }
    }

    fn group_act(
        &self,
        (code, variant): (&str, &str),
        mut work: impl FnMut(&mut Tx<'_>, (&str, &str), Time) -> Result<(), Refusal> + Send + 'static,
    ) -> Result<(), Refusal> {
        let (code, variant, now) = (code.to_owned(), variant.to_owned(), self.now());
        self.inner.db.transact(move |tx| work(tx, (&code, &variant), now))
    }
    fn group_room(&self, own: (&str, &str), room: &'static str) -> Result<(), Refusal> {
        self.group_act(own, move |tx, (code, variant), _| {
            let sql = "UPDATE channel_group_way SET room = $3 WHERE code = $1 AND variant = $2";
            tx.execute(sql, params![code, variant, room]).map(drop).map_err(Refusal::from)
        })
    }
    #[allow(clippy::too_many_arguments, reason = "the columns of one row")]
    fn group_told(
        &self,
        own: (&str, &str),
        what: &'static str,
        led: &Led,
        body: &JoinWay,
        (config, qr): (&str, Option<String>),
        base_id: i64,
        opened: &[String],
    ) -> Result<(), Refusal> {
        metrics::counter!("siyu_channel_codes_told_total", "what" => what).increment(1);
        let (told, body) = (led.text(), serde_json::to_string(body).map_err(Refusal::internal)?);
        let (config, opened) = (config.to_owned(), opened.to_vec());
        self.group_act(own, move |tx, (code, variant), now| {
            let chats = tx.one("SELECT chats FROM channel_group_way WHERE code = $1 AND variant = $2", params![code, variant], |row| row.text(0))?;
            let mut chats: Vec<String> = serde_json::from_str(&chats).unwrap_or_default();
            chats.extend(opened.iter().filter(|chat| !chats.contains(chat)).cloned().collect::<Vec<_>>());
            let chats = serde_json::to_string(&chats).map_err(Refusal::internal)?;
            tx.execute(
                "UPDATE channel_group_way SET state = 'good', config_id = $3, qr_code = COALESCE($4, qr_code), qr_text = CASE WHEN COALESCE($4, qr_code) = qr_code THEN qr_text END, told = $5, base_id = $6, chats = $7, error = NULL, tries = 0, told_at = $8, due_at = $8
                 WHERE code = $1 AND variant = $2",
                params![code, variant, &config, &qr, &told, base_id, &chats, now],
            )?;
            note(tx, (code, variant), what, "", &body, now)
        })
    }
    fn group_closed(&self, own: (&str, &str), config: &str) -> Result<(), Refusal> {
        let body = serde_json::json!({ "config_id": config }).to_string();
        self.group_act(own, move |tx, (code, variant), now| {
            tx.execute("UPDATE channel_group_way SET state = 'closed', error = NULL, told_at = $3 WHERE code = $1 AND variant = $2", params![code, variant, now])?;
            note(tx, (code, variant), "group_closed", "", &body, now)
        })
    }
    fn group_dead(&self, own: (&str, &str)) -> Result<(), Refusal> {
        self.group_act(own, |tx, (code, variant), now| {
            let sql = "UPDATE channel_group_way SET state = 'dead', error = 'config_id_invalid', told = '' WHERE code = $1 AND variant = $2";
            tx.execute(sql, params![code, variant])?;
            note(tx, (code, variant), "dead", "", "{}", now)
        })
    }
    fn group_refused(&self, own: (&str, &str), state: &'static str, error: &Error) -> Result<(), Refusal> {
        tracing::warn!(code = own.0, variant = own.1, call = error.call, error = error.name(), detail = %error.detail, "a group code could not be told to WeCom");
        metrics::counter!("siyu_channel_codes_failed_total").increment(1);
        let (name, retry, hand) = (error.name(), error.retry, error.needs_a_hand());
        self.group_act(own, move |tx, (code, variant), now| {
            let tries = "SELECT tries FROM channel_group_way WHERE code = $1 AND variant = $2";
            let tries = tx.opt(tries, params![code, variant], |row| row.int(0))?.unwrap_or(0);
            let due = match retry {
                Retry::At(at) => at.max(now.plus_seconds(1)),
                _ if hand => now.plus_seconds(60),
                _ => now.plus_seconds(2 << tries.clamp(0, 10)),
            };
            tx.execute(
                "UPDATE channel_group_way SET state = $3, error = $4, tries = tries + 1, due_at = $5 WHERE code = $1 AND variant = $2",
                params![code, variant, state, name, due],
            )
            .map(drop)
            .map_err(Refusal::from)
        })
    }
}
