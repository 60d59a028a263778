//! The file as a plain run of bytes: unpacks `.gz` and `.zst`, counts what was read.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::source::Handle;
use crate::{FileError, Progress, Source, Unit};

/// A packing around a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapping {
    None,
    Gzip,
    Zstd,
}

impl Wrapping {
    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0x1F, 0x8B, ..] => Wrapping::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Wrapping::Zstd,
            _ => Wrapping::None,
        }
    }
}

/// Largest zstd window, as a power of two: 32 MB keeps the reader inside its memory bound.
const ZSTD_WINDOW_LOG_MAX: u32 = 25;

pub(crate) struct ByteStream {
    inner: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
    total: u64,
    wrapping: Wrapping,
    name: String,
}

impl ByteStream {
    pub(crate) fn open(source: &Source, wrapping: Wrapping) -> Result<Self, FileError> {
        let read = Arc::new(AtomicU64::new(0));
        let counted =
            Counted { inner: source.handle_at(0).map_err(|e| source.unreadable(e))?, read: Arc::clone(&read) };
        let inner: Box<dyn Read + Send> = match wrapping {
            Wrapping::None => Box::new(counted),
            Wrapping::Gzip => {
                let buffered = io::BufReader::with_capacity(64 << 10, counted);
                Box::new(flate2::bufread::MultiGzDecoder::new(buffered))
            }
            Wrapping::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(counted).map_err(|e| source.unreadable(e))?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|e| source.unreadable(e))?;
                Box::new(decoder)
            }
        };
        Ok(ByteStream { inner, read, total: source.len(), wrapping, name: source.name().into() })
    }

    /// Stored bytes read so far, packed ones for packed files.
    pub(crate) fn progress(&self) -> Progress {
        Progress { done: self.read.load(Ordering::Relaxed).min(self.total), total: self.total, unit: Unit::Bytes }
    }

    /// A packed file that breaks is damaged; otherwise the disk or the opener failed.
    pub(crate) fn fault(&self, cause: io::Error) -> FileError {
        let format = match self.wrapping {
            Wrapping::Gzip => "gzip",
            Wrapping::Zstd => "zstd",
            Wrapping::None => {
                return FileError::Unreadable { name: self.name.clone(), source: cause };
            }
        };
        FileError::damaged_by(format, cause)
    }
}

impl Read for ByteStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buf)
    }
}

struct Counted {
    inner: Handle,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
