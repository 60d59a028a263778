//! The fonts of the program. See `font/README.md` for where they are from.

use tiny_skia::{Path, PathBuilder, Transform};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// In the order in which a character is looked for.
const PACKED: [&[u8]; 2] =
    [include_bytes!("../font/wqy-microhei.ttf.zst"), include_bytes!("../font/droid-rest.ttf.zst")];
/// More than either takes unpacked.
const BYTES_MAX: usize = 8 << 20;

/// Fonts in memory, about 5 MB. They are dropped when a drawing is done.
pub struct Fonts(Vec<Vec<u8>>);

impl Fonts {
    /// Takes a few hundredths of a second.
    pub fn load() -> Self {
        Self(PACKED.iter().filter_map(|packed| zstd::bulk::decompress(packed, BYTES_MAX).ok()).collect())
    }
    pub(crate) fn faces(&self) -> Faces<'_> {
        Faces(self.0.iter().filter_map(|bytes| Face::parse(bytes, 0).ok()).collect())
    }
}

pub(crate) struct Faces<'a>(Vec<Face<'a>>);

/// A character as it is drawn: a face and a glyph in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Glyph {
    face: usize,
    id: GlyphId,
}

impl Faces<'_> {
    /// `None` for what no font has: it is left out.
    pub fn glyph(&self, c: char) -> Option<Glyph> {
        self.0.iter().enumerate().find_map(|(face, own)| own.glyph_index(c).map(|id| Glyph { face, id }))
    }
    /// How far the next letter is, for letters of `size`.
    pub fn advance(&self, glyph: Glyph, size: f32) -> f32 {
        let face = &self.0[glyph.face];
        f32::from(face.glyph_hor_advance(glyph.id).unwrap_or(0)) * size / f32::from(face.units_per_em())
    }
    /// From the top of a line to what letters stand on, for letters of `size`.
    pub fn ascent(&self, size: f32) -> f32 {
        self.0.first().map_or(size, |face| f32::from(face.ascender()) * size / f32::from(face.units_per_em()))
    }
    /// The outline of a letter that stands at a point.
    pub fn outline(&self, glyph: Glyph, size: f32, x: f32, y: f32) -> Option<Path> {
        let face = &self.0[glyph.face];
        let scale = size / f32::from(face.units_per_em());
        let mut pen = Pen(PathBuilder::new());
        face.outline_glyph(glyph.id, &mut pen)?;
        pen.0.finish()?.transform(Transform::from_row(scale, 0.0, 0.0, -scale, x, y))
    }
}

struct Pen(PathBuilder);
impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }
    fn close(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_and_offers_are_written_with_is_there() {
        let fonts = Fonts::load();
        let faces = fonts.faces();
        assert_eq!(faces.0.len(), 2);
        let check = |from: u32, to: u32| {
            let missing: Vec<char> =
                (from..=to).filter_map(char::from_u32).filter(|c| faces.glyph(*c).is_none()).collect();
            assert!(missing.is_empty(), "{missing:?}");
        };
        check(0x20, 0x7e);
        check(0xa1, 0xff);
        // The Han characters of everyday, those of rare names, letters of full width.
        check(0x4e00, 0x9fa5);
        check(0x3400, 0x4db5);
        check(0xff01, 0xff5e);
        for c in "“”‘’—…·《》【】「」、。￥€℃①②③★☆♥✓→×°‰™あア한".chars()
        {
            assert!(faces.glyph(c).is_some(), "{c}");
        }
        assert!(faces.glyph('😀').is_none());
        // Full width is as wide as the letters are large; Latin is narrower.
        let wide = |c: char| faces.advance(faces.glyph(c).unwrap(), 100.0);
        assert!((90.0..=105.0).contains(&wide('好')) && (90.0..=105.0).contains(&wide('㛃')) && wide('i') < 40.0);
        assert!(faces.outline(faces.glyph('好').unwrap(), 100.0, 0.0, 100.0).is_some());
    }
}
