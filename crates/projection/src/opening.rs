//! From the manifest and its files to columns in memory; mending what is missing.

use crate::core::{Core, Only, Sources};
use crate::manifest::{ASKED, FORMAT, Keeper, Manifest, NewPart, PartRow};
use crate::projection::{Inner, THREADS};
use crate::remake::remake;
use crate::whose::Whose;
use roaring::RoaringBitmap;
use siyu_behaviour::{FileError, StoredPart};
use siyu_kernel::{Class, Refusal, Zone};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The manifest is read again when a file it names is gone: its keeper may have replaced it in between.
const TRIES: usize = 4;

pub(crate) fn building() -> Refusal {
    Refusal::new(
        Class::Unavailable,
        "behaviour_building",
        "The behaviour columns are being made; try again in a little while.",
        "行为数据正在整理，请稍后再试。",
    )
}

type Opened = (PartRow, Result<StoredPart, FileError>);

impl Inner {
    pub(crate) fn sources(&self) -> Sources<'_> {
        let setup = &self.setup;
        Sources { db: &setup.db, log: &setup.log, people: &setup.people, clock: &*setup.clock }
    }
    /// Stored parts, and who is who. What is unusable is made anew first, when this process may.
    pub(crate) fn open_core(&self) -> Result<Core, Refusal> {
        let home = self.home()?;
        for attempt in 0.. {
            let (manifest, whose) = self.setup.db.read(|tx| Ok((Manifest::load(tx, &home)?, Whose::load(tx)?)))?;
            let mut zone = self.zone();
            if let Some(own) = manifest.home.as_ref().filter(|own| own.format != FORMAT || own.zone != zone.name()) {
                if let Some(keeper) = self.keep()? {
                    tracing::info!("the behaviour columns are of another zone or format: they are made anew");
                    self.remake_all(&keeper, &zone, &mut |_, _| true)?;
                    continue;
                }
                // What somebody asked to be made anew is good until it is. Whose days the columns tell, their keeper decides.
                zone = Zone::named(&own.zone).map_err(|_| building())?;
                if own.format != FORMAT && own.format != ASKED {
                    return Err(building());
                }
            }
            let opened = self.open_parts(&manifest.parts);
            let gone = |opened: &Opened| matches!(&opened.1, Err(FileError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound);
            if attempt + 1 < TRIES && opened.iter().any(gone) {
                std::thread::sleep(Duration::from_millis(50));
                continue;
            }
            let lost: Vec<&PartRow> = opened.iter().filter(|(_, part)| part.is_err()).map(|(row, _)| row).collect();
            if lost.is_empty() {
                return Ok(self.core_of(manifest, opened, whose, zone));
            }
            if attempt >= 2 * TRIES {
                return Err(Refusal::internal("the behaviour columns could not be mended"));
            }
            let keeper = self.keep()?.ok_or_else(building)?;
            self.mend(&keeper, &manifest, opened, whose, zone)?;
        }
        Err(building())
    }
    fn open_parts(&self, rows: &[PartRow]) -> Vec<Opened> {
        let names: Vec<&str> = rows.iter().map(|row| row.file.as_str()).collect();
        let parts = self.folder.verified(&names);
        let check = |(row, part): (&PartRow, Result<StoredPart, FileError>)| {
            let file = || self.folder.of(&row.file);
            let part = part.and_then(|part| {
                let same = part.checksum == row.checksum && part.part.bucket == row.bucket && !row.damaged;
                if same { Ok(part) } else { Err(FileError::Damaged { file: file(), section: "another part".into() }) }
            });
            (row.clone(), part)
        };
        rows.iter().zip(parts).map(check).collect()
    }
    fn core_of(&self, manifest: Manifest, opened: Vec<Opened>, whose: Whose, zone: Zone) -> Core {
        let seq = manifest.home.as_ref().map_or(0, |home| home.seq);
        let mut core = Core::new(zone, whose, seq);
        manifest.names.iter().for_each(|name| core.flattener.restore(name));
        core.flattener.left_out = manifest.home.map(|home| home.left_out).unwrap_or_default();
        for (row, part) in opened {
            let Ok(part) = part else { continue };
            core.files.insert(row.id, new_part(&row));
            core.store.add_stored(row.id, part.part, row.hidden);
        }
        let touched: RoaringBitmap = {
            let whose = core.whose.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            core.store.misplaced(whose.gone(), |node| whose.owner(node)).into_iter().collect()
        };
        core.settle(&touched);
        core
    }

    /// Makes the buckets of lost parts anew: the events of everybody who is in sight nowhere else.
    fn mend(
        &self,
        keeper: &Keeper,
        manifest: &Manifest,
        opened: Vec<Opened>,
        whose: Whose,
        zone: Zone,
    ) -> Result<(), Refusal> {
        let lost: Vec<PartRow> = opened.iter().filter(|(_, part)| part.is_err()).map(|(row, _)| row.clone()).collect();
        for (row, error) in opened.iter().filter_map(|(row, part)| Some((row, part.as_ref().err()?))) {
            if row.damaged {
                continue;
            }
            tracing::error!(file = row.file, bucket = row.bucket, %error, "a file of the behaviour columns is damaged: its people's history is read again from the log");
            self.damaged.fetch_add(1, Ordering::SeqCst);
            let (keeper, id) = (keeper.clone(), row.id);
            self.setup.db.transact(move |tx| keeper.damaged(tx, id))?;
            self.folder.set_aside(&row.file);
        }
        let mut buckets: Vec<u16> = lost.iter().map(|row| row.bucket).collect();
        buckets.dedup();
        let seq = manifest.home.as_ref().map_or(0, |home| home.seq);
        let mut healthy = siyu_behaviour::Store::new(zone.clone());
        for (row, part) in opened {
            if let (Ok(part), false) = (part, buckets.contains(&row.bucket)) {
                healthy.add_stored(row.id, part.part, row.hidden);
            }
        }
        let mut core = Core::new(zone, whose, 0);
        manifest.names.iter().for_each(|name| core.flattener.restore(name));
        core.only = Some(Only { but: healthy.seen(), seq });
        drop(healthy);
        let remade = remake(core, &self.folder, &self.sources(), THREADS, &mut |done| self.going_on(done, seq))?;
        let replaced = manifest.parts.iter().filter(|row| buckets.contains(&row.bucket)).map(|row| row.file.as_str());
        let replaced: Vec<&str> = replaced.collect();
        let (keeper, parts) = (keeper.clone(), remade.parts);
        let files: Vec<String> = parts.iter().map(|part| part.file.clone()).collect();
        let done = self.setup.db.transact(move |tx| keeper.repaired(tx, &buckets, &parts));
        match &done {
            Ok(()) => self.folder.remove(replaced.into_iter()),
            Err(refusal) => self.untold(refusal, files.iter().map(String::as_str)),
        }
        done
    }

    /// Makes everything anew, beside whoever reads what there is; the manifest names the new parts at the end.
    pub(crate) fn remake_all(
        &self,
        keeper: &Keeper,
        zone: &Zone,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<(), Refusal> {
        let (whose, last) = self.setup.db.read(|tx| {
            let last = tx.one("SELECT COALESCE(MAX(seq), 0) FROM log_batch", &[], |row| row.int(0))?;
            Ok((Whose::load(tx)?, last))
        })?;
        let core = Core::new(zone.clone(), whose, 0);
        let remade = remake(core, &self.folder, &self.sources(), THREADS, &mut |done| {
            self.going_on(done, last) && progress(done.min(last), last)
        })?;
        let files: Vec<String> = remade.parts.iter().map(|part| part.file.clone()).collect();
        let (keeper, zone, remade) = (keeper.clone(), zone.name().to_owned(), Arc::new(remade));
        let done = self
            .setup
            .db
            .transact(move |tx| keeper.remade(tx, &zone, remade.seq, &remade.parts, &remade.names, remade.left_out));
        if let Err(refusal) = &done {
            self.untold(refusal, files.iter().map(String::as_str));
        }
        done
    }
    /// Tells others how far long work is, and renews the lease; false when it is to stop.
    fn going_on(&self, done: i64, of: i64) -> bool {
        self.progress.0.store(done, Ordering::Relaxed);
        self.progress.1.store(of, Ordering::Relaxed);
        !self.stop.load(Ordering::SeqCst) && !matches!(self.keep(), Ok(None))
    }
}

pub(crate) fn new_part(row: &PartRow) -> NewPart {
    NewPart {
        bucket: row.bucket,
        file: row.file.clone(),
        seq_lo: row.seq_lo,
        seq_hi: row.seq_hi,
        rows: row.rows,
        bytes: row.bytes,
        checksum: row.checksum,
        hidden: None,
    }
}
