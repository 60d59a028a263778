//! Who runs a job: a lock on a small file beside the uploads. The system lets go of it however its holder ended, `kill -9` included, so a
//! row that says "running" can be told from a job that runs.

use siyu_kernel::{Class, Refusal};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Held for as long as a job runs.
#[derive(Debug)]
pub struct Hold {
    path: PathBuf,
    _file: File,
}

impl Hold {
    /// `None` while somebody else has it. `folder` is the workspace's.
    /// Errors: `upload_storage`.
    pub fn take(folder: &Path, job: &str) -> Result<Option<Self>, Refusal> {
        let folder = folder.join("uploads");
        std::fs::create_dir_all(&folder).and_then(|()| take(place(&folder, job))).map_err(cannot_store)
    }
    /// Leaves what a holder leaves that died: for jobs that came back from a backup.
    /// Errors: `upload_storage`.
    pub fn leave(folder: &Path, job: &str) -> Result<(), Refusal> {
        let folder = folder.join("uploads");
        let made = std::fs::create_dir_all(&folder).and_then(|()| File::create(place(&folder, job)));
        made.map(drop).map_err(cannot_store)
    }
    /// True when a holder of this folder ended without letting go, or holds it still.
    pub fn was_taken(folder: &Path, job: &str) -> bool {
        place(&folder.join("uploads"), job).exists()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // While it is locked: whoever opened it meanwhile finds that it is no longer the file of that name.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn cannot_store(error: io::Error) -> Refusal {
    Refusal::new(
        Class::Unavailable,
        "upload_storage",
        "The file could not be stored; check the space and permissions of the data folder. Nothing was kept.",
        "文件无法保存，请检查数据目录的空间与权限；未保留任何内容。",
    )
    .because(error)
}

fn place(uploads: &Path, job: &str) -> PathBuf {
    uploads.join(format!("{job}.lock"))
}

fn take(path: PathBuf) -> io::Result<Option<Hold>> {
    loop {
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let same = std::fs::metadata(&path).is_ok_and(|now| file.metadata().is_ok_and(|own| own.ino() == now.ino()));
        if same {
            return Ok(Some(Hold { path, _file: file }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_nothing_is_left() {
        let folder = std::env::temp_dir().join(format!("siyu-hold-{}", std::process::id()));
        let first = Hold::take(&folder, "imp_1").unwrap();
        assert!(first.is_some() && Hold::was_taken(&folder, "imp_1"));
        assert!(Hold::take(&folder, "imp_1").unwrap().is_none());
        assert!(Hold::take(&folder, "imp_2").unwrap().is_some());
        drop(first);
        assert!(!Hold::was_taken(&folder, "imp_1"));
        // One that died leaves its file, and no lock.
        std::fs::write(folder.join("uploads/imp_1.lock"), "").unwrap();
        assert!(Hold::take(&folder, "imp_1").unwrap().is_some());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
