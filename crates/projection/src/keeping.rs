//! What the keeper of the files does beside reading the log: storing the tail, compacting, looking after files. One process at a time, by a lease.

use crate::core::Core;
use crate::folder::{Hold, refused};
use crate::manifest::{Keeper, LOST, Manifest, PartRow, ask_anew, is_asked_anew};
use crate::opening::building;
use crate::projection::{Inner, lock};
use crate::turn::turn;
use siyu_behaviour::{PartId, PartMerge, file};
use siyu_db::{acquire, params};
use siyu_kernel::{Refusal, Stopwatch, Time};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

/// Events in memory at which the log is read no further until some are stored; of the bytes, so many times what is worth storing.
const TAIL_ROWS_MAX: usize = 3_000_000;
const TAIL_BYTES_TIMES: usize = 4;
/// What is worth storing when the program stops: the next start reads fewer from the log.
const TAIL_ROWS_STOP: usize = 20_000;
/// As much is worth storing when nothing has come in for so long: it need not stay in memory.
const QUIET_SECONDS: f64 = 30.0;
const LEASE_SECONDS: i64 = 60;
const RENEW_SECONDS: i64 = 20;
/// A process that does not keep the files looks this often whether the keeper has stored what it holds in memory, or has gone.
const READER_SECONDS: f64 = 5.0;

/// When what was done last.
#[derive(Default)]
pub(crate) struct Times {
    lease_until: Option<Time>,
    looked: Option<Stopwatch>,
    scrubbed: Option<Stopwatch>,
    asked: Option<Stopwatch>,
    /// The place in the log that was the newest, and since when.
    quiet: Option<(i64, Stopwatch)>,
}

impl Inner {
    fn keeper(&self) -> Result<Keeper, Refusal> {
        let home = self.home()?;
        Ok(Keeper { lease: format!("behaviour-{home}"), home, holder: self.holder.clone() })
    }
    /// The lease, taken or renewed; `None` while another process keeps the files. The lock beside the files tells who does, and that nobody does
    /// any more; where a file system knows no locks, the lease runs out. Whatever is written is written under the lease.
    pub(crate) fn keep(&self) -> Result<Option<Keeper>, Refusal> {
        let (keeper, now) = (self.keeper()?, self.setup.clock.now());
        if lock(&self.times).lease_until.is_some_and(|until| now.plus_seconds(LEASE_SECONDS - RENEW_SECONDS) <= until) {
            return Ok(Some(keeper));
        }
        let alone = {
            let mut hold = lock(&self.hold);
            if hold.is_none() {
                match self.folder.hold()? {
                    Hold::Mine(file) => *hold = Some(file),
                    Hold::Theirs => {
                        self.disown();
                        return Ok(None);
                    }
                    Hold::Unknown => {}
                }
            }
            hold.is_some()
        };
        let (lease, holder) = (keeper.lease.clone(), keeper.holder.clone());
        let taken = self.setup.db.transact(move |tx| {
            let sql = "SELECT COUNT(*) FROM lease WHERE name = $1 AND holder = $2";
            let mine = tx.one(sql, params![&lease, &holder], |row| row.int(0))? > 0;
            if alone {
                tx.execute("DELETE FROM lease WHERE name = $1 AND holder <> $2", params![&lease, &holder])?;
            }
            Ok((acquire(tx, &lease, &holder, now, LEASE_SECONDS)?, mine))
        })?;
        let (taken, mine) = taken;
        if taken.is_none() {
            *lock(&self.hold) = None;
        }
        let until = taken.as_ref().map(|lease| lease.until);
        let before = std::mem::replace(&mut lock(&self.times).lease_until, until);
        // Between the end of a lease and the next one another process may have changed the files; also one that took it away before its end.
        if taken.is_none() || !mine || before.is_none_or(|before| before < now) {
            self.known.store(false, Ordering::SeqCst);
        }
        Ok(taken.map(|_| keeper))
    }
    /// Another process has the files now: what it makes of them is not known here.
    fn disown(&self) {
        lock(&self.times).lease_until = None;
        self.known.store(false, Ordering::SeqCst);
    }
    pub(crate) fn release(&self) {
        let had = lock(&self.times).lease_until.take().is_some();
        if had && let Ok(keeper) = self.keeper() {
            let lease = siyu_db::Lease { name: keeper.lease, holder: keeper.holder, until: Time(0) };
            if let Err(refusal) = self.setup.db.transact(move |tx| Ok(siyu_db::release(tx, &lease)?)) {
                tracing::debug!(code = refusal.code, "the lease of the behaviour columns runs out by itself");
            }
        }
        *lock(&self.hold) = None;
    }

