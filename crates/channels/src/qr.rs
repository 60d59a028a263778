//! QR pictures, drawn here: WeCom's own picture lies on its servers and has its size and logo.

use crate::refuse;
use siyu_kernel::Refusal;
use siyu_pictures::Code;
use std::fmt::Write;

const QUIET: usize = Code::QUIET;

fn grid(text: &str) -> Result<Code, Refusal> {
    Code::of(text).map_err(|_| refuse::qr_text())
}

/// One path, in units of a module, with the quiet zone: `(units a side, path)`.
pub(crate) fn path(text: &str) -> Result<(usize, String), Refusal> {
    let grid = grid(text)?;
    let mut path = String::new();
    for (x, y, run) in grid.runs() {
        let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
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
    for (x, y, run) in grid.runs() {
        let (x, y) = ((x + QUIET) * scale, (y + QUIET) * scale);
        for row in y..y + scale {
            pixels[row * side + x..row * side + x + run * scale].fill(0);
        }
    }
    Ok(siyu_pictures::grey(side as u32, &pixels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_as_large_as_asked_and_square() {
        let text = "https://wework.qpic.cn/wwpic/sandbox-0123456789abcdef0123456789abcdef/0";
        for size in [120, 300, 999, 2_000] {
            let bytes = png(text, size).unwrap();
            let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
            let (width, height) = (number(16), number(20));
            assert!(width >= size && width == height && width < size + 60, "{width} {height}");
            // A larger one than is read of pictures from outside.
            if size < 2_000 {
                assert_eq!(siyu_pictures::read_qr(&bytes).unwrap(), text);
            }
        }
        assert_eq!(png(text, 119).unwrap_err().code, "qr_size");
        assert_eq!(png(&"x".repeat(4_000), 300).unwrap_err().code, "qr_text");
        let svg = svg(text).unwrap();
        assert!(svg.starts_with("<svg ") && svg.contains("h7v1h-7z"), "{svg}");
    }
}
