//! Uploaded files wait on disk sealed: they hold what the brand knows of its customers. Fixed-size pieces, so that any place can be read.

use siyu_kernel::Vault;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

const PLAIN_BYTES: usize = 65_536;
/// Nonce and tag.
const SEAL_BYTES: usize = 28;
const PIECE_BYTES: u64 = (PLAIN_BYTES + SEAL_BYTES) as u64;

pub struct SealedWriter {
    file: File,
    vault: Vault,
    waiting: Vec<u8>,
    len: u64,
}

impl SealedWriter {
    pub fn create(path: &Path, vault: Vault) -> io::Result<Self> {
        Ok(Self { file: File::create_new(path)?, vault, waiting: Vec::with_capacity(PLAIN_BYTES), len: 0 })
    }
    /// Writes what is left and syncs; returns the length of the plain content.
    pub fn finish(mut self) -> io::Result<u64> {
        self.flush_piece()?;
        self.file.sync_all()?;
        Ok(self.len)
    }
    fn flush_piece(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.file.write_all(&self.vault.seal(&self.waiting))?;
            self.waiting.clear();
        }
        Ok(())
    }
}

impl Write for SealedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let take = bytes.len().min(PLAIN_BYTES - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..take]);
        self.len += take as u64;
        if self.waiting.len() == PLAIN_BYTES {
            self.flush_piece()?;
        }
        Ok(take)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a sealed file as if it were plain.
pub struct SealedReader {
    file: File,
    vault: Vault,
    at: u64,
    piece: Option<(u64, Vec<u8>)>,
    len: u64,
}

impl SealedReader {
    pub fn open(path: &Path, vault: Vault) -> io::Result<Self> {
        let file = File::open(path)?;
        let stored = file.metadata()?.len();
        let whole = stored / PIECE_BYTES;
        let rest = (stored % PIECE_BYTES).saturating_sub(if stored.is_multiple_of(PIECE_BYTES) {
            0
        } else {
            SEAL_BYTES as u64
        });
        Ok(Self { file, vault, at: 0, piece: None, len: whole * PLAIN_BYTES as u64 + rest })
    }
    pub fn len(&self) -> u64 {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    fn load(&mut self, no: u64) -> io::Result<()> {
        if self.piece.as_ref().is_some_and(|(held, _)| *held == no) {
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(no * PIECE_BYTES))?;
        let mut sealed = Vec::with_capacity(PIECE_BYTES as usize);
        (&mut self.file).take(PIECE_BYTES).read_to_end(&mut sealed)?;
        let plain = self.vault.open(&sealed).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
        self.piece = Some((no, plain));
        Ok(())
    }
}

impl Read for SealedReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.len || out.is_empty() {
            return Ok(0);
        }
        self.load(self.at / PLAIN_BYTES as u64)?;
        let from = (self.at % PLAIN_BYTES as u64) as usize;
        let plain = self.piece.as_ref().map(|(_, plain)| plain.as_slice()).unwrap_or_default();
        let take = out.len().min(plain.len().saturating_sub(from));
        out[..take].copy_from_slice(&plain[from..from + take]);
        self.at += take as u64;
        Ok(take)
    }
}

impl Seek for SealedReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "before the start"))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_place_can_be_read_and_nothing_is_in_the_clear() {
        let path = std::env::temp_dir().join(format!("siyu-sealed-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        for len in [0usize, 1, 65_535, 65_536, 65_537, 200_000] {
            let plain: Vec<u8> = (0..len).map(|i| b"13912345678,"[i % 12]).collect();
            let vault = Vault::from_key([5; 32]);
            let mut writer = SealedWriter::create(&path, vault.clone()).unwrap();
            writer.write_all(&plain).unwrap();
            assert_eq!(writer.finish().unwrap(), len as u64);
            let mut reader = SealedReader::open(&path, vault).unwrap();
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            assert!(all == plain && reader.len() == len as u64);
            if len > 70_000 {
                reader.seek(SeekFrom::End(-5)).unwrap();
                let mut tail = [0; 5];
                reader.read_exact(&mut tail).unwrap();
                assert_eq!(tail, plain[len - 5..]);
            }
            assert!(!std::fs::read(&path).unwrap().windows(11).any(|w| w == b"13912345678"));
            std::fs::remove_file(&path).unwrap();
        }
    }
}
