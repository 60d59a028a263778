//! The stored form of a part. One file each, written once.
//!
//! ```text
//! head       64 bytes, see `Head`
//! sections   the arrays of the part, in the order of `sink::each_buf`; little-endian, each from a multiple of 64, padded with zeros
//! directory  names, kinds, and for each section its offset, length and checksum (CRC-32 of the padded bytes)
//! ```
//! Every byte is under one of the checksums: of the head, of the directory, of a section. [`open`] maps the file and verifies nothing but head
//! and directory; [`StoredPart::verify`] reads all of it, checks the sums, and checks what the views rely on (offsets, ranks, the trail), so
//! that a file that passes can be read without a panic, whoever wrote it. The format is pinned by a golden file; a new one gets a new version.

use crate::bits::SLOTS;
use crate::buf::Buf;
use crate::column::{Column, ColumnKind, Words};
use crate::map::map;
use crate::part::{DayPart, Index, Part, TypePart};
use crate::sink::{DENSE, PackedDays, Sink, Visit, each_buf};
use crate::store::Merge;
use bytemuck::Pod;
use memmap2::Mmap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MAGIC: [u8; 8] = *b"SIYUPART";
const VERSION: u32 = 1;
const ALIGN: usize = 64;
const HEAD: usize = 64;

#[cfg(target_endian = "big")]
compile_error!("part files are little-endian and mapped as they are");

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file is not what was written: cut short, altered, or of a format this program does not know. Make the part anew.
    #[error("{} is damaged: {section}", file.display())]
    Damaged { file: PathBuf, section: String },
    #[error("{}: {source}", file.display())]
    Io { file: PathBuf, source: io::Error },
}

/// A part and its file.
pub struct StoredPart {
    pub part: Arc<Part>,
    pub bytes: u64,
    /// Of head and directory, and so of everything: the sections' sums are in the directory.
    pub checksum: u32,
    map: Arc<Mmap>,
    sections: Vec<Section>,
    file: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Section {
    offset: u64,
    bytes: u64,
    crc: u32,
}

/// What a written file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    pub bytes: u64,
    pub checksum: u32,
}

fn padded(bytes: u64) -> u64 {
    bytes.next_multiple_of(ALIGN as u64)
}

/// Writes sections as they come.
struct FileSink {
    out: BufWriter<File>,
    at: u64,
    sections: Vec<Section>,
}

impl FileSink {
    fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = BufWriter::with_capacity(1 << 18, options.open(path)?);
        out.write_all(&[0; HEAD])?;
        Ok(Self { out, at: HEAD as u64, sections: Vec::new() })
    }
    fn section(&mut self, bytes: &[u8]) -> io::Result<()> {
        let padding = [0u8; ALIGN];
        let padding = &padding[..(padded(bytes.len() as u64) - bytes.len() as u64) as usize];
        let mut crc = crc32fast::Hasher::new();
        for piece in [bytes, padding] {
            crc.update(piece);
            self.out.write_all(piece)?;
        }
        self.sections.push(Section { offset: self.at, bytes: bytes.len() as u64, crc: crc.finalize() });
        self.at += (bytes.len() + padding.len()) as u64;
        Ok(())
    }
    /// Writes directory and head, and syncs. `part`: the part, whose arrays are in the file already.
    fn finish(mut self, part: &Part, rows: u64) -> io::Result<Written> {
        let directory = directory(part, &self.sections);
        self.out.write_all(&directory)?;
        let head = Head {
            bucket: part.bucket,
            rows,
            directory: self.at,
            directory_bytes: directory.len() as u64,
            directory_crc: crc32fast::hash(&directory),
            file_bytes: self.at + directory.len() as u64,
        };
        let bytes = head.encode();
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&bytes)?;
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        Ok(Written { rows, bytes: head.file_bytes, checksum: checksum(&bytes, &directory) })
    }
}

fn checksum(head: &[u8], directory: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(head);
    crc.update(directory);
    crc.finalize()
}

