//! What a picture of a QR says.

use crate::raster::{Fault, Limits, Raster};
use rqrr::PreparedImage;

/// Larger than any QR that a platform hands out, and small enough to be read in a moment.
const LIMITS: Limits = Limits { bytes: 2 << 20, side: 3_000, pixels: 4_000_000 };
/// A picture with more squares than this is no picture of a code.
const CODES_MAX: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFault {
    Picture(Fault),
    /// There is no QR in it that can be read.
    None,
    /// There are several that say different things.
    Several,
}

impl From<Fault> for ReadFault {
    fn from(fault: Fault) -> Self {
        Self::Picture(fault)
    }
}

/// Errors: see [`ReadFault`].
pub fn read_qr(bytes: &[u8]) -> Result<String, ReadFault> {
    let raster = Raster::decode(bytes, LIMITS)?;
    let grey = raster.grey();
    let width = raster.width as usize;
    let mut image = PreparedImage::prepare_from_greyscale(width, raster.height as usize, |x, y| grey[y * width + x]);
    let mut texts: Vec<String> = Vec::new();
    for grid in image.detect_grids().into_iter().take(CODES_MAX) {
        if let Ok((_, text)) = grid.decode()
            && !texts.contains(&text)
        {
            texts.push(text);
        }
    }
    if texts.len() > 1 {
        return Err(ReadFault::Several);
    }
    texts.pop().ok_or(ReadFault::None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;
    use crate::raster::encode;
    use png::ColorType;
    use proptest::prelude::*;

    /// Codes beside each other on white, each of its modules `scale` pixels.
    fn picture(texts: &[&str], scale: usize) -> Vec<u8> {
        let codes: Vec<Code> = texts.iter().map(|text| Code::robust(text).unwrap()).collect();
        let tall = codes.iter().map(|code| code.side + 2 * Code::QUIET).max().unwrap_or(20) * scale;
        let wide: usize = codes.iter().map(|code| (code.side + 2 * Code::QUIET) * scale).sum::<usize>().max(40);
        let mut pixels = vec![255; wide * tall];
        let mut left = 0;
        for code in &codes {
            for (x, y, length) in code.runs() {
                for row in (y + Code::QUIET) * scale..(y + Code::QUIET + 1) * scale {
                    let from = row * wide + left + (x + Code::QUIET) * scale;
                    pixels[from..from + length * scale].fill(0);
                }
            }
            left += (code.side + 2 * Code::QUIET) * scale;
        }
        encode(wide as u32, tall as u32, ColorType::Grayscale, &pixels)
    }

    #[test]
    fn one_code_is_read_none_and_several_are_told_apart() {
        let text = "https://work.weixin.qq.com/q/vcde0123456789abcdef";
        assert_eq!(read_qr(&picture(&[text], 4)).unwrap(), text);
        assert_eq!(read_qr(&picture(&[text, text], 4)).unwrap(), text);
        assert_eq!(read_qr(&picture(&[text, "https://evil.example"], 4)), Err(ReadFault::Several));
        assert_eq!(read_qr(&picture(&[], 4)), Err(ReadFault::None));
        assert_eq!(read_qr(b"<html>"), Err(ReadFault::Picture(Fault::Unknown)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// Whatever is drawn here is read here.
        #[test]
        fn what_is_drawn_is_read(text in "https://[a-z]{3,12}\\.example/[A-Za-z0-9?=&%_.-]{1,120}", scale in 3_usize..9) {
            prop_assert_eq!(read_qr(&picture(&[&text], scale)).unwrap(), text);
        }
        /// Bytes from outside end in an answer.
        #[test]
        fn noise_is_answered(mut noise in proptest::collection::vec(any::<u8>(), 0..600), kind in 0..3) {
            match kind {
                0 => noise.splice(0..0, *b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").for_each(drop),
                1 => noise.splice(0..0, [0xff, 0xd8, 0xff, 0xe0]).for_each(drop),
                _ => {}
            }
            prop_assert!(read_qr(&noise).is_err());
        }
    }
}
