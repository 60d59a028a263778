//! Syncing SQLite's write-ahead log behind the writer, who goes on with the next group meanwhile.
//!
//! The writer commits without a sync (`synchronous = NORMAL`) and hands the answers over; they are given after a sync that began later than
//! that commit. The log is a chain of frames, each with a checksum over all before it: what is on disk is always the beginning of what was
//! committed, so a unit that was answered never goes before one that it saw. Folding the log into the database syncs it first, by itself.

use crate::DbError;
use crate::error::sync_failed;
use crate::writer::{Done, Value};
use siyu_kernel::Refusal;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// What callers wait for.
pub(crate) type Answers = Vec<(Done, Result<Value, Refusal>)>;

pub(crate) struct Syncer {
    /// `None` while stopping.
    answers: Option<Sender<Answers>>,
    /// A sync failed: what the system holds in memory and what is on disk may differ, and a later sync would not tell.
    failed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    pub fn start(database: &Path) -> Result<Self, Refusal> {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let log = PathBuf::from(log);
        Self::syncing(move |file| sync(file, &log))
    }
    fn syncing(
        mut sync: impl FnMut(&mut Option<File>) -> std::io::Result<()> + Send + 'static,
    ) -> Result<Self, Refusal> {
        let (sender, receiver) = channel();
        let failed: Arc<AtomicBool> = Arc::default();
        let own = Arc::clone(&failed);
        let body = move || run(&receiver, &own, &mut sync);
        let thread = std::thread::Builder::new().name("db-sync".into()).spawn(body).map_err(Refusal::internal)?;
        Ok(Self { answers: Some(sender), failed, thread: Some(thread) })
    }
    /// After a failed sync nothing more is taken.
    pub fn check(&self) -> Result<(), DbError> {
        if self.failed.load(Ordering::SeqCst) { Err(DbError::Sync) } else { Ok(()) }
    }
    /// Answers once everything committed so far is on disk.
    pub fn answer(&self, answers: Answers) {
        if let Some(sender) = &self.answers {
            // The thread ends after the last sender.
            let _ = sender.send(answers);
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        drop(self.answers.take());
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

fn run(
    receiver: &Receiver<Answers>,
    failed: &AtomicBool,
    sync: &mut dyn FnMut(&mut Option<File>) -> std::io::Result<()>,
) {
    let mut file = None;
    while let Ok(mut answers) = receiver.recv() {
        // All these were committed before the sync begins.
        receiver.try_iter().for_each(|more| answers.extend(more));
        let synced =
            if failed.load(Ordering::SeqCst) { Err(std::io::ErrorKind::Other.into()) } else { sync(&mut file) };
        if synced.is_err() {
            failed.store(true, Ordering::SeqCst);
        }
        for (done, outcome) in answers {
            done(if synced.is_ok() { outcome } else { outcome.and_then(|_| Err(sync_failed())) });
        }
    }
}

fn sync(file: &mut Option<File>, log: &Path) -> std::io::Result<()> {
    if file.is_none() {
        // There since the writer's connection first read; it stays until the last connection closes.
        *file = Some(File::open(log)?);
    }
    file.as_ref().expect("opened above").sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    fn answer(syncer: &Syncer) -> Receiver<Result<(), &'static str>> {
        let (said, saying) = sync_channel(1);
        let done: Done = Box::new(move |outcome| said.send(outcome.map(drop).map_err(|refusal| refusal.code)).unwrap());
        syncer.answer(vec![(done, Ok(Box::new(())))]);
        saying
    }

    #[test]
    fn nobody_is_answered_before_a_sync_that_began_after_the_commit() {
        let ((begins, begun), (may, go)) = (channel(), channel::<()>());
        let syncer = Syncer::syncing(move |_| {
            begins.send(()).unwrap();
            go.recv().map_err(std::io::Error::other)
        })
        .unwrap();
        let first = answer(&syncer);
        begun.recv().unwrap();
        // The first sync is under way: these two wait for the next, together.
        let (second, third) = (answer(&syncer), answer(&syncer));
        assert!(first.try_recv().is_err() && second.try_recv().is_err());
        may.send(()).unwrap();
        assert_eq!(first.recv().unwrap(), Ok(()));
        begun.recv().unwrap();
        assert!(second.try_recv().is_err() && third.try_recv().is_err());
        may.send(()).unwrap();
        assert_eq!((second.recv().unwrap(), third.recv().unwrap()), (Ok(()), Ok(())));
        assert!(begun.recv_timeout(Duration::from_millis(20)).is_err(), "one sync for both");
    }

    #[test]
    fn after_a_failed_sync_nothing_is_answered_as_saved() {
        let mut syncs = 0;
        let syncer = Syncer::syncing(move |_| {
            syncs += 1;
            if syncs == 2 { Err(std::io::Error::other("the disk is gone")) } else { Ok(()) }
        })
        .unwrap();
        assert_eq!(answer(&syncer).recv().unwrap(), Ok(()));
        syncer.check().unwrap();
        assert_eq!(answer(&syncer).recv().unwrap(), Err("sync_failed"));
        assert!(syncer.check().is_err());
        assert_eq!(answer(&syncer).recv().unwrap(), Err("sync_failed"), "a later sync proves nothing");
    }
}