    /// One step of what is due; false when nothing is, or another process keeps the files.
    pub(crate) fn tend(&self, stopping: bool) -> Result<bool, Refusal> {
        let _alone = lock(&self.tending);
        let (flush, compact) = match &*lock(&self.core) {
            Some(core) => {
                let enough = (stopping || self.is_quiet(core)) && core.store.tail_rows() >= TAIL_ROWS_STOP;
                let flush = enough || self.limits.are_passed(1, core);
                (flush, !stopping && core.store.compaction_is_due())
            }
            None => return Ok(false),
        };
        // Also when nothing is due: whoever keeps the files deletes strays and looks at what is there.
        let fresh = !stopping && !self.known.load(Ordering::SeqCst);
        if !flush && !compact && !fresh {
            return Ok(false);
        }
        if lock(&self.times).lease_until.is_none() && !stopping && !self.look_is_due() {
            return Ok(false);
        }
        let Some(keeper) = self.keep()? else { return self.follow() };
        if !self.is_current(&keeper)? {
            self.reopen(false)?;
            return Ok(true);
        }
        match (flush, compact) {
            (true, _) => self.flush(&keeper),
            (false, true) => self.compact(&keeper),
            (false, false) => Ok(false),
        }
    }
    fn is_quiet(&self, core: &Core) -> bool {
        let mut times = lock(&self.times);
        match &times.quiet {
            Some((seq, since)) if *seq == core.seq => since.seconds() >= QUIET_SECONDS,
            _ => {
                times.quiet = Some((core.seq, Stopwatch::start()));
                false
            }
        }
    }
    fn look_is_due(&self) -> bool {
        let mut times = lock(&self.times);
        let due = times.looked.is_none_or(|looked| looked.seconds() >= READER_SECONDS);
        if due {
            times.looked = Some(Stopwatch::start());
        }
        due
    }
    /// Another process keeps the files: takes over what it has stored, so that it need not be in memory here.
    fn follow(&self) -> Result<bool, Refusal> {
        let home = self.home()?;
        let manifest = self.setup.db.read(|tx| Ok(Manifest::load(tx, &home)?))?;
        let Some(own) = &manifest.home else { return Ok(false) };
        let (behind, other, lost) = {
            let core = lock(&self.core);
            let Some(core) = core.as_ref() else { return Ok(false) };
            let damaged = |row: &PartRow| row.damaged && core.files.contains_key(&row.id);
            let aside = self.folder.set_aside_ones();
            let lost = manifest.parts.iter().any(damaged) || core.files.values().any(|part| aside.contains(&part.file));
            (core.stored_seq < own.seq, core.store.zone().name() != own.zone, lost)
        };
        if lost {
            self.close();
        }
        if behind || other || lost {
            self.reopen(other || lost)?;
        }
        Ok(behind || other || lost)
    }
    /// Nobody is answered from these columns any more, however what follows ends.
    fn close(&self) -> Option<Core> {
        let mut core = lock(&self.core);
        *self.moment_mut() = None;
        core.take()
    }
    /// Whether the manifest is what this process knows: it was not while another one kept the files.
    fn is_current(&self, keeper: &Keeper) -> Result<bool, Refusal> {
        if self.known.load(Ordering::SeqCst) {
            return Ok(true);
        }
        let manifest = self.setup.db.read(|tx| Ok(Manifest::load(tx, &keeper.home)?))?;
        let core = lock(&self.core);
        let Some(core) = core.as_ref() else { return Ok(true) };
        let seq = manifest.home.as_ref().map_or(0, |home| home.seq);
        let same = seq == core.stored_seq
            && manifest.parts.len() == core.files.len()
            && manifest.parts.iter().all(|row| core.files.contains_key(&row.id));
        if same {
            let known: BTreeSet<&str> = manifest.parts.iter().map(|row| row.file.as_str()).collect();
            let strays = self.folder.clean(&known);
            if strays > 0 {
                tracing::info!(strays, "files that an earlier run left unfinished were deleted");
            }
            let forget = keeper.clone();
            self.setup.db.transact(move |tx| forget.forget_others(tx))?;
            self.known.store(true, Ordering::SeqCst);
        }
        Ok(same)
    }

