//! A design with its texts filled in, drawn.

use crate::design::{Align, Design, Field, TextPlace, color, filled};
use crate::font::{Faces, Fonts};
use crate::layout::lines;
use crate::{Code, Raster, TooLong};
use std::collections::BTreeMap;
use tiny_skia::{
    Color, FillRule, FilterQuality, IntSize, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform,
};

/// From one line to the next, as a part of the letters' size.
const LINE: f32 = 1.4;
/// How much thicker bold letters are, as a part of their size.
const BOLD: f32 = 0.045;

/// What a design is filled with.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    /// What the QR says.
    pub qr: String,
    pub values: BTreeMap<Field, String>,
}

/// Pictures that designs name, ready to be drawn.
#[derive(Default)]
pub struct Pictures(BTreeMap<String, Pixmap>);

impl Pictures {
    pub fn add(&mut self, id: &str, raster: Raster) {
        if let Some(map) = pixmap(raster) {
            self.0.insert(id.to_owned(), map);
        }
    }
}

/// A PNG. `pictures` are those that the design names; one that is missing is left out. The design has been checked.
///
/// Errors: the QR's text is too long.
pub fn poster(design: &Design, with: &Filled, pictures: &Pictures, fonts: &Fonts) -> Result<Vec<u8>, TooLong> {
    let code = if design.qr.logo.is_some() { Code::robust(&with.qr)? } else { Code::of(&with.qr)? };
    // A design that was not checked has no size: one pixel of it is enough.
    let Some(mut map) = Pixmap::new(design.width, design.height).or_else(|| Pixmap::new(1, 1)) else {
        return Ok(Vec::new());
    };
    map.fill(skia(&design.background));
    let picture = |id: &String| pictures.0.get(id);
    if let Some(own) = design.picture.as_ref().and_then(picture) {
        let scale = (design.width as f32 / own.width() as f32).max(design.height as f32 / own.height() as f32);
        paste(&mut map, own, scale, (0.0, 0.0, design.width as f32, design.height as f32));
    }
    for place in &design.pictures {
        if let Some(own) = picture(&place.picture) {
            let (width, height) = (place.width as f32, place.height as f32);
            let scale = (width / own.width() as f32).min(height / own.height() as f32);
            paste(&mut map, own, scale, (place.x as f32, place.y as f32, width, height));
        }
    }
    draw_code(&mut map, design, &code);
    if let Some(own) = design.qr.logo.as_ref().and_then(picture) {
        draw_logo(&mut map, design, own, &code);
    }
    let faces = fonts.faces();
    for text in &design.texts {
        write(&mut map, text, &filled(&text.text, |field| with.values.get(&field).cloned()), &faces);
    }
    Ok(finish(&map))
}

fn skia(text: &str) -> Color {
    let [red, green, blue, opaque] = color(text).unwrap_or([255; 4]);
    Color::from_rgba8(red, green, blue, opaque)
}

fn paint(text: &str, smooth: bool) -> Paint<'static> {
    let mut paint = Paint { anti_alias: smooth, ..Paint::default() };
    paint.set_color(skia(text));
    paint
}

/// In place: a picture is large.
fn pixmap(mut raster: Raster) -> Option<Pixmap> {
    for p in raster.rgba.chunks_exact_mut(4).filter(|p| p[3] < 255) {
        let opaque = u32::from(p[3]);
        p[..3].iter_mut().for_each(|value| *value = ((u32::from(*value) * opaque + 127) / 255) as u8);
    }
    Pixmap::from_vec(raster.rgba, IntSize::from_wh(raster.width, raster.height)?)
}

/// A picture of that scale in the middle of a box, cut where it is longer.
fn paste(map: &mut Pixmap, own: &Pixmap, scale: f32, (x, y, width, height): (f32, f32, f32, f32)) {
    let Some(area) = Rect::from_xywh(x, y, width, height) else { return };
    let left = x + (width - own.width() as f32 * scale) / 2.0;
    let top = y + (height - own.height() as f32 * scale) / 2.0;
    let placed = Transform::from_row(scale, 0.0, 0.0, scale, left, top);
    // What is made much smaller is averaged first: one sample of many pixels would flicker.
    let half = halved(own, scale);
    let (own, placed) = match &half {
        Some((small, by)) => (small, placed.pre_scale(*by, *by)),
        None => (own, placed),
    };
    let shader =
        tiny_skia::Pattern::new(own.as_ref(), tiny_skia::SpreadMode::Pad, FilterQuality::Bilinear, 1.0, placed);
    let inside = Rect::from_xywh(
        x.max(left),
        y.max(top),
        width.min(own.width() as f32 * placed.sx),
        height.min(own.height() as f32 * placed.sy),
    );
    let Some(inside) = inside.and_then(|own| own.intersect(&area)) else { return };
    map.fill_rect(inside, &Paint { shader, anti_alias: false, ..Paint::default() }, Transform::identity(), None);
}

