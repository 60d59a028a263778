//! The workbook stream as a run of typed records.

use super::FORMAT;
use crate::FileError;

pub(crate) const BOF: u16 = 0x0809;
pub(crate) const EOF: u16 = 0x000A;
pub(crate) const CONTINUE: u16 = 0x003C;
pub(crate) const FILEPASS: u16 = 0x002F;
pub(crate) const DATEMODE: u16 = 0x0022;
pub(crate) const FORMAT_CODE: u16 = 0x041E;
pub(crate) const XF: u16 = 0x00E0;
pub(crate) const BOUNDSHEET: u16 = 0x0085;
pub(crate) const SST: u16 = 0x00FC;
pub(crate) const DIMENSIONS: u16 = 0x0200;
pub(crate) const NUMBER: u16 = 0x0203;
pub(crate) const LABEL: u16 = 0x0204;
pub(crate) const BOOLERR: u16 = 0x0205;
pub(crate) const STRING: u16 = 0x0207;
pub(crate) const RK: u16 = 0x027E;
pub(crate) const MULRK: u16 = 0x00BD;
pub(crate) const LABELSST: u16 = 0x00FD;
pub(crate) const FORMULA: u16 = 0x0006;

/// Where a record's data lies in the stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub kind: u16,
    pub start: usize,
    pub end: usize,
}

/// The record at `at`; None at the end of the stream.
pub(crate) fn at(stream: &[u8], at: usize) -> Result<Option<Record>, FileError> {
    let Some(head) = stream.get(at..at + 4) else {
        return Ok(None);
    };
    let kind = u16::from_le_bytes([head[0], head[1]]);
    let len = usize::from(u16::from_le_bytes([head[2], head[3]]));
    let (start, end) = (at + 4, at + 4 + len);
    if end > stream.len() {
        return Err(FileError::damaged(FORMAT, "a record is cut short"));
    }
    Ok(Some(Record { kind, start, end }))
}

pub(crate) fn short() -> FileError {
    FileError::damaged(FORMAT, "a record is too short for its kind")
}

pub(crate) fn u8_at(data: &[u8], at: usize) -> Result<u8, FileError> {
    data.get(at).copied().ok_or_else(short)
}

pub(crate) fn u16_at(data: &[u8], at: usize) -> Result<u16, FileError> {
    let raw = data.get(at..at + 2).and_then(|b| b.try_into().ok());
    raw.map(u16::from_le_bytes).ok_or_else(short)
}

pub(crate) fn u32_at(data: &[u8], at: usize) -> Result<u32, FileError> {
    let raw = data.get(at..at + 4).and_then(|b| b.try_into().ok());
    raw.map(u32::from_le_bytes).ok_or_else(short)
}

pub(crate) fn f64_at(data: &[u8], at: usize) -> Result<f64, FileError> {
    let raw = data.get(at..at + 8).and_then(|b| b.try_into().ok());
    raw.map(f64::from_le_bytes).ok_or_else(short)
}

/// A number packed into 32 bits: the top of a double or an integer, either possibly times a hundred.
pub(crate) fn rk(packed: u32) -> f64 {
    let value = match packed & 2 {
        0 => f64::from_bits(u64::from(packed & !3) << 32),
        _ => f64::from((packed as i32) >> 2),
    };
    if packed & 1 == 1 { value / 100.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::rk;

    #[test]
    fn packed_numbers() {
        assert_eq!(rk((7 << 2) | 2), 7.0);
        assert_eq!(rk((1234 << 2) | 3), 12.34);
        assert_eq!(rk((1.0f64.to_bits() >> 32) as u32), 1.0);
        assert_eq!(rk(((-5i32) << 2) as u32 | 2), -5.0);
    }
}
