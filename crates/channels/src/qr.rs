//! QR pictures, drawn here: WeCom's own picture lies on its servers and has its size and logo.

use crate::refuse;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use qrcode::{Color, EcLevel, QrCode};
use siyu_kernel::Refusal;
use std::fmt::Write;
use std::io::Write as _;

/// Modules of white around the code that readers need.
const QUIET: usize = 4;

struct Grid {
    side: usize,
    dark: Vec<bool>,
}

/// Level M: about 15 % of the picture may be damaged or covered.
fn grid(text: &str) -> Result<Grid, Refusal> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| refuse::qr_text())?;
    let side = code.width();
    let dark = code.into_colors().into_iter().map(|color| color == Color::Dark).collect();
    Ok(Grid { side, dark })
}

/// One path, in units of a module, with the quiet zone: `(units a side, path)`.
pub(crate) fn path(text: &str) -> Result<(usize, String), Refusal> {
    let grid = grid(text)?;
    let mut path = String::new();
    for y in 0..grid.side {
        let row = &grid.dark[y * grid.side..(y + 1) * grid.side];
        let mut x = 0;
        while x < grid.side {
            let run = row[x..].iter().take_while(|dark| **dark).count();
            if run > 0 {
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    Ok((grid.side + 2 * QUIET, path))
}

/// Errors: `qr_text`.
pub fn svg(text: &str) -> Result<String, Refusal> {
    let (side, path) = path(text)?;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"{0}\" height=\"{0}\" shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\"/></svg>",
        side * 10
    ))
}

/// At least `size` pixels a side, a whole number of them for each module. Errors: `qr_text`, `qr_size`.
pub fn png(text: &str, size: u32) -> Result<Vec<u8>, Refusal> {
    if !(120..=2_000).contains(&size) {
        return Err(refuse::qr_size());
    }
    let grid = grid(text)?;
    let modules = grid.side + 2 * QUIET;
    let scale = (size as usize).div_ceil(modules);
    let side = modules * scale;
    let mut pixels = vec![255_u8; side * side];
    for (at, _) in grid.dark.iter().enumerate().filter(|(_, dark)| **dark) {
        let (x, y) = ((at % grid.side + QUIET) * scale, (at / grid.side + QUIET) * scale);
        for row in y..y + scale {
            pixels[row * side + x..row * side + x + scale].fill(0);
        }
    }
    grey(side as u32, &pixels)
}

/// A square grey picture as PNG: a header, the rows each with the filter "none" before it, an end.
fn grey(side: u32, pixels: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in pixels.chunks(side as usize) {
        packer.write_all(&[0]).and_then(|()| packer.write_all(row)).map_err(Refusal::internal)?;
    }
    let packed = packer.finish().map_err(Refusal::internal)?;
    let mut header = Vec::from(side.to_be_bytes());
    header.extend(side.to_be_bytes());
    // Eight bits, grey, and the only methods there are.
    header.extend([8, 0, 0, 0, 0]);
    let mut out = Vec::from(*b"\x89PNG\r\n\x1a\n");
    for (kind, body) in [(b"IHDR", &header), (b"IDAT", &packed), (b"IEND", &Vec::new())] {
        let mut sum = Crc::new();
        sum.update(kind);
        sum.update(body);
        out.extend((body.len() as u32).to_be_bytes());
        out.extend(kind);
        out.extend(body);
        out.extend(sum.sum().to_be_bytes());
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn pictures_are_as_large_as_asked_and_square() {
        let text = "https://wework.qpic.cn/wwpic/sandbox-0123456789abcdef0123456789abcdef/0";
        for size in [120, 300, 999, 2_000] {
            let bytes = png(text, size).unwrap();
            let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
            let (width, height, packed) = (number(16), number(20), number(33) as usize);
            assert!(width >= size && width == height && width < size + 60, "{width} {height}");
            let mut rows = Vec::new();
            flate2::read::ZlibDecoder::new(&bytes[41..41 + packed]).read_to_end(&mut rows).unwrap();
            assert_eq!((rows.len() as u32, &bytes[37..41]), ((width + 1) * height, b"IDAT".as_slice()));
            assert!(rows.contains(&0xff) && bytes.ends_with(b"IEND\xaeB`\x82"));
        }
        assert_eq!(png(text, 119).unwrap_err().code, "qr_size");
        assert_eq!(png(&"x".repeat(4_000), 300).unwrap_err().code, "qr_text");
        let svg = svg(text).unwrap();
        assert!(svg.starts_with("<svg ") && svg.contains("h7v1h-7z"), "{svg}");
    }
}