    fn flush(&self, keeper: &Keeper) -> Result<bool, Refusal> {
        let planned = {
            let mut core = lock(&self.core);
            let Some(core) = core.as_mut() else { return Ok(false) };
            let Some(flush) = core.store.begin_flush() else { return Ok(false) };
            let zone = core.store.zone().name().to_owned();
            let of = Arc::clone(&core.whose);
            (of, flush, (core.stored_seq + 1, core.seq), core.flattener.admitted.clone(), core.flattener.left_out, zone)
        };
        let (of, flush, seqs, names, left_out, zone) = planned;
        let saved = turn("column-files", || {
            let merges: Vec<&PartMerge> = flush.parts.iter().collect();
            let made = self.folder.write(&merges, seqs)?;
            let new: Vec<_> = made.iter().flatten().map(|(new, _)| new.clone()).collect();
            let (keeper, settled, named, parts) = (keeper.clone(), flush.settled.clone(), names.clone(), new.clone());
            let ids =
                self.setup.db.transact(move |tx| keeper.flushed(tx, &zone, seqs.1, &parts, &settled, &named, left_out));
            match ids {
                Ok(ids) => Ok((made, ids)),
                Err(refusal) => {
                    self.untold(&refusal, new.iter().map(|part| part.file.as_str()));
                    Err(refusal)
                }
            }
        });
        let mut core = lock(&self.core);
        let Some(core) = core.as_mut().filter(|core| core.is(&of)) else { return self.missed(saved) };
        match saved {
            Ok((made, ids)) => {
                let mut ids = ids.into_iter();
                let made = made
                    .into_iter()
                    .map(|made| {
                        let ((new, part), id) = (made?, ids.next()?);
                        core.files.insert(id, new);
                        Some((id, part))
                    })
                    .collect();
                core.stored_seq = seqs.1;
                core.flattener.admitted.drain(..names.len());
                core.store.end_flush(&flush, made);
                core.tail_bytes = core.store.tail_memory();
                self.show_same(core);
                Ok(true)
            }
            Err(refusal) => {
                core.store.cancel_flush();
                Err(refusal)
            }
        }
    }
    fn compact(&self, keeper: &Keeper) -> Result<bool, Refusal> {
        let (of, plan, old) = {
            let mut core = lock(&self.core);
            let Some(core) = core.as_mut() else { return Ok(false) };
            let Some(plan) = core.store.begin_compaction() else { return Ok(false) };
            let old: Vec<_> = plan.ids.iter().filter_map(|id| core.files.get(id).cloned()).collect();
            (Arc::clone(&core.whose), plan, old)
        };
        let saved = turn("column-files", || {
            // What is read wrongly would be written as if it were right.
            let names: Vec<&str> = old.iter().map(|part| part.file.as_str()).collect();
            for part in self.folder.verified(&names) {
                part.map_err(|error| refused(&error))?;
            }
            let made = self.folder.write(&[&plan.merge], crate::remake::seqs(&old))?.pop().flatten();
            let new = made.as_ref().map(|(new, _)| new.clone());
            let (keeper, ids, part) = (keeper.clone(), plan.ids.clone(), new.clone());
            match self.setup.db.transact(move |tx| keeper.merged(tx, &ids, part.as_ref())) {
                Ok(id) => Ok((made, id)),
                Err(refusal) => {
                    self.untold(&refusal, new.iter().map(|part| part.file.as_str()));
                    Err(refusal)
                }
            }
        });
        let mut core = lock(&self.core);
        let Some(core) = core.as_mut().filter(|core| core.is(&of)) else { return self.missed(saved) };
        match saved {
            Ok((made, id)) => {
                plan.ids.iter().for_each(|id| drop(core.files.remove(id)));
                let made = made.zip(id).map(|((new, part), id)| {
                    core.files.insert(id, new);
                    (id, part)
                });
                core.store.end_compaction(&plan, made);
                self.show_same(core);
                self.folder.remove(old.iter().map(|part| part.file.as_str()));
                Ok(true)
            }
            Err(refusal) => {
                core.store.cancel_compaction();
                // What cannot be put together may not be what was written.
                self.suspect.store(true, Ordering::SeqCst);
                Err(refusal)
            }
        }
    }
    /// The database refused new files, which are deleted. A commit whose answer was lost may have gone through: then they stay, and the manifest is
    /// compared with what this process knows before anything else is done.
    pub(crate) fn untold<'n>(&self, refusal: &Refusal, files: impl Iterator<Item = &'n str>) {
        if refusal.code == "outcome_unknown" {
            self.known.store(false, Ordering::SeqCst);
        } else {
            if refusal.code == LOST {
                self.disown();
            }
            self.folder.remove(files);
        }
    }
    /// The columns were opened anew beside what was stored: they are compared with the manifest before anything else is done.
    fn missed<T>(&self, saved: Result<T, Refusal>) -> Result<bool, Refusal> {
        self.known.store(false, Ordering::SeqCst);
        saved.map(|_| true)
    }
    /// The same history in other parts: no news.
    fn show_same(&self, core: &Core) {
        if core.shown
            && let Some(moment) = &mut *self.moment_mut()
            && moment.seq == core.seq
        {
            moment.snapshot = core.store.snapshot();
        }
    }

    /// Opens the stored parts again; whoever catches up goes on from there. `changed`: not the same history as before.
    pub(crate) fn reopen(&self, changed: bool) -> Result<(), Refusal> {
        let mut core = lock(&self.core);
        let shown = core.as_ref().is_some_and(|core| core.shown) && !changed;
        *core = None;
        let mut fresh = self.open_core()?;
        fresh.shown = shown;
        if shown {
            self.told(&fresh);
        }
        *core = Some(fresh);
        Ok(())
    }
    /// Makes everything anew, while readers go on with what there is. False: another process keeps the files, and was asked.
    pub(crate) fn rebuild(&self, progress: &mut dyn FnMut(i64, i64) -> bool) -> Result<bool, Refusal> {
        let _alone = lock(&self.tending);
        let Some(keeper) = self.keep()? else {
            let (home, zone) = (self.home()?, self.zone().name().to_owned());
            self.setup.db.transact(move |tx| Ok(ask_anew(tx, &home, &zone)?))?;
            return Ok(false);
        };
        self.remake_all(&keeper, &self.zone(), progress)?;
        self.known.store(false, Ordering::SeqCst);
        self.reopen(true)?;
        self.is_current(&keeper).map(|_| true)
    }
    /// Another process wants everything made anew.
    fn is_asked(&self) -> Result<bool, Refusal> {
        {
            let mut times = lock(&self.times);
            let due = times.asked.is_none_or(|asked| asked.seconds() >= READER_SECONDS);
            if times.lease_until.is_none() || !due {
                return Ok(false);
            }
            times.asked = Some(Stopwatch::start());
        }
        let home = self.home()?;
        self.setup.db.read(|tx| Ok(is_asked_anew(tx, &home)?))
    }
    /// Readers' days are of another zone than the workspace's. The keeper alone makes them anew: of two processes that think differently about
    /// the zone, each would undo what the other did.
    fn is_of_another_zone(&self) -> bool {
        let zone = self.zone();
        lock(&self.times).lease_until.is_some()
            && lock(&self.core).as_ref().is_some_and(|core| core.store.zone().name() != zone.name())
    }
    /// What the thread beside the reading one does; false when nothing was due.
    pub(crate) fn keep_files(&self) -> Result<bool, Refusal> {
        if self.is_of_another_zone() || self.is_asked()? {
            return self.rebuild(&mut |_, _| true);
        }
        if !self.suspect.load(Ordering::SeqCst) && self.tend(false)? {
            return Ok(true);
        }
        let Some(id) = self.scrub()? else { return Ok(false) };
        self.lose(id)?;
        Ok(true)
    }
    /// A stored part is not what was written: nobody is to see it any more, and its people's history is read again.
    fn lose(&self, id: PartId) -> Result<(), Refusal> {
        let _alone = lock(&self.tending);
        let mut core = lock(&self.core);
        // Nobody is answered from it any more, however what follows ends; and nobody opens the columns again before the file is told to be damaged.
        *self.moment_mut() = None;
        let name = core.take().and_then(|core| core.files.get(&id).map(|part| part.file.clone()));
        let keeper = self.keep()?.ok_or_else(building)?;
        tracing::error!(file = name, "a file of the behaviour columns is damaged");
        self.setup.db.transact(move |tx| keeper.damaged(tx, id))?;
        name.iter().for_each(|name| self.folder.set_aside(name));
        self.damaged.fetch_add(1, Ordering::SeqCst);
        *core = Some(self.open_core()?);
        Ok(())
    }

    /// Keeps reading from growing beyond memory: waits until some of it is stored.
    pub(crate) fn make_room(&self) -> Result<(), Refusal> {
        let fits = |core: &Core| {
            core.store.tail_rows() < TAIL_ROWS_MAX
                && core.tail_bytes < self.limits.tail_bytes.saturating_mul(TAIL_BYTES_TIMES)
        };
        let watch = Stopwatch::start();
        loop {
            self.tend(false)?;
            if lock(&self.core).as_ref().is_none_or(fits) {
                return Ok(());
            }
            if watch.seconds() > 30.0 || self.stop.load(Ordering::SeqCst) {
                return Err(building());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Reads files again, one at a time; answers the first that is not what was written.
    fn scrub(&self) -> Result<Option<PartId>, Refusal> {
        let mine = lock(&self.times).lease_until.is_some();
        let due =
            lock(&self.times).scrubbed.get_or_insert_with(Stopwatch::start).seconds() >= self.limits.scrub_seconds;
        if !(mine && (due || self.suspect.swap(false, Ordering::SeqCst))) {
            return Ok(None);
        }
        lock(&self.times).scrubbed = Some(Stopwatch::start());
        let files: Vec<(PartId, String)> = match &*lock(&self.core) {
            Some(core) => core.files.iter().map(|(id, part)| (*id, part.file.clone())).collect(),
            None => return Ok(None),
        };
        for (id, name) in files {
            if self.stop.load(Ordering::SeqCst) {
                break;
            }
            let sound = file::open(&self.folder.of(&name)).and_then(|part| part.verify());
            let still = || lock(&self.core).as_ref().is_some_and(|core| core.files.contains_key(&id));
            if sound.is_err() && still() {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
    /// Files that are missing or not what was written. While this looks, the keeper may replace some: those are no damage.
    pub(crate) fn damaged(&self, manifest: &Manifest, verify: bool) -> Result<Vec<String>, Refusal> {
        let unsound = |row: &PartRow| {
            let part = file::open(&self.folder.of(&row.file));
            let part = part.and_then(|part| if verify { part.verify().map(|()| part) } else { Ok(part) });
            row.damaged || !part.is_ok_and(|part| part.checksum == row.checksum)
        };
        let found: Vec<&PartRow> = manifest.parts.iter().filter(|row| unsound(row)).collect();
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let home = self.home()?;
        let now = self.setup.db.read(|tx| Ok(Manifest::load(tx, &home)?))?;
        let still = found.into_iter().filter(|row| now.parts.iter().any(|own| own.id == row.id && unsound(own)));
        Ok(still.map(|row| row.file.clone()).collect())
    }
    pub(crate) fn wait_for_core(&self, seconds: f64) -> Result<MutexGuard<'_, Option<Core>>, Refusal> {
        let watch = Stopwatch::start();
        loop {
            match self.core.try_lock() {
                Ok(core) => return Ok(core),
                Err(std::sync::TryLockError::Poisoned(broken)) => return Ok(broken.into_inner()),
                Err(std::sync::TryLockError::WouldBlock) if watch.seconds() < seconds => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(std::sync::TryLockError::WouldBlock) => return Err(building()),
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.release();
    }
}

const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Arc<Inner>>();
};
