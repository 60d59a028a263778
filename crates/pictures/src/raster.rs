//! Pictures from outside, decoded within limits.

use png::{BitDepth, ColorType, Decoder, Transformations};
use std::io::Cursor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// What is taken at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub bytes: usize,
    /// A side.
    pub side: u32,
    /// Of the whole picture: four bytes of memory each.
    pub pixels: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// More bytes or pixels than are taken.
    TooLarge,
    /// Neither PNG nor JPEG.
    Unknown,
    /// It begins as a picture and is none.
    Broken,
}

/// Eight bits of red, green, blue and opacity for each pixel, not multiplied.
#[derive(Clone, PartialEq, Eq)]
pub struct Raster {
    pub width: u32,
    pub height: u32,
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for Raster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Raster({} x {})", self.width, self.height)
    }
}

impl Raster {
    /// PNG or JPEG; of an animation the first picture.
    ///
    /// Errors: see [`Fault`]. The size is looked at before anything is unpacked.
    pub fn decode(bytes: &[u8], limits: Limits) -> Result<Self, Fault> {
        if bytes.len() > limits.bytes {
            return Err(Fault::TooLarge);
        }
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => png(bytes, limits),
            [0xff, 0xd8, 0xff, ..] => jpeg(bytes, limits),
            _ => Err(Fault::Unknown),
        }
    }
    /// Brightness of each pixel before white.
    pub fn grey(&self) -> Vec<u8> {
        let grey = |p: &[u8]| {
            let bright = (u32::from(p[0]) * 299 + u32::from(p[1]) * 587 + u32::from(p[2]) * 114) / 1_000;
            let opaque = u32::from(p[3]);
            ((bright * opaque + 255 * (255 - opaque)) / 255) as u8
        };
        self.rgba.chunks_exact(4).map(grey).collect()
    }
    /// As PNG, always the same bytes for the same picture.
    pub fn encode(&self) -> Vec<u8> {
        encode(self.width, self.height, ColorType::Rgba, &self.rgba)
    }
}

/// A square grey picture as PNG.
pub fn grey(side: u32, pixels: &[u8]) -> Vec<u8> {
    encode(side, side, ColorType::Grayscale, pixels)
}

/// Writing into memory does not fail.
pub(crate) fn encode(width: u32, height: u32, color: ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(pixels.len() / 8);
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(pixels)?;
        writer.finish()
    });
    debug_assert!(written.is_ok(), "{written:?}");
    out
}

fn fits(width: u32, height: u32, limits: Limits) -> Result<(), Fault> {
    if width == 0 || height == 0 {
        return Err(Fault::Broken);
    }
    let large = width > limits.side || height > limits.side || u64::from(width) * u64::from(height) > limits.pixels;
    if large { Err(Fault::TooLarge) } else { Ok(()) }
}

fn png(bytes: &[u8], limits: Limits) -> Result<Raster, Fault> {
    let fault = |error: png::DecodingError| match error {
        png::DecodingError::LimitsExceeded => Fault::TooLarge,
        _ => Fault::Broken,
    };
    // What the decoder needs beside the picture: text and profiles that hide in it are not unpacked.
    let beside = png::Limits { bytes: limits.pixels as usize * 8 + (1 << 20) };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), beside);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let header = decoder.read_header_info().map_err(fault)?;
    fits(header.width, header.height, limits)?;
    let mut reader = decoder.read_info().map_err(fault)?;
    let mut buffer = vec![0; reader.output_buffer_size().ok_or(Fault::TooLarge)?];
    let info = reader.next_frame(&mut buffer).map_err(fault)?;
    let pixels = &buffer[..info.buffer_size()];
    let rgba = match info.color_type {
        ColorType::Rgba => pixels.to_vec(),
        ColorType::Rgb => pixels.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect(),
        ColorType::Grayscale => pixels.iter().flat_map(|p| [*p, *p, *p, 255]).collect(),
        ColorType::GrayscaleAlpha => pixels.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect(),
        ColorType::Indexed => return Err(Fault::Broken),
    };
    whole(info.width, info.height, rgba)
}

