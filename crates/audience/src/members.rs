//! Members of stored audiences: a whole set now and then, and what changed since.

use crate::shelf::Roster;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Tx, params};
use std::sync::{Arc, Mutex};

/// Memory that sets of members may take; those not asked for longest go first.
const BYTES_MAX: usize = 256 << 20;

pub(crate) fn stored(set: &RoaringBitmap) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(set.serialized_size());
    set.serialize_into(&mut bytes).expect("writing into memory does not fail");
    bytes
}
pub(crate) fn read(bytes: &[u8]) -> Result<RoaringBitmap, DbError> {
    RoaringBitmap::deserialize_from(bytes).map_err(|error| DbError::Decode(format!("a stored set of people: {error}")))
}

/// The members at the end of a day, as the numbers they had; now, without a day. `None` for a day before the audience was made.
pub(crate) fn on(tx: &mut Tx<'_>, audience: i64, day: Option<i32>) -> Result<Option<RoaringBitmap>, DbError> {
    let day = day.unwrap_or(i32::MAX);
    let Some(base) = base_before(tx, audience, (i64::MAX, day))? else { return Ok(None) };
    Ok(Some(replayed(tx, audience, base, (i64::MAX, day))?.set))
}

/// Members right after a change.
pub(crate) struct At {
    pub set: RoaringBitmap,
    pub no: i64,
    /// The latest day of a change up to here.
    pub day: i32,
}

/// The last base at or before a change and a day.
pub(crate) fn base_before(tx: &mut Tx<'_>, audience: i64, (no, day): (i64, i32)) -> Result<Option<At>, DbError> {
    tx.opt(
        "SELECT no, day, body FROM audience_base WHERE audience = $1 AND no <= $2 AND day <= $3 ORDER BY no DESC LIMIT 1",
        params![audience, no, day],
        |row| Ok(At { no: row.int(0)?, day: row.int(1)? as i32, set: read(&row.blob(2)?)? }),
    )
}
/// With the changes that followed, up to a change and a day.
///
/// Changes of a day that is over are one row; it is right for whatever state of that day it is put on.
pub(crate) fn replayed(tx: &mut Tx<'_>, audience: i64, from: At, (no, day): (i64, i32)) -> Result<At, DbError> {
    let At { mut set, no: mut last, day: mut latest } = from;
    tx.each(
        "SELECT no, day, entered, gone FROM audience_change WHERE audience = $1 AND no > $2 AND no <= $3 AND day <= $4 ORDER BY no",
        params![audience, last, no, day],
        |row| {
            last = row.int(0)?;
            latest = latest.max(row.int(1)? as i32);
            let (entered, gone) = (read(&row.blob(2)?)?, read(&row.blob(3)?)?);
            set -= gone;
            set |= entered;
            Ok(())
        },
    )?;
    Ok(At { set, no: last, day: latest })
}

/// Sets of members in memory, followed by the changes in the database.
#[derive(Default)]
pub(crate) struct Lists {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    kept: FxHashMap<i64, Kept>,
    clock: u64,
}

struct Kept {
    set: Arc<RoaringBitmap>,
    no: i64,
    used: u64,
}

impl Lists {
    /// The members now, as the numbers they were stored with, and the number of their last change; nothing for an audience that is gone.
    pub fn now(&self, tx: &mut Tx<'_>, audience: i64) -> Result<Option<(Arc<RoaringBitmap>, i64)>, DbError> {
        let sql = "SELECT last_no FROM audience WHERE num = $1";
        let Some(last) = tx.opt(sql, params![audience], |row| row.int(0))? else {
            self.lock().kept.remove(&audience);
            return Ok(None);
        };
        let known = {
            let mut inner = self.lock();
            inner.clock += 1;
            let clock = inner.clock;
            inner.kept.get_mut(&audience).map(|kept| {
                kept.used = clock;
                (Arc::clone(&kept.set), kept.no)
            })
        };
        // One that is ahead of this transaction's snapshot will do: it is right for a later moment.
        if let Some((set, no)) = known.filter(|(_, no)| *no >= last) {
            return Ok(Some((set, no)));
        }
        let Some(base) = base_before(tx, audience, (i64::MAX, i32::MAX))? else { return Ok(None) };
        let known = self.lock().kept.get(&audience).map(|kept| (Arc::clone(&kept.set), kept.no));
        let from = match known.filter(|(_, no)| *no >= base.no) {
            Some((set, no)) => At { set: (*set).clone(), no, day: base.day },
            None => base,
        };
        let At { set, no, .. } = replayed(tx, audience, from, (i64::MAX, i32::MAX))?;
        let set = Arc::new(set);
        self.put(audience, Arc::clone(&set), no);
        Ok(Some((set, no)))
    }
    fn put(&self, audience: i64, set: Arc<RoaringBitmap>, no: i64) {
        let mut inner = self.lock();
        inner.clock += 1;
        let used = inner.clock;
        inner.kept.insert(audience, Kept { set, no, used });
        while inner.kept.len() > 1
            && inner.kept.values().map(|kept| kept.set.serialized_size()).sum::<usize>() > BYTES_MAX
        {
            let oldest = inner.kept.iter().min_by_key(|(_, kept)| kept.used).map(|(num, _)| *num);
            oldest.and_then(|num| inner.kept.remove(&num));
        }
    }
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Roster {
    /// Stored numbers as the people they are now; those erased are left out.
    pub fn people_of(&self, stored: &RoaringBitmap) -> RoaringBitmap {
        let moved = stored & &self.merges.moved;
        let mut set = stored - &moved;
        set.extend(moved.iter().map(|node| self.merges.root(node)));
        set &= &*self.living;
        set
    }
    /// How many [`Roster::people_of`] finds.
    pub fn count_of(&self, stored: &RoaringBitmap) -> u64 {
        if stored.is_disjoint(&self.merges.moved) {
            stored.intersection_len(&self.living)
        } else {
            self.people_of(stored).len()
        }
    }
}
