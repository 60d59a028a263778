//! The folder the part files lie in.

use siyu_behaviour::{FileError, Part, PartMerge, StoredPart, file};
use siyu_kernel::{Chance, Class, Refusal};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

use crate::manifest::NewPart;

const HOME: &str = "home";
const DAMAGED: &str = ".damaged";
/// Locked by the process that keeps the files: the system lets go of it however that process ends, so that the next one need not wait.
const KEEPER: &str = "keeper";
/// Threads that write or verify files.
pub(crate) const THREADS: usize = 2;

/// Whose the lock beside the files is.
pub(crate) enum Hold {
    /// For as long as the file is open.
    Mine(fs::File),
    /// Another process has it, and lives.
    Theirs,
    /// The file system knows no locks.
    Unknown,
}

pub(crate) struct Folder {
    path: PathBuf,
    chance: Arc<Chance>,
}

pub(crate) fn refused(error: &FileError) -> Refusal {
    Refusal::new(
        Class::Unavailable,
        "behaviour_files",
        format!(
            "The files of the behaviour columns cannot be used: {error}. Check the folder's owner, permissions and the free space."
        ),
        format!("行为数据文件无法使用：{error}。请检查目录属主、权限与剩余空间。"),
    )
}
fn refused_io(path: &Path, source: io::Error) -> Refusal {
    refused(&FileError::Io { file: path.to_owned(), source })
}

/// The part, and what is to be remembered of its file.
pub(crate) type Made = (NewPart, Arc<Part>);

impl Folder {
    pub fn new(path: PathBuf, chance: Arc<Chance>) -> Self {
        Self { path, chance }
    }
    /// The folder's own id, made when it has none.
    pub fn home(&self) -> Result<String, Refusal> {
        let name = self.path.join(HOME);
        match fs::read_to_string(&name) {
            Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(refused_io(&name, error)),
        }
        let make = || -> io::Result<String> {
            self.make()?;
            let id = format!("{:016x}", self.chance.next());
            let own = self.path.join(format!("{HOME}.{id}"));
            fs::write(&own, &id)?;
            fs::File::open(&own)?.sync_all()?;
            // Two processes may meet here: the first one's id stays.
            let linked = fs::hard_link(&own, &name);
            fs::remove_file(&own)?;
            match linked {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            fs::File::open(&self.path)?.sync_all()?;
            Ok(fs::read_to_string(&name)?.trim().to_owned())
        };
        make().map_err(|error| refused_io(&name, error))
    }
    fn make(&self) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        #[cfg(unix)]
        fs::set_permissions(&self.path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Ok(())
    }
    /// The lock of the one that keeps the files.
    pub fn hold(&self) -> Result<Hold, Refusal> {
        let name = self.path.join(KEEPER);
        let mut options = fs::OpenOptions::new();
        options.create(true).write(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&name).map_err(|error| refused_io(&name, error))?;
        Ok(match file.try_lock() {
            Ok(()) => Hold::Mine(file),
            Err(fs::TryLockError::WouldBlock) => Hold::Theirs,
            Err(fs::TryLockError::Error(_)) => Hold::Unknown,
        })
    }
    fn new_name(&self, bucket: u16) -> String {
        format!("{bucket:05}-{:016x}.part", self.chance.next())
    }
    pub fn of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
    /// Writes each merge into a file of its own, and opens it; `None` where nothing is left. Nothing is left behind when one fails.
    pub fn write(&self, merges: &[&PartMerge], seqs: (i64, i64)) -> Result<Vec<Option<Made>>, Refusal> {
        if !self.path.exists() {
            // Somebody deleted it under a running program. The next start finds a folder of no name, and makes everything anew.
            self.make().map_err(|error| refused_io(&self.path, error))?;
        }
        let made: Mutex<Vec<(usize, Option<Made>)>> = Mutex::default();
        let failed: Mutex<Option<Refusal>> = Mutex::default();
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(merge) = merges.get(at) else { break };
                match self.write_one(merge, seqs) {
                    Ok(part) => made.lock().unwrap_or_else(PoisonError::into_inner).push((at, part)),
                    Err(error) => {
                        failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        next.store(merges.len(), Ordering::Relaxed);
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            (1..THREADS.min(merges.len())).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        let mut made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        made.sort_by_key(|(at, _)| *at);
        let made: Vec<Option<Made>> = made.into_iter().map(|(_, part)| part).collect();
        let synced = match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(refusal) => Err(refusal),
            None => file::sync_folder(&self.path).map_err(|error| refused(&error)),
        };
        if let Err(refusal) = synced {
            self.remove(made.iter().flatten().map(|(new, _)| new.file.as_str()));
            return Err(refusal);
        }
        Ok(made)
    }
    fn write_one(&self, merge: &PartMerge, seqs: (i64, i64)) -> Result<Option<Made>, Refusal> {
        let name = self.new_name(merge.bucket);
        let path = self.of(&name);
        let write = || {
            let Some(written) = file::write_merged(merge, &path)? else { return Ok(None) };
            let part = file::open(&path)?;
            let new = NewPart {
                bucket: merge.bucket,
                file: name,
                seq_lo: seqs.0,
                seq_hi: seqs.1,
                rows: written.rows,
                bytes: written.bytes,
                checksum: written.checksum,
                hidden: None,
            };
            Ok(Some((new, part.part)))
        };
        write().map_err(|error: FileError| {
            let _ = fs::remove_file(&path);
            refused(&error)
        })
    }
    /// Opens and verifies files, in their order. Each is mapped anew after it was read, so that what nobody asks for takes no memory.
    pub fn verified(&self, names: &[&str]) -> Vec<Result<StoredPart, FileError>> {
        let done: Mutex<Vec<(usize, Result<StoredPart, FileError>)>> = Mutex::default();
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(name) = names.get(at) else { break };
                let path = self.of(name);
                let opened = file::open(&path).and_then(|part| part.verify()).and_then(|()| file::open(&path));
                done.lock().unwrap_or_else(PoisonError::into_inner).push((at, opened));
            }
        };
        std::thread::scope(|scope| {
            (1..THREADS.min(names.len())).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, opened)| opened).collect()
    }
    /// What cannot be deleted now is a stray of the next start.
    pub fn remove<'n>(&self, names: impl Iterator<Item = &'n str>) {
        names.for_each(|name| drop(fs::remove_file(self.of(name))));
    }
    /// A damaged file is kept under another name, for whoever wants to know what happened to it.
    pub fn set_aside(&self, name: &str) {
        let _ = fs::rename(self.of(name), self.of(&format!("{name}{DAMAGED}")));
    }
    /// Files that were found damaged since whoever keeps them started, by the names they had.
    pub fn set_aside_ones(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter_map(|name| name.strip_suffix(DAMAGED).map(str::to_owned)).collect()
    }
    /// Deletes part files that `known` does not name: what a crash left, and damaged ones that were replaced.
    pub fn clean(&self, known: &BTreeSet<&str>) -> usize {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let strays: Vec<String> =
            names.filter(|name| name.contains(".part") && !known.contains(name.as_str())).collect();
        self.remove(strays.iter().map(String::as_str));
        strays.len()
    }
}