impl Sink for FileSink {
    type Error = io::Error;
    fn put<T: Pod>(&mut self, values: Vec<T>) -> io::Result<Buf<T>> {
        self.section(bytemuck::cast_slice(&values))?;
        Ok(Buf::default())
    }
}
impl Visit for FileSink {
    type Error = io::Error;
    fn buf<T: Pod>(&mut self, buf: &Buf<T>) -> io::Result<()> {
        self.section(bytemuck::cast_slice(buf))
    }
    fn days(&mut self, days: &[DayPart]) -> io::Result<()> {
        let packed = PackedDays::new(days);
        self.section(bytemuck::cast_slice(&packed.table))?;
        self.section(bytemuck::cast_slice(&packed.slots))?;
        self.section(bytemuck::cast_slice(&packed.words))
    }
}

fn renamed<T>(path: &Path, write: impl FnOnce(&Path) -> io::Result<Option<T>>) -> Result<Option<T>, FileError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let temporary = PathBuf::from(name);
    let result = write(&temporary).and_then(|written| {
        match &written {
            Some(_) => std::fs::rename(&temporary, path)?,
            None => std::fs::remove_file(&temporary)?,
        }
        Ok(written)
    });
    result.map_err(|source| {
        let _ = std::fs::remove_file(&temporary);
        FileError::Io { file: path.to_owned(), source }
    })
}

/// Writes a part. The file is on disk when this returns; its name is once the folder is synced ([`sync_folder`]).
pub fn write(part: &Part, path: &Path) -> Result<Written, FileError> {
    let written = renamed(path, |temporary| {
        let mut sink = FileSink::create(temporary)?;
        each_buf(part, &mut sink)?;
        sink.finish(part, part.rows() as u64).map(Some)
    })?;
    Ok(written.expect("a part that is there is written"))
}
/// Merges parts into a file without holding the result in memory: at most one column of it at a time. `None` when nothing is left.
pub fn write_merged(merge: &Merge, path: &Path) -> Result<Option<Written>, FileError> {
    renamed(path, |temporary| {
        let mut sink = FileSink::create(temporary)?;
        let Some(part) = merge.write_to(&mut sink)? else { return Ok(None) };
        // Before the guests and the three arrays of the days stands the trail: one entry a row.
        let trail = sink.sections[sink.sections.len() - 5];
        sink.finish(&part, trail.bytes / 2).map(Some)
    })
}
/// Makes the names of new files durable.
pub fn sync_folder(folder: &Path) -> Result<(), FileError> {
    let sync = || File::open(folder)?.sync_all();
    sync().map_err(|source| FileError::Io { file: folder.to_owned(), source })
}

struct Head {
    bucket: u16,
    rows: u64,
    directory: u64,
    directory_bytes: u64,
    directory_crc: u32,
    file_bytes: u64,
}

impl Head {
    fn encode(&self) -> [u8; HEAD] {
        let mut out = [0; HEAD];
        out[..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12..14].copy_from_slice(&self.bucket.to_le_bytes());
        out[16..24].copy_from_slice(&self.rows.to_le_bytes());
        out[24..32].copy_from_slice(&self.directory.to_le_bytes());
        out[32..40].copy_from_slice(&self.directory_bytes.to_le_bytes());
        out[40..48].copy_from_slice(&self.file_bytes.to_le_bytes());
        out[48..52].copy_from_slice(&self.directory_crc.to_le_bytes());
        let crc = crc32fast::hash(&out[..60]);
        out[60..].copy_from_slice(&crc.to_le_bytes());
        out
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes.get(..HEAD)?);
        let sound = bytes[60..HEAD] == crc32fast::hash(&bytes[..60]).to_le_bytes();
        if reader.take(8)? != MAGIC || reader.u32()? != VERSION || !sound {
            return None;
        }
        let bucket = u16::from_le_bytes(reader.take(4)?[..2].try_into().ok()?);
        Some(Self {
            bucket,
            rows: reader.u64()?,
            directory: reader.u64()?,
            directory_bytes: reader.u64()?,
            file_bytes: reader.u64()?,
            directory_crc: reader.u32()?,
        })
    }
}

fn arrays(index: &Index) -> usize {
    match index {
        Index::Dense { .. } => 2,
        Index::Sparse(_) => 1,
    }
}
fn kind_code(kind: ColumnKind) -> u8 {
    match kind {
        ColumnKind::Int => 0,
        ColumnKind::Float => 1,
        ColumnKind::Bool => 2,
        ColumnKind::Text => 3,
        ColumnKind::List => 4,
    }
}