fn jpeg(bytes: &[u8], limits: Limits) -> Result<Raster, Fault> {
    let side = limits.side as usize;
    let options =
        DecoderOptions::default().set_max_width(side).set_max_height(side).jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let large = |error: &zune_jpeg::errors::DecodeErrors| {
        matches!(error, zune_jpeg::errors::DecodeErrors::LargeDimensions(_))
            || matches!(error, zune_jpeg::errors::DecodeErrors::Format(text) if text.contains("dimensions"))
    };
    decoder.decode_headers().map_err(|error| if large(&error) { Fault::TooLarge } else { Fault::Broken })?;
    let (width, height) = decoder.dimensions().ok_or(Fault::Broken)?;
    fits(width as u32, height as u32, limits)?;
    let pixels = decoder.decode().map_err(|_| Fault::Broken)?;
    let rgba = match decoder.output_colorspace() {
        Some(ColorSpace::Luma) => pixels.iter().flat_map(|p| [*p, *p, *p, 255]).collect(),
        Some(ColorSpace::RGB) => pixels.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect(),
        _ => return Err(Fault::Broken),
    };
    whole(width as u32, height as u32, rgba)
}

fn whole(width: u32, height: u32, rgba: Vec<u8>) -> Result<Raster, Fault> {
    if rgba.len() as u64 == u64::from(width) * u64::from(height) * 4 {
        Ok(Raster { width, height, rgba })
    } else {
        Err(Fault::Broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { bytes: 1 << 16, side: 400, pixels: 40_000 };

    fn plain(width: u32, height: u32) -> Vec<u8> {
        encode(width, height, ColorType::Grayscale, &vec![7; (width * height) as usize])
    }

    #[test]
    fn every_kind_of_png_becomes_red_green_blue_and_opacity() {
        let check = |color, pixels: &[u8], want: [u8; 4]| {
            let raster = Raster::decode(&encode(1, 1, color, pixels), LIMITS).unwrap();
            assert_eq!((raster.width, raster.height, raster.rgba), (1, 1, want.to_vec()));
        };
        check(ColorType::Grayscale, &[9], [9, 9, 9, 255]);
        check(ColorType::GrayscaleAlpha, &[9, 8], [9, 9, 9, 8]);
        check(ColorType::Rgb, &[1, 2, 3], [1, 2, 3, 255]);
        check(ColorType::Rgba, &[1, 2, 3, 4], [1, 2, 3, 4]);
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_is_unpacked() {
        let check = |bytes: &[u8], want| assert_eq!(Raster::decode(bytes, LIMITS).unwrap_err(), want);
        assert!(Raster::decode(&plain(200, 200), LIMITS).is_ok());
        check(&plain(401, 1), Fault::TooLarge);
        check(&plain(201, 200), Fault::TooLarge);
        check(&vec![0; (1 << 16) + 1], Fault::TooLarge);
        check(b"GIF89a", Fault::Unknown);
        check(b"", Fault::Unknown);
        check(b"\x89PNG\r\n\x1a\n", Fault::Broken);
        check(&[0xff, 0xd8, 0xff, 0xe0], Fault::Broken);
        // A header that promises four thousand million pixels in a hundred bytes.
        let mut bomb = plain(1, 1);
        bomb[16..24].copy_from_slice(&[0xff; 8]);
        assert!(Raster::decode(&bomb, LIMITS).is_err());
        let half = plain(200, 200);
        check(&half[..half.len() / 2], Fault::Broken);
    }

    #[test]
    fn brightness_is_that_before_white() {
        let raster = Raster { width: 2, height: 1, rgba: vec![0, 0, 0, 0, 255, 0, 0, 255] };
        assert_eq!(raster.grey(), [255, 76]);
    }
}
