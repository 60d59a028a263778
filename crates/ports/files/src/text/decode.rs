//! Bytes to UTF-8 as they stream by, with the places noted where they were not text.

use std::io::Read;

use encoding_rs::{DecoderResult, Encoding, UTF_8};

use super::encoding::{SAMPLE_BYTES, by_label, decide, wide_encoding};
use crate::bytes::ByteStream;
use crate::{FileError, Progress};

const READ_BYTES: usize = 64 << 10;

/// The encoding is decided on the first piece that is not ASCII, wherever in the file that is.
enum State {
    Start,
    Ascii,
    Utf8,
    Other(encoding_rs::Decoder),
}

pub(crate) struct Decoder {
    stream: ByteStream,
    /// Read but not yet decoded.
    raw: Vec<u8>,
    ended: bool,
    state: State,
    forced: Option<&'static Encoding>,
    name: &'static str,
}

impl Decoder {
    pub(crate) fn new(stream: ByteStream, label: Option<&str>) -> Result<Self, FileError> {
        Ok(Decoder {
            stream,
            raw: Vec::new(),
            ended: false,
            state: State::Start,
            forced: label.map(by_label).transpose()?,
            name: UTF_8.name(),
        })
    }

    /// `UTF-8` as long as only ASCII has come by.
    pub(crate) fn encoding(&self) -> &'static str {
        self.name
    }

    pub(crate) fn progress(&self) -> Progress {
        self.stream.progress()
    }

    /// Appends at least one character to `out` unless the file has ended (false). Each place that is not text reads
    /// as U+FFFD and is reported to `bad` by its offset in `out`.
    pub(crate) fn fill(&mut self, out: &mut String, bad: &mut dyn FnMut(usize)) -> Result<bool, FileError> {
        let before = out.len();
        while out.len() == before {
            if !self.ended {
                self.read_some(READ_BYTES)?;
            }
            if self.raw.is_empty() && self.ended {
                return self.flush(out, bad).map(|()| out.len() > before);
            }
            if let State::Start = self.state {
                self.start()?;
            }
            match &mut self.state {
                State::Start | State::Ascii => self.pass_ascii(out)?,
                State::Utf8 => self.pass_utf8(out, bad),
                State::Other(_) => self.pass_other(out, bad),
            }
        }
        Ok(true)
    }

    fn read_some(&mut self, bytes: usize) -> Result<(), FileError> {
        let stream = &mut self.stream;
        let got = stream.by_ref().take(bytes as u64).read_to_end(&mut self.raw);
        match got {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(e) => return Err(self.stream.fault(e)),
        }
        Ok(())
    }

    /// Byte-order marks and UTF-16, decided on the first bytes of the file.
    fn start(&mut self) -> Result<(), FileError> {
        if self.raw.starts_with(b"\xEF\xBB\xBF") && self.forced.is_none_or(|e| e == UTF_8) {
            self.raw.drain(..3);
            self.decided(UTF_8);
        } else if let Some(encoding) = self.forced {
            self.decided(encoding);
        } else if let Some(wide) = wide_encoding(&self.raw[..self.raw.len().min(8 << 10)]) {
            self.decided(wide);
        } else {
            self.state = State::Ascii;
        }
        Ok(())
    }

    fn decided(&mut self, encoding: &'static Encoding) {
        self.name = encoding.name();
        self.state =
            if encoding == UTF_8 { State::Utf8 } else { State::Other(encoding.new_decoder_with_bom_removal()) };
    }

    fn pass_ascii(&mut self, out: &mut String) -> Result<(), FileError> {
        let ascii = match self.raw.is_ascii() {
            true => None,
            false => self.raw.iter().position(|b| *b >= 0x80),
        };
        let keep = ascii.unwrap_or(self.raw.len());
        // ASCII bytes are UTF-8, so nothing is replaced here.
        out.push_str(&String::from_utf8_lossy(&self.raw[..keep]));
        self.raw.drain(..keep);
        if ascii.is_some() {
            while !self.ended && self.raw.len() < SAMPLE_BYTES {
                self.read_some(SAMPLE_BYTES - self.raw.len())?;
            }
            let sample = &self.raw[..self.raw.len().min(SAMPLE_BYTES)];
            let whole = self.ended && sample.len() == self.raw.len();
            self.decided(decide(sample, whole));
        }
        Ok(())
    }

    fn pass_utf8(&mut self, out: &mut String, bad: &mut dyn FnMut(usize)) {
        let mut from = 0;
        while from < self.raw.len() {
            let rest = &self.raw[from..];
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    out.push_str(text);
                    from = self.raw.len();
                }
                Err(e) => {
                    let (good, tail) = rest.split_at(e.valid_up_to());
                    out.push_str(std::str::from_utf8(good).unwrap_or_default());
                    from += good.len();
                    let Some(len) = e.error_len().or(self.ended.then_some(tail.len())) else {
                        break; // Half a character at the end of the piece: the rest is still to come.
                    };
                    bad(out.len());
                    out.push('\u{fffd}');
                    from += len;
                }
            }
        }
        self.raw.drain(..from);
    }

    fn pass_other(&mut self, out: &mut String, bad: &mut dyn FnMut(usize)) {
        let State::Other(decoder) = &mut self.state else {
            return;
        };
        let mut from = 0;
        while from < self.raw.len() {
            let rest = &self.raw[from..];
            // Three bytes of UTF-8 per byte cover every encoding; the slack covers what the decoder holds back.
            out.reserve(rest.len() * 3 + 64);
            let (result, used) = decoder.decode_to_string_without_replacement(rest, out, false);
            from += used;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    bad(out.len());
                    out.push('\u{fffd}');
                }
            }
        }
        self.raw.drain(..from);
    }

    /// Half a character at the very end of the file.
    fn flush(&mut self, out: &mut String, bad: &mut dyn FnMut(usize)) -> Result<(), FileError> {
        if let State::Other(decoder) = &mut self.state {
            for _ in 0..4 {
                out.reserve(64);
                let (result, _) = decoder.decode_to_string_without_replacement(&[], out, true);
                match result {
                    DecoderResult::OutputFull => {}
                    DecoderResult::InputEmpty => break,
                    DecoderResult::Malformed(..) => {
                        bad(out.len());
                        out.push('\u{fffd}');
                    }
                }
            }
            self.state = State::Utf8;
        }
        Ok(())
    }
}
