//! Making parts anew from the log, into files that nothing knows of until all of them are there.

use crate::core::{Core, Sources};
use crate::flatten::{Admitted, LeftOut};
use crate::folder::Folder;
use crate::manifest::NewPart;
use siyu_behaviour::{PartId, PartMerge};
use siyu_kernel::{Class, Refusal};
use std::sync::Arc;

/// Events held in memory before they are written.
const ROWS_MAX: usize = 1_500_000;
const BYTES_MAX: usize = 512 << 20;

pub(crate) struct Remade {
    pub parts: Vec<NewPart>,
    pub seq: i64,
    pub names: Vec<Admitted>,
    pub left_out: LeftOut,
}

/// Told how far it is: (done, of). False: stop.
pub(crate) type Progress<'p> = &'p mut dyn FnMut(i64) -> bool;

/// Reads all the log into `core`, which must be new, and stores what it makes of it.
pub(crate) fn remake(
    mut core: Core,
    folder: &Folder,
    from: &Sources<'_>,
    threads: usize,
    progress: Progress<'_>,
) -> Result<Remade, Refusal> {
    let mut remaking = Remaking { folder, next: 0 };
    let result = remaking.run(&mut core, from, threads, progress);
    if result.is_err() {
        folder.remove(core.files.values().map(|part| part.file.as_str()));
    }
    result?;
    for (id, held) in core.store.stored() {
        if let Some(part) = core.files.get_mut(&id) {
            part.hidden = held.hidden.clone();
        }
    }
    // In their order: the database counts them up as they come.
    let order: Vec<PartId> = core.store.stored().map(|(id, _)| id).collect();
    Ok(Remade {
        parts: order.iter().filter_map(|id| core.files.remove(id)).collect(),
        seq: core.seq,
        names: std::mem::take(&mut core.flattener.admitted),
        left_out: core.flattener.left_out,
    })
}

struct Remaking<'f> {
    folder: &'f Folder,
    next: i64,
}

impl Remaking<'_> {
    fn run(
        &mut self,
        core: &mut Core,
        from: &Sources<'_>,
        threads: usize,
        progress: Progress<'_>,
    ) -> Result<(), Refusal> {
        loop {
            let more = core.advance(from, threads)?.is_some_and(|(_, more)| more);
            if !progress(core.seq) {
                return Err(Refusal::new(
                    Class::Unavailable,
                    "stopping",
                    "The work was stopped; nothing of it was kept.",
                    "操作已停止，未保留任何结果。",
                ));
            }
            if !more || core.store.tail_rows() > ROWS_MAX || core.store.tail_memory() > BYTES_MAX {
                self.store(core)?;
                while self.compact(core)? {}
            }
            if !more {
                return Ok(());
            }
        }
    }
    fn new_id(&mut self) -> PartId {
        self.next += 1;
        PartId(self.next)
    }
    fn store(&mut self, core: &mut Core) -> Result<(), Refusal> {
        let Some(flush) = core.store.begin_flush() else { return Ok(()) };
        let merges: Vec<&PartMerge> = flush.parts.iter().collect();
        let made = self.folder.write(&merges, (core.stored_seq + 1, core.seq))?;
        let made = made
            .into_iter()
            .map(|made| {
                let (new, part) = made?;
                let id = self.new_id();
                core.files.insert(id, new);
                Some((id, part))
            })
            .collect();
        core.stored_seq = core.seq;
        core.store.end_flush(&flush, made);
        Ok(())
    }
    fn compact(&mut self, core: &mut Core) -> Result<bool, Refusal> {
        let Some(plan) = core.store.begin_compaction() else { return Ok(false) };
        let old: Vec<NewPart> = plan.ids.iter().filter_map(|id| core.files.remove(id)).collect();
        let seqs = seqs(&old);
        let made = self.folder.write(&[&plan.merge], seqs);
        self.folder.remove(old.iter().map(|part| part.file.as_str()));
        let made = made?.pop().flatten().map(|(new, part)| {
            let id = self.new_id();
            core.files.insert(id, new);
            (id, part)
        });
        core.store.end_compaction(&plan, made.map(|(id, part)| (id, Arc::clone(&part))));
        Ok(true)
    }
}

/// What of the log parts hold together.
pub(crate) fn seqs(parts: &[NewPart]) -> (i64, i64) {
    let lo = parts.iter().map(|part| part.seq_lo).min().unwrap_or_default();
    (lo, parts.iter().map(|part| part.seq_hi).max().unwrap_or_default())
}
