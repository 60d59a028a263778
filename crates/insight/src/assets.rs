//! The user asset table: who can be reached on which medium.

use crate::calendar::show_day;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use serde::Serialize;
use siyu_db::{DbError, Tx};
use siyu_kernel::{PersonNum, Stopwatch, Time, Zone};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Media, and the kinds of identifier that make somebody reachable on each.
pub const MEDIA: [(&str, &str); 5] =
    [("wecom", "external_userid"), ("wechat", "openid"), ("phone", "phone"), ("email", "email"), ("app", "device")];

/// Who is reachable, as of one look at the identifiers.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// By place in [`MEDIA`].
    media: [RoaringBitmap; MEDIA.len()],
    /// By the day since when a person is reachable on any medium.
    since: BTreeMap<i32, RoaringBitmap>,
}

#[derive(Serialize)]
pub(crate) struct AssetsOut {
    media: Vec<Medium>,
    /// Each person once.
    total: u64,
    over_time: Vec<Point>,
}

#[derive(Serialize)]
struct Medium {
    medium: &'static str,
    people: u64,
}

#[derive(Serialize)]
struct Point {
    day: String,
    total: u64,
}

impl Reach {
    fn load(tx: &mut Tx<'_>, zone: &Zone) -> Result<Self, DbError> {
        let mut roots: FxHashMap<PersonNum, PersonNum> = FxHashMap::default();
        tx.each("SELECT num, root FROM person WHERE root <> num", &[], |row| {
            roots.insert(row.num(0)?, row.num(1)?);
            Ok(())
        })?;
        let kinds: Vec<String> = MEDIA.iter().map(|(_, kind)| format!("'{kind}'")).collect();
        let sql = format!("SELECT num, kind, first_at FROM identifier WHERE kind IN ({})", kinds.join(", "));
        let mut reach = Self::default();
        let mut first: FxHashMap<PersonNum, i64> = FxHashMap::default();
        tx.each(&sql, &[], |row| {
            let (num, kind, at) = (row.num(0)?, row.text(1)?, row.int(2)?);
            let root = roots.get(&num).copied().unwrap_or(num);
            if let Some(medium) = MEDIA.iter().position(|(_, own)| *own == kind) {
                reach.media[medium].insert(root);
            }
            let since = first.entry(root).or_insert(at);
            *since = at.min(*since);
            Ok(())
        })?;
        for (root, at) in first {
            reach.since.entry(zone.day(Time(at))).or_default().insert(root);
        }
        Ok(reach)
    }
    fn all(&self) -> RoaringBitmap {
        self.media.iter().fold(RoaringBitmap::new(), |all, own| all | own)
    }
    /// `among` `None`: everybody. Days: both included.
    pub fn answer(&self, among: Option<&RoaringBitmap>, days: (i32, i32)) -> AssetsOut {
        let size = |people: &RoaringBitmap| among.map_or(people.len(), |among| among.intersection_len(people));
        let media = MEDIA.iter().zip(&self.media).map(|((medium, _), own)| Medium { medium, people: size(own) });
        let mut total: u64 = self.since.range(..days.0).map(|(_, own)| size(own)).sum();
        let over_time = (days.0..=days.1).map(|day| {
            total += self.since.get(&day).map_or(0, size);
            Point { day: show_day(day), total }
        });
        AssetsOut { media: media.collect(), total: size(&self.all()), over_time: over_time.collect() }
    }
    /// `None`: on any medium. An unknown medium reaches nobody.
    pub fn people(&self, among: Option<&RoaringBitmap>, medium: Option<&str>) -> RoaringBitmap {
        let people = match medium {
            None => self.all(),
            Some(name) => match MEDIA.iter().position(|(own, _)| *own == name) {
                Some(at) => self.media[at].clone(),
                None => RoaringBitmap::new(),
            },
        };
        match among {
            Some(among) => people & among,
            None => people,
        }
    }
}

/// The last look, kept a while: it reads every identifier.
#[derive(Default)]
pub(crate) struct Looked(Mutex<Option<Look>>);

struct Look {
    reach: Arc<Reach>,
    at: Time,
    until: Time,
}

/// A look that took long is kept long: at most a hundredth of the time goes into looking.
const KEEP_TIMES: f64 = 100.0;

impl Looked {
    /// Who is reachable, and as of when.
    pub fn reach(&self, tx: &mut Tx<'_>, zone: &Zone, now: Time) -> Result<(Arc<Reach>, Time), DbError> {
        let mut held = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(look) = &*held
            && (look.at..look.until).contains(&now)
        {
            return Ok((Arc::clone(&look.reach), look.at));
        }
        let watch = Stopwatch::start();
        let reach = Arc::new(Reach::load(tx, zone)?);
        let until = now.plus_seconds((watch.seconds() * KEEP_TIMES) as i64);
        *held = Some(Look { reach: Arc::clone(&reach), at: now, until });
        Ok((reach, now))
    }
}
