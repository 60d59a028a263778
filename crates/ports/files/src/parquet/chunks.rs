//! Lets the parquet library read any place of a source.

use std::io::{BufReader, Read};

use ::bytes::Bytes;
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::reader::{ChunkReader, Length};

use crate::Source;
use crate::source::Handle;

pub(crate) struct Chunks {
    source: Source,
}

impl Chunks {
    pub(crate) fn new(source: Source) -> Self {
        Chunks { source }
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.source.len()
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<Handle>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let handle = self.source.handle_at(start)?;
        // Page headers are read this way; they are small.
        Ok(BufReader::with_capacity(1024, handle))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        // Asked before anything is allocated: a damaged file may state any length.
        if start.checked_add(length as u64).is_none_or(|end| end > self.source.len()) {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} lie outside the file")));
        }
        let mut out = Vec::with_capacity(length);
        let handle = self.source.handle_at(start)?;
        handle.take(length as u64).read_to_end(&mut out)?;
        match out.len() == length {
            true => Ok(out.into()),
            false => Err(ParquetError::EOF(format!("the file ends inside {length} bytes at {start}"))),
        }
    }
}
