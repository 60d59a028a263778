//! The parts of the ZIP archive, unpacked as they are read and never further than allowed.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_xml::events::{BytesStart, Event};
use zip::{CompressionMethod, ZipArchive};

use super::FORMAT;
use crate::source::Handle;
use crate::{FileError, Limits, Progress, Source, Unit};

const PARTS_MAX: usize = 20_000;
/// Packed bytes below which the ratio is not looked at: small files of equal rows pack very well.
const RATIO_FROM_BYTES: u64 = 16 << 20;

#[derive(Debug, Clone, Copy)]
struct Place {
    start: u64,
    packed: u64,
    deflated: bool,
}

/// Where each part lies, by lower-case name.
pub(crate) struct Parts {
    source: Source,
    limits: Limits,
    places: HashMap<String, Place>,
}

impl Parts {
    pub(crate) fn open(source: &Source, limits: &Limits) -> Result<Self, FileError> {
        let handle = source.handle_at(0).map_err(|e| source.unreadable(e))?;
        let mut archive = ZipArchive::new(BufReader::new(handle)).map_err(|e| FileError::damaged_by(FORMAT, e))?;
        if archive.len() > PARTS_MAX {
            return Err(FileError::damaged(FORMAT, "too many parts in the archive"));
        }
        let mut places = HashMap::new();
        for i in 0..archive.len() {
            let file = archive.by_index_raw(i).map_err(|e| FileError::damaged_by(FORMAT, e))?;
            if file.encrypted() {
                return Err(FileError::Protected { name: source.name().into() });
            }
            let deflated = match file.compression() {
                CompressionMethod::Stored => false,
                // Unpacking is done here, not by the archive reader, which is built without it.
                CompressionMethod::DEFLATE => true,
                _ => continue,
            };
            let name = String::from_utf8_lossy(file.name_raw()).to_ascii_lowercase();
            if let Some(start) = file.data_start() {
                let packed = file.compressed_size();
                places.insert(name.replace('\\', "/"), Place { start, packed, deflated });
            }
        }
        Ok(Parts { source: source.clone(), limits: limits.clone(), places })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.places.contains_key(&name.to_ascii_lowercase())
    }

    /// Opens one part as XML.
    pub(crate) fn xml(&self, name: &str) -> Result<Xml, FileError> {
        let place = self.places.get(&name.to_ascii_lowercase());
        let place = *place.ok_or_else(|| FileError::damaged(FORMAT, format!("{name} is missing")))?;
        let handle = self.source.handle_at(place.start).map_err(|e| self.source.unreadable(e))?;
        let packed_read = Arc::new(AtomicU64::new(0));
        let packed = BufReader::with_capacity(
            64 << 10,
            Counted { inner: handle.take(place.packed), read: Arc::clone(&packed_read) },
        );
        let inner: Box<dyn Read + Send> = match place.deflated {
            true => Box::new(flate2::bufread::DeflateDecoder::new(packed)),
            false => Box::new(packed),
        };
        let reader = PartReader {
            inner: BufReader::with_capacity(64 << 10, inner),
            unpacked: 0,
            since_event: 0,
            packed_read,
            packed_total: place.packed,
            limits: self.limits.clone(),
            breach: None,
        };
        let mut xml = quick_xml::Reader::from_reader(reader);
        xml.config_mut().check_end_names = false;
        Ok(Xml { reader: xml, buf: Vec::new(), part: name.to_string() })
    }
}

struct Counted {
    inner: io::Take<Handle>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

#[derive(Debug, Clone, Copy)]
enum Breach {
    /// The part unpacks to too much.
    Size,
    /// One tag or one text is too long.
    Event,
}

/// Unpacked bytes of one part. Fails once a limit is crossed.
struct PartReader {
    inner: BufReader<Box<dyn Read + Send>>,
    unpacked: u64,
    since_event: usize,
    packed_read: Arc<AtomicU64>,
    packed_total: u64,
    limits: Limits,
    breach: Option<Breach>,
}

impl PartReader {
    fn check(&mut self) -> io::Result<()> {
        let packed = self.packed_read.load(Ordering::Relaxed).max(1);
        let suspicious = self.unpacked > RATIO_FROM_BYTES && self.unpacked / packed > self.limits.unpack_ratio_max;
        if self.unpacked > self.limits.unpacked_bytes_max || suspicious {
            self.breach = Some(Breach::Size);
        } else if self.since_event > self.limits.line_bytes_max {
            self.breach = Some(Breach::Event);
        }
        match self.breach {
            Some(_) => Err(io::Error::other("a limit was crossed")),
            None => Ok(()),
        }
    }
}

impl Read for PartReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for PartReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check()?;
        self.inner.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.unpacked += n as u64;
        self.since_event += n;
        self.inner.consume(n);
    }
}

/// One part as a run of XML events.
pub(crate) struct Xml {
    reader: quick_xml::Reader<PartReader>,
    buf: Vec<u8>,
    part: String,
}

impl Xml {
    pub(crate) fn next(&mut self) -> Result<Event<'_>, FileError> {
        let Xml { reader, buf, part } = self;
        buf.clear();
        reader.get_mut().since_event = 0;
        match reader.read_event_into(buf) {
            Ok(event) => Ok(event),
            Err(e) => Err(fault(reader.get_ref(), part, e)),
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        let part = self.reader.get_ref();
        Progress {
            done: part.packed_read.load(Ordering::Relaxed).min(part.packed_total),
            total: part.packed_total,
            unit: Unit::Bytes,
        }
    }
}

fn fault(reader: &PartReader, part: &str, cause: quick_xml::Error) -> FileError {
    match reader.breach {
        Some(Breach::Size) => FileError::TooBig { part: part.into(), max: reader.limits.unpacked_bytes_max },
        Some(Breach::Event) => FileError::TooBig { part: part.into(), max: reader.limits.line_bytes_max as u64 },
        None => FileError::damaged_by(FORMAT, cause),
    }
}

/// The raw value of an attribute by local name. Entities are resolved only where names of sheets need it.
pub(crate) fn attr<'a>(tag: &'a BytesStart<'_>, name: &str) -> Option<std::borrow::Cow<'a, str>> {
    let mut attrs = tag.attributes();
    let found = attrs.with_checks(false).flatten().find(|a| a.key.local_name().as_ref() == name)?;
    Some(found.value)
}

/// An attribute with its entities resolved.
pub(crate) fn attr_text(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let raw = attr(tag, name)?;
    let text = quick_xml::escape::unescape(&raw).map(|t| t.into_owned());
    Some(text.unwrap_or_else(|_| raw.into_owned()))
}

/// Appends character data of a text, CDATA or entity event.
pub(crate) fn push_text(event: &Event<'_>, out: &mut String) {
    match event {
        Event::Text(t) => out.push_str(t),
        Event::CData(t) => out.push_str(t),
        Event::GeneralRef(r) => match r.resolve_char_ref() {
            Ok(Some(c)) => out.push(c),
            _ => {
                let name: &str = r;
                let known = quick_xml::escape::resolve_predefined_entity(name);
                out.push_str(known.unwrap_or_default());
            }
        },
        _ => {}
    }
}