fn directory(part: &Part, sections: &[Section]) -> Vec<u8> {
    let mut out = Vec::new();
    let number = |out: &mut Vec<u8>, n: usize| out.extend_from_slice(&(n as u32).to_le_bytes());
    let text = |out: &mut Vec<u8>, text: &str| {
        number(out, text.len());
        out.extend_from_slice(text.as_bytes());
    };
    number(&mut out, part.types.len());
    for own in &part.types {
        text(&mut out, &own.event);
        out.extend_from_slice(&own.left_out.to_le_bytes());
        out.push(arrays(&own.index) as u8);
        number(&mut out, own.columns.len());
        for (name, column) in &own.columns {
            text(&mut out, name);
            out.push(kind_code(column.kind()));
        }
    }
    out.push(arrays(&part.index) as u8);
    number(&mut out, sections.len());
    for section in sections {
        out.extend_from_slice(&section.offset.to_le_bytes());
        out.extend_from_slice(&section.bytes.to_le_bytes());
        out.extend_from_slice(&section.crc.to_le_bytes());
    }
    out
}

/// Reads what `directory` wrote; never past the end.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (own, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(own)
    }
    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }
    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }
    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }
    /// A number of things of at least a byte each.
    fn count(&mut self) -> Option<usize> {
        self.u32().map(|n| n as usize).filter(|n| *n <= self.0.len())
    }
    fn text(&mut self) -> Option<&'a str> {
        let n = self.count()?;
        std::str::from_utf8(self.take(n)?).ok()
    }
}

/// Hands out the sections in order, as arrays.
struct Sections<'a> {
    map: &'a Arc<Mmap>,
    left: std::slice::Iter<'a, Section>,
}

impl Sections<'_> {
    fn next<T: Pod>(&mut self) -> Option<Buf<T>> {
        let section = self.left.next()?;
        let from = usize::try_from(section.offset).ok()?;
        Buf::mapped(self.map, from, from.checked_add(usize::try_from(section.bytes).ok()?)?)
    }
    fn index(&mut self, arrays: u8) -> Option<Index> {
        match arrays {
            1 => self.next().map(Index::Sparse),
            2 => Some(Index::Dense { words: self.next()?, ranks: self.next()? }),
            _ => None,
        }
    }
    fn days(&mut self) -> Option<Vec<DayPart>> {
        let table: Buf<[i32; 2]> = self.next()?;
        let (slots, words) = (self.left.next()?, self.left.next()?);
        let (mut slot, mut word) = (usize::try_from(slots.offset).ok()?, usize::try_from(words.offset).ok()?);
        let (slots_end, words_end) = (slot as u64 + slots.bytes, word as u64 + words.bytes);
        let mut days = Vec::with_capacity(table.len());
        for [day, n] in table.iter() {
            let index = match *n {
                DENSE => {
                    let to = word.checked_add(SLOTS / 8)?;
                    let words = Buf::mapped(self.map, word, to)?;
                    word = to;
                    Index::Dense { words, ranks: Buf::default() }
                }
                n => {
                    let to = slot.checked_add(2 * usize::try_from(n).ok()?)?;
                    let slots = Buf::mapped(self.map, slot, to)?;
                    slot = to;
                    Index::Sparse(slots)
                }
            };
            days.push(DayPart { day: *day, slots: index });
        }
        (slot as u64 == slots_end && word as u64 == words_end).then_some(days)
    }
    fn words(&mut self) -> Option<Words> {
        Some(Words { ends: self.next()?, bytes: self.next()? })
    }
    fn column(&mut self, kind: u8) -> Option<Column> {
        Some(match kind {
            0 => Column::Int(self.next()?),
            1 => Column::Float(self.next()?),
            2 => Column::Bool(self.next()?),
            3 => Column::Text { codes: self.next()?, words: self.words()? },
            4 => Column::List { starts: self.next()?, codes: self.next()?, words: self.words()? },
            _ => return None,
        })
    }
}

