//! Text files: bytes to characters, characters to records, records to rows.

mod buffer;
mod csv;
mod decode;
mod encoding;
mod flatten;
mod jsonl;
mod record;
mod sniff;

pub(crate) use csv::CsvReader;
pub(crate) use encoding::wide_encoding;
pub(crate) use jsonl::JsonlReader;
