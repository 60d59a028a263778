//! The compound file around an XLS workbook: a small file system of chained sectors.

use super::FORMAT;
use crate::FileError;

const HEADER_BYTES: usize = 512;
const ENTRY_BYTES: usize = 128;
const CHAIN_END: u32 = 0xFFFF_FFFA;

/// The bytes of the `Workbook` stream.
pub(crate) fn workbook_stream(file: &[u8], name: &str) -> Result<Vec<u8>, FileError> {
    let cfb = Cfb::open(file)?;
    let entries = cfb.entries()?;
    let find = |wanted: &str| entries.iter().find(|e| e.name.eq_ignore_ascii_case(wanted));
    if find("EncryptedPackage").is_some() {
        return Err(FileError::Protected { name: name.into() });
    }
    let Some(book) = find("Workbook") else {
        return Err(FileError::UnknownFormat {
            name: name.into(),
            seen: match find("Book") {
                Some(_) => "an Excel 95 workbook; save it as XLSX",
                None => "an Office document that is not a workbook",
            },
        });
    };
    let root = entries.first().ok_or_else(broken)?;
    cfb.stream(book, root)
}

fn broken() -> FileError {
    FileError::damaged(FORMAT, "its sector table is broken")
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, FileError> {
    let raw = bytes.get(at..at + 2).and_then(|b| b.try_into().ok());
    raw.map(u16::from_le_bytes).ok_or_else(broken)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, FileError> {
    let raw = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
    raw.map(u32::from_le_bytes).ok_or_else(broken)
}

struct Entry {
    name: String,
    start: u32,
    size: usize,
}

struct Cfb<'a> {
    file: &'a [u8],
    sector_bytes: usize,
    fat: Vec<u32>,
}

impl<'a> Cfb<'a> {
    fn open(file: &'a [u8]) -> Result<Self, FileError> {
        let shift = u16_at(file, 30)?;
        if shift != 9 && shift != 12 {
            return Err(broken());
        }
        let mut cfb = Cfb { file, sector_bytes: 1 << shift, fat: Vec::new() };
        for sector in cfb.fat_sectors()? {
            let table = cfb.sector(sector)?;
            let ids = table.chunks_exact(4);
            cfb.fat.extend(ids.map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])));
        }
        Ok(cfb)
    }

    /// More steps than sectors in the file means a chain that runs in circles.
    fn sectors_max(&self) -> usize {
        self.file.len() / self.sector_bytes + 1
    }

    fn sector(&self, id: u32) -> Result<&'a [u8], FileError> {
        let start = (id as usize + 1).checked_mul(self.sector_bytes).ok_or_else(broken)?;
        let end = (start + self.sector_bytes).min(self.file.len());
        // The last sector of a file may be cut short.
        self.file.get(start..end).filter(|s| !s.is_empty()).ok_or_else(broken)
    }

    fn fat_sectors(&self) -> Result<Vec<u32>, FileError> {
        let mut out = Vec::new();
        for at in (76..HEADER_BYTES).step_by(4) {
            out.push(u32_at(self.file, at)?);
        }
        let mut next = u32_at(self.file, 68)?;
        for _ in 0..self.sectors_max() {
            if next >= CHAIN_END {
                break;
            }
            let table = self.sector(next)?;
            let last = self.sector_bytes - 4;
            for at in (0..last).step_by(4) {
                out.push(u32_at(table, at)?);
            }
            next = u32_at(table, last)?;
        }
        out.retain(|&id| id < CHAIN_END);
        if out.len() > self.sectors_max() {
            return Err(broken());
        }
        Ok(out)
    }

    fn chain(&self, start: u32, size_max: usize) -> Result<Vec<u8>, FileError> {
        let (mut out, mut next) = (Vec::new(), start);
        for _ in 0..self.sectors_max() {
            if next >= CHAIN_END || out.len() >= size_max {
                out.truncate(size_max);
                return Ok(out);
            }
            out.extend_from_slice(self.sector(next)?);
            next = *self.fat.get(next as usize).ok_or_else(broken)?;
        }
        Err(broken())
    }

    fn entries(&self) -> Result<Vec<Entry>, FileError> {
        let table = self.chain(u32_at(self.file, 48)?, usize::MAX)?;
        table.chunks_exact(ENTRY_BYTES).map(entry).collect()
    }

    fn stream(&self, entry: &Entry, root: &Entry) -> Result<Vec<u8>, FileError> {
        let cutoff = u32_at(self.file, 56)? as usize;
        let out = match entry.size < cutoff {
            true => self.mini_stream(entry, root)?,
            false => self.chain(entry.start, entry.size)?,
        };
        match out.len() == entry.size {
            true => Ok(out),
            false => Err(FileError::damaged(FORMAT, "the workbook stream is cut short")),
        }
    }

    /// Small streams lie in 64-byte sectors inside the root's own stream.
    fn mini_stream(&self, entry: &Entry, root: &Entry) -> Result<Vec<u8>, FileError> {
        const MINI_BYTES: usize = 64;
        let table = self.chain(u32_at(self.file, 60)?, usize::MAX)?;
        let pool = self.chain(root.start, root.size)?;
        let (mut out, mut next) = (Vec::new(), entry.start);
        for _ in 0..=pool.len() / MINI_BYTES {
            if next >= CHAIN_END || out.len() >= entry.size {
                break;
            }
            let start = next as usize * MINI_BYTES;
            let end = (start + MINI_BYTES).min(pool.len());
            out.extend_from_slice(pool.get(start..end).ok_or_else(broken)?);
            next = u32_at(&table, next as usize * 4)?;
        }
        out.truncate(entry.size);
        Ok(out)
    }
}

fn entry(raw: &[u8]) -> Result<Entry, FileError> {
    let name_bytes = usize::from(u16_at(raw, 64)?).saturating_sub(2).min(62);
    let units: Vec<u16> = raw[..name_bytes].chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
    Ok(Entry { name: String::from_utf16_lossy(&units), start: u32_at(raw, 116)?, size: u32_at(raw, 120)? as usize })
}