fn read_sections(bytes: &[u8]) -> Option<(Vec<Section>, &[u8])> {
    // The list of sections ends the directory; its length stands before it, after what it describes: read from the front.
    let mut reader = Reader(bytes);
    for _ in 0..reader.count()? {
        reader.text()?;
        reader.take(9)?;
        for _ in 0..reader.count()? {
            reader.text()?;
            reader.u8()?;
        }
    }
    reader.u8()?;
    let described = &bytes[..bytes.len() - reader.0.len()];
    let n = reader.count()?;
    let sections: Option<Vec<Section>> =
        (0..n).map(|_| Some(Section { offset: reader.u64()?, bytes: reader.u64()?, crc: reader.u32()? })).collect();
    reader.0.is_empty().then_some((sections?, described))
}

fn read_part(described: &[u8], bucket: u16, mut sections: Sections<'_>) -> Option<Part> {
    let mut reader = Reader(described);
    let mut types = Vec::new();
    for _ in 0..reader.count()? {
        let event = reader.text()?.to_owned();
        let left_out = reader.u64()?;
        let index = sections.index(reader.u8()?)?;
        let (starts, times, origins) = (sections.next()?, sections.next()?, sections.next()?);
        let mut columns = Vec::new();
        for _ in 0..reader.count()? {
            let name = reader.text()?.to_owned();
            columns.push((name, sections.column(reader.u8()?)?));
        }
        let days = sections.days()?;
        types.push(TypePart { event, index, starts, times, origins, columns, days, left_out });
    }
    let index = sections.index(reader.u8()?)?;
    let (starts, trail, guests) = (sections.next()?, sections.next()?, sections.next()?);
    let days = sections.days()?;
    let all = reader.0.is_empty() && sections.left.next().is_none();
    all.then_some(Part { bucket, types, index, starts, trail, guests, days })
}

/// Maps a part. Head and directory are sound when this succeeds; the rest is once [`StoredPart::verify`] says so.
pub fn open(path: &Path) -> Result<StoredPart, FileError> {
    let failed = |source| FileError::Io { file: path.to_owned(), source };
    let damaged = |section: &str| FileError::Damaged { file: path.to_owned(), section: section.to_owned() };
    let file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes < HEAD as u64 {
        return Err(damaged("head"));
    }
    let map = Arc::new(map(&file).map_err(failed)?);
    let head = Head::decode(&map).filter(|head| head.file_bytes == bytes).ok_or_else(|| damaged("head"))?;
    let directory = || {
        let (from, n) = (usize::try_from(head.directory).ok()?, usize::try_from(head.directory_bytes).ok()?);
        let directory = map.get(from..from.checked_add(n)?)?;
        (from + n == map.len() && crc32fast::hash(directory) == head.directory_crc).then_some(directory)
    };
    let directory = directory().ok_or_else(|| damaged("directory"))?;
    let checksum = checksum(&map[..HEAD], directory);
    let (sections, described) = read_sections(directory).ok_or_else(|| damaged("directory"))?;
    // One after the other, without a gap: no byte is outside of all checksums.
    let mut at = HEAD as u64;
    for section in &sections {
        if section.offset != at || section.bytes > bytes {
            return Err(damaged("directory"));
        }
        at += padded(section.bytes);
    }
    if at != head.directory {
        return Err(damaged("directory"));
    }
    let part = read_part(described, head.bucket, Sections { map: &map, left: sections.iter() });
    let part = part.filter(|part| part.rows() as u64 == head.rows).ok_or_else(|| damaged("directory"))?;
    Ok(StoredPart { part: Arc::new(part), bytes, checksum, map, sections, file: path.to_owned() })
}

impl StoredPart {
    /// Reads the whole file.
    pub fn verify(&self) -> Result<(), FileError> {
        for (at, section) in self.sections.iter().enumerate() {
            let from = section.offset as usize;
            let bytes = &self.map[from..from + padded(section.bytes) as usize];
            if crc32fast::hash(bytes) != section.crc {
                return Err(self.damaged(format!("section {at} of {}", self.sections.len())));
            }
        }
        crate::check::check(&self.part).map_err(|what| self.damaged(what))
    }
    fn damaged(&self, section: String) -> FileError {
        FileError::Damaged { file: self.file.clone(), section }
    }
}
