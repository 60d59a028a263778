//! SQLite's write-ahead log is folded into the database file beside the writer. Left to SQLite, the commit that fills the log does it, and
//! everybody waits for as long as the copying takes.
//!
//! A thread copies what is there, again what came meanwhile, and leaves a short rest to the writer: only where nobody adds to the log can
//! it be folded whole, and only then does it begin anew.

use crate::DbConfig;
use crate::config::Target;
use crate::engine::{LiteConn, Role};
use siyu_kernel::Refusal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Pages at which the log is folded: long enough that a page which changes again and again is copied once, short enough that a commit whose
/// sync must wait for the copied pages waits for few.
const LOG_PAGES: i64 = 16_000;
/// From here on the writer folds the rest, however much it is: it writes faster than this thread copies.
const LOG_PAGES_MAX: i64 = 64_000;
/// What the writer may be asked to copy.
const REST_PAGES: i64 = 512;
const PASSES: usize = 4;
const LOOK: Duration = Duration::from_millis(100);

pub(crate) struct Checkpoints {
    pub rest: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Does nothing for PostgreSQL, which has a process for it.
    pub fn start(config: &DbConfig) -> Result<Self, Refusal> {
        let (rest, stop) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let Target::Sqlite { file, .. } = &config.target else { return Ok(Self { rest, stop, thread: None }) };
        let conn = LiteConn::open(file, Role::Reader, 0)?;
        let (own_rest, own_stop) = (Arc::clone(&rest), Arc::clone(&stop));
        let body = move || {
            while !own_stop.load(Ordering::SeqCst) {
                std::thread::park_timeout(LOOK);
                if let Some(true) = fold(&conn) {
                    own_rest.store(true, Ordering::SeqCst);
                }
            }
        };
        let thread = std::thread::Builder::new().name("db-checkpoint".into()).spawn(body).map_err(Refusal::internal)?;
        Ok(Self { rest, stop, thread: Some(thread) })
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// True when the writer is to fold the rest. `None`: nothing to do, or the disk failed, which the next commit tells.
fn fold(conn: &LiteConn) -> Option<bool> {
    let (pages, _) = conn.log_pages().ok()?;
    if pages < LOG_PAGES {
        return None;
    }
    for _ in 0..PASSES {
        let (pages, folded) = conn.fold_log().ok()?;
        if pages - folded <= REST_PAGES {
            return Some(true);
        }
    }
    Some(conn.log_pages().ok()?.0 > LOG_PAGES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(conn: &LiteConn) -> i64 {
        conn.log_pages().unwrap().0
    }

    #[test]
    fn the_log_is_folded_and_begins_anew() {
        let folder = std::env::temp_dir().join(format!("siyu-checkpoint-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("log.db");
        let mut writer = LiteConn::open(&file, Role::Writer, 1_024).unwrap();
        let mut beside = LiteConn::open(&file, Role::Reader, 0).unwrap();
        writer.script("CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)").unwrap();
        let mut fill = |rows: i64| {
            writer.script("BEGIN IMMEDIATE").unwrap();
            let sql = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < $1) INSERT INTO t (body) SELECT zeroblob(4000) FROM r";
            writer.execute(sql, &[rows.into()]).unwrap();
            writer.script("COMMIT").unwrap();
            writer.changed_outside().unwrap()
        };
        fill(100);
        assert_eq!(fold(&beside), None, "a short log is left alone");
        fill(LOG_PAGES);
        let before = pages(&beside);
        assert!(before > LOG_PAGES);
        // Somebody still reads what was there before: nothing of theirs is taken away.
        beside.script("BEGIN").unwrap();
        let mut seen = 0;
        let mut count = |row: crate::RowRef<'_>| {
            seen = row.int(0)?;
            Ok(())
        };
        beside.query("SELECT COUNT(*) FROM t", &[], &mut count).unwrap();
        assert_eq!(seen, LOG_PAGES + 100);
        beside.script("COMMIT").unwrap();
        assert_eq!(fold(&beside), Some(true));
        assert!(!fill(1), "folding beside the writer is no change from outside");
        assert!(pages(&beside) < 100, "the log began anew: {} of {before}", pages(&beside));
        drop((writer, beside));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
