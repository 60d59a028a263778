//! Running a job: one thread reads, the database's thread writes, two chunks in between.

use super::job::{Job, JobState, Summary};
use super::plan::{ImportKind, ImportOptions, Plan};
use super::rows::Meaning;
use crate::{Accepted, Intake};
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{Db, Tx};
use siyu_files::{FileError, Row, RowReader, Source};
use siyu_kernel::{Class, Clock, Identifier, Refusal, Stopwatch, Zone};
use siyu_people::Incoming;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

/// Rows in one unit: large enough that the commit costs little a row, small enough that other writers hardly wait.
const CHUNK_ROWS: usize = 8_000;
/// Of people who become leads, which costs more a row.
const CHUNK_ROWS_LEADS: usize = 1_000;
const CHUNK_BYTES_MAX: usize = 4 << 20;
const CHUNKS_WAITING_MAX: usize = 2;

pub struct Run<'a> {
    pub intake: &'a Intake,
    pub db: &'a Db,
    pub clock: Arc<dyn Clock>,
    pub zone: Zone,
    pub patience: Patience,
}

/// What a run does when the storage fails it in the middle. It goes on behind the last saved row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Somebody waits for the end: a database that is away is waited for this long, anything else ends the run at once.
    Seconds(u32),
    /// Nobody waits: also a full disk is tried again, until it works or somebody cancels the job.
    Endless,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    pub rows: u64,
    pub done: u64,
    pub total: u64,
    /// The code of what is being waited for.
    pub waiting: Option<&'static str>,
}

const PAUSE_MILLIS_MAX: u64 = 5_000;

struct Chunk {
    rows: u64,
    good: Vec<Meaning>,
    people: PeopleOfRows,
    bad: Vec<(u64, Refusal, Vec<String>)>,
    bytes: (u64, u64),
    format: &'static str,
    encoding: Option<&'static str>,
}

/// Who the rows of a chunk name, ready to be looked up.
#[derive(Default)]
pub(crate) struct PeopleOfRows {
    pub distinct: Vec<Incoming>,
    /// For each good row, its place in `distinct`.
    pub of_row: Vec<usize>,
    known: FxHashMap<Vec<Identifier>, usize>,
}

impl PeopleOfRows {
    fn push(&mut self, incoming: Incoming) {
        self.of_row.push(self.distinct.len());
        self.distinct.push(incoming);
    }
    /// Rows of one buyer follow each other: each distinct set of identifiers is worked out and resolved once.
    fn push_known(&mut self, identifiers: &[Identifier], incoming: impl FnOnce() -> Incoming) {
        match self.known.get(identifiers) {
            Some(place) => self.of_row.push(*place),
            None => {
                self.known.insert(identifiers.to_vec(), self.distinct.len());
                self.push(incoming());
            }
        }
    }
}

