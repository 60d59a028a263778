//! Where the bytes come from: a path, memory, or any opener the caller provides.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::FileError;

/// What a source hands out: readable from any place.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// Opens the file anew, positioned at its start. Called a few times per reading, also from other threads.
pub type Opener = Arc<dyn Fn() -> io::Result<Box<dyn ReadSeek + Send>> + Send + Sync>;

/// A file that can be opened again and again. Cheap to clone; handles given back are used again.
#[derive(Clone)]
pub struct Source {
    name: String,
    len: u64,
    opener: Opener,
    idle: Arc<Mutex<Vec<Box<dyn ReadSeek + Send>>>>,
}

/// Handles kept open for the next use; parquet asks for one per page run.
const IDLE_MAX: usize = 4;

impl Source {
    /// `name` is what the uploader called the file (its extension helps detection), `len` its size in bytes.
    pub fn new(name: impl Into<String>, len: u64, opener: Opener) -> Self {
        Source { name: name.into(), len, opener, idle: Arc::default() }
    }

    /// A file on disk. The path is opened at once so that a wrong path is reported here.
    pub fn path(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref().to_path_buf();
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let fail = |source| FileError::Unreadable { name: name.clone(), source };
        let meta = File::open(&path).and_then(|f| f.metadata()).map_err(fail)?;
        if !meta.is_file() {
            return Err(fail(io::Error::other("not a regular file")));
        }
        let opener: Opener = Arc::new(move || Ok(Box::new(File::open(&path)?)));
        Ok(Source::new(name, meta.len(), opener))
    }

    /// Bytes already in memory.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into();
        let len = bytes.len() as u64;
        Source::new(name, len, Arc::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))))))
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A handle positioned at `at`; goes back to the pool when dropped.
    pub(crate) fn handle_at(&self, at: u64) -> io::Result<Handle> {
        let idle = self.idle.lock().ok().and_then(|mut pool| pool.pop());
        let mut inner = match idle {
            Some(handle) => handle,
            None => (self.opener)()?,
        };
        inner.seek(SeekFrom::Start(at))?;
        Ok(Handle { inner: Some(inner), idle: Arc::clone(&self.idle) })
    }

    pub(crate) fn unreadable(&self, source: io::Error) -> FileError {
        FileError::Unreadable { name: self.name.clone(), source }
    }

    /// At most `max` bytes from the start.
    pub(crate) fn head(&self, max: u64) -> Result<Vec<u8>, FileError> {
        let mut out = Vec::new();
        self.handle_at(0).and_then(|h| h.take(max).read_to_end(&mut out)).map_err(|e| self.unreadable(e))?;
        Ok(out)
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("len", &self.len).finish_non_exhaustive()
    }
}

/// A borrowed place in the file.
pub(crate) struct Handle {
    inner: Option<Box<dyn ReadSeek + Send>>,
    idle: Arc<Mutex<Vec<Box<dyn ReadSeek + Send>>>>,
}

impl Handle {
    fn get(&mut self) -> io::Result<&mut Box<dyn ReadSeek + Send>> {
        self.inner.as_mut().ok_or_else(|| io::Error::other("handle was given back"))
    }
}

impl Read for Handle {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.get()?.read(buf)
    }
}

impl Seek for Handle {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.get()?.seek(pos)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let (Some(inner), Ok(mut pool)) = (self.inner.take(), self.idle.lock())
            && pool.len() < IDLE_MAX
        {
            pool.push(inner);
        }
    }
}