/// Halved until it is less than twice as large as it is drawn, and by how much.
fn halved(own: &Pixmap, scale: f32) -> Option<(Pixmap, f32)> {
    let (mut by, mut small): (f32, Option<Pixmap>) = (1.0, None);
    while scale * by <= 0.5 {
        let from = small.as_ref().unwrap_or(own);
        let (width, height) = (from.width() / 2, from.height() / 2);
        let mut to = Pixmap::new(width, height)?;
        let (wide, source) = (from.width() as usize, from.data());
        for (at, out) in to.data_mut().chunks_exact_mut(4).enumerate() {
            let (x, y) = (at % width as usize * 2, at / width as usize * 2);
            for (channel, value) in out.iter_mut().enumerate() {
                let of = |x: usize, y: usize| u32::from(source[(y * wide + x) * 4 + channel]);
                *value = ((of(x, y) + of(x + 1, y) + of(x, y + 1) + of(x + 1, y + 1) + 2) / 4) as u8;
            }
        }
        small = Some(to);
        by *= 2.0;
    }
    small.map(|small| (small, by))
}

/// Modules of white that are left at least: readers need no more beside a white card, and larger modules are read from farther away.
const QUIET: usize = 3;

/// Where the modules lie: left, top, size of each. A whole number of pixels, so that edges are sharp.
fn modules(design: &Design, code: &Code) -> (f32, f32, f32) {
    let all = code.side + 2 * QUIET;
    let size = (design.qr.size as usize / all).max(1);
    let rest = (design.qr.size as usize).saturating_sub(code.side * size) / 2;
    ((design.qr.x + rest as i32) as f32, (design.qr.y + rest as i32) as f32, size as f32)
}

fn draw_code(map: &mut Pixmap, design: &Design, code: &Code) {
    let (left, top, size) = modules(design, code);
    let qr = &design.qr;
    let white = rounded(qr.x as f32, qr.y as f32, qr.size as f32, qr.size as f32, qr.size as f32 * 0.04);
    if let Some(white) = white {
        map.fill_path(&white, &paint("#ffffff", true), FillRule::Winding, Transform::identity(), None);
    }
    let mut path = PathBuilder::new();
    for (x, y, length) in code.runs() {
        let place = Rect::from_xywh(left + x as f32 * size, top + y as f32 * size, length as f32 * size, size);
        if let Some(place) = place {
            path.push_rect(place);
        }
    }
    if let Some(path) = path.finish() {
        map.fill_path(&path, &paint(&qr.color, false), FillRule::Winding, Transform::identity(), None);
    }
}

/// A fifth of the code's side: with level H it may cover that.
fn draw_logo(map: &mut Pixmap, design: &Design, logo: &Pixmap, code: &Code) {
    let (left, top, size) = modules(design, code);
    let side = code.side as f32 * size;
    let (frame, within) = (side * 0.22, side * 0.19);
    let at = |own: f32| (side - own) / 2.0;
    if let Some(path) = rounded(left + at(frame), top + at(frame), frame, frame, frame * 0.14) {
        map.fill_path(&path, &paint("#ffffff", true), FillRule::Winding, Transform::identity(), None);
    }
    let scale = within / logo.width().max(logo.height()) as f32;
    paste(map, logo, scale, (left + at(within), top + at(within), within, within));
}

fn rounded(x: f32, y: f32, width: f32, height: f32, r: f32) -> Option<tiny_skia::Path> {
    let mut path = PathBuilder::new();
    let (right, bottom) = (x + width, y + height);
    path.move_to(x + r, y);
    path.line_to(right - r, y);
    path.quad_to(right, y, right, y + r);
    path.line_to(right, bottom - r);
    path.quad_to(right, bottom, right - r, bottom);
    path.line_to(x + r, bottom);
    path.quad_to(x, bottom, x, bottom - r);
    path.line_to(x, y + r);
    path.quad_to(x, y, x + r, y);
    path.close();
    path.finish()
}

fn write(map: &mut Pixmap, place: &TextPlace, text: &str, faces: &Faces<'_>) {
    let (size, width) = (place.size as f32, place.width as f32);
    let paint = paint(&place.color, true);
    let bold = place.bold.then(|| Stroke { width: size * BOLD, line_join: LineJoin::Round, ..Stroke::default() });
    for (at, line) in lines(faces, text, size, width, place.lines as usize).iter().enumerate() {
        let room = match place.align {
            Align::Left => 0.0,
            Align::Center => (width - line.wide) / 2.0,
            Align::Right => width - line.wide,
        };
        let (left, base) = (place.x as f32 + room, place.y as f32 + faces.ascent(size) + at as f32 * size * LINE);
        for letter in &line.letters {
            let Some(path) = faces.outline(letter.glyph, size, left + letter.x, base) else { continue };
            map.fill_path(&path, &paint, FillRule::Winding, Transform::identity(), None);
            if let Some(stroke) = &bold {
                map.stroke_path(&path, &paint, stroke, Transform::identity(), None);
            }
        }
    }
}

/// A poster has no holes: three bytes a pixel.
fn finish(map: &Pixmap) -> Vec<u8> {
    let opaque: Vec<u8> = map
        .pixels()
        .iter()
        .flat_map(|own| {
            let white = 255 - own.alpha();
            [own.red() + white, own.green() + white, own.blue() + white]
        })
        .collect();
    crate::raster::encode(map.width(), map.height(), png::ColorType::Rgb, &opaque)
}