impl Run<'_> {
    /// Runs to the end, or until somebody pauses or cancels it. What is in stays in. The job's row tells the outcome, also when this fails.
    pub fn run(&self, job: &Job, source: Source, progress: &mut dyn FnMut(Progress)) -> Result<Summary, Refusal> {
        let mut job = job.clone();
        let mut trouble: Option<(Stopwatch, i64)> = None;
        loop {
            let refusal = match self.attempt(&job, source.clone(), progress) {
                Ok(summary) => return Ok(summary),
                Err(refusal) => refusal,
            };
            let watch = match trouble.take() {
                Some((watch, at)) if at == job.done => watch,
                _ => Stopwatch::start(),
            };
            if self.is_worth_waiting_for(&refusal) {
                progress(Progress {
                    rows: job.summary.rows,
                    done: job.bytes_done as u64,
                    total: job.bytes_total as u64,
                    waiting: Some(refusal.code),
                });
            }
            let Some(next) = self.wait(&job, &refusal, &watch) else { return Err(self.fail(&job, refusal)) };
            if next.state != JobState::Running {
                // Paused or cancelled meanwhile, or the end was saved after all.
                return Ok(next.summary);
            }
            trouble = Some((watch, next.done));
            job = next;
        }
    }

    fn is_worth_waiting_for(&self, refusal: &Refusal) -> bool {
        siyu_db::is_passing(refusal) || (self.patience == Patience::Endless && refusal.class == Class::Unavailable)
    }
    /// The job as it was saved, once it can be read again; `None` when it is not worth waiting for, or no longer.
    fn wait(&self, job: &Job, refusal: &Refusal, watch: &Stopwatch) -> Option<Job> {
        let more = || match self.patience {
            Patience::Seconds(most) => self.is_worth_waiting_for(refusal) && watch.seconds() < f64::from(most),
            Patience::Endless => self.is_worth_waiting_for(refusal),
        };
        let mut pause = 250;
        while more() {
            std::thread::sleep(Duration::from_millis(pause));
            pause = (pause * 2).min(PAUSE_MILLIS_MAX);
            let read = self.db.read(|tx| self.intake.job(tx, &job.id));
            if let Ok(mut saved) = read {
                if job.dry_run {
                    // Nothing of a rehearsal is saved but its report: it begins anew.
                    (saved.done, saved.summary) = (0, Summary::default());
                }
                return Some(saved);
            }
        }
        None
    }

    /// Writes down what ended the job. Where even that fails, the next start finds the row without its holder.
    fn fail(&self, job: &Job, refusal: Refusal) -> Refusal {
        let (intake, num, now) = (self.intake.clone(), job.num, self.clock.now());
        let (class, code, en, zh) = (refusal.class, refusal.code, refusal.en.clone(), refusal.zh.clone());
        let written = self.db.transact(move |tx| {
            let told = Refusal::new(class, code, en.clone(), zh.clone());
            intake.finish_job(tx, num, JobState::Failed, Some(&told), now)
        });
        if let Err(second) = written {
            tracing::warn!(import = job.id, code = second.code, "the end of an import could not be written down");
        }
        refusal
    }

    fn attempt(&self, job: &Job, source: Source, progress: &mut dyn FnMut(Progress)) -> Result<Summary, Refusal> {
        let (summary, ended) = self.work(job, source, progress)?;
        if ended {
            let (intake, num, now) = (self.intake.clone(), job.num, self.clock.now());
            self.db.transact(move |tx| intake.finish_job(tx, num, JobState::Done, None, now))?;
        }
        Ok(summary)
    }

    fn work(&self, job: &Job, source: Source, progress: &mut dyn FnMut(Progress)) -> Result<(Summary, bool), Refusal> {
        let watch = Stopwatch::start();
        let mut reader = siyu_files::open(source, &job.options.open_options()).map_err(file_refusal)?;
        let plan =
            Plan::new(job.kind, reader.columns(), &job.mapping, &job.options, &self.zone, self.intake.currency())?;
        if job.columns != reader.columns() {
            let (intake, num, columns) = (self.intake.clone(), job.num, reader.columns().to_vec());
            self.db.transact(move |tx| intake.write_columns(tx, num, &columns))?;
        }
        let mut summary = job.summary.clone();
        let earlier = summary.seconds;
        reader.skip(job.done as u64).map_err(file_refusal)?;
        let received = self.clock.now();
        let (sender, receiver) = sync_channel::<Result<Chunk, Refusal>>(CHUNKS_WAITING_MAX);
        let (spent, returned) = channel();
        let (intake, most) = (self.intake.clone(), chunk_rows(&job.options));
        std::thread::scope(|scope| {
            scope.spawn(move || read_all(&intake, reader, &plan, received, most, &sender, &returned));
            self.write_all(job, receiver, &spent, &mut summary, progress, &watch, earlier)
        })
    }

    #[allow(clippy::too_many_arguments, reason = "one private hand-over of a run's state")]
    fn write_all(
        &self,
        job: &Job,
        chunks: Receiver<Result<Chunk, Refusal>>,
        spent: &Sender<Arc<Chunk>>,
        summary: &mut Summary,
        progress: &mut dyn FnMut(Progress),
        watch: &Stopwatch,
        earlier: f64,
    ) -> Result<(Summary, bool), Refusal> {
        let mut orders_seen = FxHashSet::default();
        for chunk in chunks {
            let chunk = Arc::new(chunk?);
            let bytes = chunk.bytes;
            let before = Summary { seconds: earlier + watch.seconds(), ..summary.clone() };
            let next = if job.dry_run {
                self.rehearse(job, &chunk, before, &mut orders_seen)?
            } else {
                self.apply(job, &chunk, before)?
            };
            let Some(next) = next else { return Ok((summary.clone(), false)) };
            // Its thousands of strings are freed by the reading thread, which has the time.
            let _ = spent.send(chunk);
            *summary = next;
            progress(Progress { rows: summary.rows, done: bytes.0, total: bytes.1, waiting: None });
        }
        summary.seconds = earlier + watch.seconds();
        let (intake, num, last) = (self.intake.clone(), job.num, summary.clone());
        let bytes = (job.bytes_total as u64, job.bytes_total as u64);
        let found = (job.format.clone(), job.encoding.clone());
        if last.rows == 0 {
            self.db.transact(move |tx| {
                intake.write_progress(tx, num, &last, bytes, (found.0.as_deref().unwrap_or(""), found.1.as_deref()))
            })?;
        }
        Ok((summary.clone(), true))
    }

    /// One chunk, with the job's progress, in one unit. `None`: the job was paused or cancelled, nothing of this chunk was taken.
    fn apply(&self, job: &Job, chunk: &Arc<Chunk>, before: Summary) -> Result<Option<Summary>, Refusal> {
        let (intake, chunk, clock) = (self.intake.clone(), Arc::clone(chunk), Arc::clone(&self.clock));
        let (num, kind, source, options) = (job.num, job.kind, job.id.clone(), job.options.clone());
        self.db.transact(move |tx| {
            let mut summary = before.clone();
            summary.rows += chunk.rows;
            summary.rejected += chunk.bad.len() as u64;
            if !intake.write_progress(tx, num, &summary, chunk.bytes, (chunk.format, chunk.encoding))? {
                return Ok(None);
            }
            intake.apply_chunk(tx, num, kind, &options, &source, &chunk, clock.now(), &mut summary)?;
            intake.write_rejects(tx, num, &chunk.bad)?;
            intake.write_progress(tx, num, &summary, chunk.bytes, (chunk.format, chunk.encoding))?;
            Ok(Some(summary))
        })
    }

    /// A dry run: rows are read and checked, nothing but the report is written. People and repeats are not known before the real run.
    fn rehearse(
        &self,
        job: &Job,
        chunk: &Arc<Chunk>,
        mut summary: Summary,
        orders: &mut FxHashSet<u64>,
    ) -> Result<Option<Summary>, Refusal> {
        summary.rows += chunk.rows;
        summary.rejected += chunk.bad.len() as u64;
        summary.imported += chunk.good.len() as u64;
        for order in chunk.good.iter().filter_map(Meaning::order) {
            for line in &order.order.lines {
                let amount = line.amount_minor.abs();
                if line.quantity_milli < 0 || line.amount_minor < 0 || line.refund_of.is_some() {
                    summary.refunded += amount;
                } else {
                    summary.revenue += amount;
                    if orders.insert(self.intake.inner.vault.digest64(&order.order.order_no)) {
                        summary.orders += 1;
                    }
                }
            }
        }
        let (intake, num, chunk, last) = (self.intake.clone(), job.num, Arc::clone(chunk), summary.clone());
        let going = self.db.transact(move |tx| {
            intake.write_rejects(tx, num, &chunk.bad)?;
            intake.write_progress(tx, num, &last, chunk.bytes, (chunk.format, chunk.encoding))
        })?;
        Ok(going.then_some(summary))
    }
}

