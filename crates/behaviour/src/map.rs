//! Mapping a file into memory.

use memmap2::Mmap;
use std::fs::File;
use std::io;

/// The file's bytes as memory.
#[allow(
    unsafe_code,
    reason = "a mapping is sound while nobody changes the file, and part files are written under another name, renamed, and never opened for writing again"
)]
pub(crate) fn map(file: &File) -> io::Result<Mmap> {
    unsafe { Mmap::map(file) }
}