impl Intake {
    #[allow(clippy::too_many_arguments, reason = "one private hand-over of a chunk")]
    fn apply_chunk(
        &self,
        tx: &mut Tx<'_>,
        job: i64,
        kind: ImportKind,
        options: &ImportOptions,
        source: &str,
        chunk: &Chunk,
        now: siyu_kernel::Time,
        summary: &mut Summary,
    ) -> Result<(), Refusal> {
        match kind {
            ImportKind::People => {
                let rows: Vec<_> = chunk.good.iter().filter_map(Meaning::person).collect();
                self.apply_people(tx, &rows, &chunk.people.distinct, options, source, now, summary)
            }
            ImportKind::Orders => {
                let rows: Vec<_> = chunk.good.iter().filter_map(Meaning::order).collect();
                self.apply_orders(tx, job, &rows, &chunk.people, source, now, summary)
            }
            ImportKind::Products => {
                let rows: Vec<_> = chunk.good.iter().filter_map(|meaning| meaning.product().cloned()).collect();
                self.apply_products(tx, &rows, now, summary)
            }
            ImportKind::Events => {
                let messages =
                    chunk
                        .good
                        .iter()
                        .filter_map(|meaning| {
                            if let Meaning::Event(message) = meaning { Some((**message).clone()) } else { None }
                        })
                        .collect();
                let prepared = self.prepare_messages(messages, Vec::new(), source, now, |message| message.body.clone());
                let Accepted { events, repeated, quarantined, people_new, people_merged } =
                    self.write(tx, &prepared)?;
                summary.imported += events as u64;
                summary.unchanged += repeated as u64;
                summary.rejected += quarantined as u64;
                summary.people_new += people_new as u64;
                summary.people_merged += people_merged as u64;
                Ok(())
            }
        }
    }
}

fn chunk_rows(options: &ImportOptions) -> usize {
    if options.leads { CHUNK_ROWS_LEADS } else { CHUNK_ROWS }
}

fn read_all(
    intake: &Intake,
    mut reader: Box<dyn RowReader>,
    plan: &Plan,
    received: siyu_kernel::Time,
    most: usize,
    out: &SyncSender<Result<Chunk, Refusal>>,
    spent: &Receiver<Arc<Chunk>>,
) {
    loop {
        spent.try_iter().for_each(drop);
        match read_chunk(intake, reader.as_mut(), plan, received, most) {
            Ok(chunk) if chunk.rows == 0 => return,
            chunk => {
                let failed = chunk.is_err();
                if out.send(chunk).is_err() || failed {
                    return;
                }
            }
        }
    }
}

fn read_chunk(
    intake: &Intake,
    reader: &mut dyn RowReader,
    plan: &Plan,
    received: siyu_kernel::Time,
    most: usize,
) -> Result<Chunk, Refusal> {
    let (mut row, mut good, mut bad) = (Row::new(), Vec::with_capacity(most), Vec::new());
    let mut people = PeopleOfRows::default();
    let (mut rows, mut bytes) = (0, 0);
    let content_id = |text: &str| {
        format!(
            "row:{:016x}{:016x}",
            intake.inner.vault.digest64(text),
            intake.inner.vault.digest64(&format!("{text}\u{1f}"))
        )
    };
    let incoming = |identifiers: &[Identifier], at| intake.inner.people.prepare(identifiers.iter().cloned(), at);
    while rows < most as u64 && bytes < CHUNK_BYTES_MAX && reader.next_row(&mut row).map_err(file_refusal)? {
        rows += 1;
        bytes += row.iter().map(str::len).sum::<usize>();
        let meaning = plan.read(&row, received, content_id).and_then(|meaning| intake.checked(meaning));
        match meaning {
            Ok(meaning) => {
                match &meaning {
                    Meaning::Person(row) => people.push(incoming(&row.identifiers, row.at.unwrap_or(received))),
                    Meaning::Order(row) => {
                        people.push_known(&row.identifiers, || incoming(&row.identifiers, row.order.at))
                    }
                    Meaning::Event(_) | Meaning::Product(_) => {}
                }
                good.push(meaning);
            }
            Err(refusal) => {
                bad.push((row.line, refusal, row.iter().map(|cell| cell.chars().take(500).collect()).collect()))
            }
        }
    }
    let (progress, info) = (reader.progress(), reader.info());
    Ok(Chunk {
        rows,
        good,
        people,
        bad,
        bytes: (progress.done, progress.total),
        format: info.format.name(),
        encoding: info.encoding,
    })
}

impl Intake {
    /// What can be refused without looking at the database.
    fn checked(&self, meaning: Meaning) -> Result<Meaning, Refusal> {
        let blocked = || {
            Refusal::invalid(
                "identity_blocked",
                "Every identifier of this row is on the list of values that identify nobody.",
                "该行的所有身份值都在屏蔽名单中。",
            )
        };
        let traits = match &meaning {
            Meaning::Person(row) => {
                if self
                    .inner
                    .people
                    .prepare(row.identifiers.iter().cloned(), siyu_kernel::Time(0))
                    .identifiers
                    .is_empty()
                {
                    return Err(blocked());
                }
                row.traits.as_slice()
            }
            Meaning::Order(row) => row.traits.as_slice(),
            _ => &[],
        };
        for (name, value) in traits {
            self.inner.people.check_trait(name, value)?;
        }
        Ok(meaning)
    }
}

fn file_refusal(error: FileError) -> Refusal {
    let (code, en, zh) = (error.code(), error.en(), error.zh());
    Refusal::invalid(code, en, zh).because(std::io::Error::other(format!("{error:?}")))
}
