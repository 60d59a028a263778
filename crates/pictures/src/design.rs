//! What a poster looks like, as somebody has made it in the editor.

use serde::{Deserialize, Serialize};

/// A side of a poster in pixels.
pub const SIDES: std::ops::RangeInclusive<u32> = 200..=3_000;
/// Of a poster: 4 bytes of memory each while it is drawn.
pub const PIXELS_MAX: u64 = 4_500_000;
pub const TEXTS_MAX: usize = 30;
pub const PICTURES_MAX: usize = 10;
pub const TEXT_MAX: usize = 500;

/// Lengths are pixels of the poster; colours `#rrggbb` or `#rrggbbaa`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    pub width: u32,
    pub height: u32,
    pub background: String,
    /// A picture that fills the poster, cut where it is longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    pub qr: QrPlace,
    #[serde(default)]
    pub texts: Vec<TextPlace>,
    /// Pictures within the poster, each as large as fits.
    #[serde(default)]
    pub pictures: Vec<Place>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QrPlace {
    pub x: i32,
    pub y: i32,
    /// A side, with the white around the code.
    pub size: u32,
    #[serde(default = "black")]
    pub color: String,
    /// A picture in its middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
}

fn black() -> String {
    "#000000".to_owned()
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
    pub picture: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextPlace {
    pub x: i32,
    /// The top of the first line.
    pub y: i32,
    /// Lines are broken here.
    pub width: u32,
    /// Of the letters.
    pub size: u32,
    pub color: String,
    #[serde(default)]
    pub align: Align,
    #[serde(default)]
    pub bold: bool,
    /// What is longer ends with "…".
    #[serde(default = "one")]
    pub lines: u32,
    /// With variables: `{name}`, or `{name|what stands there when it is not known}`.
    pub text: String,
}

fn one() -> u32 {
    1
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    #[default]
    Left,
    Center,
    Right,
}

/// What a text may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Guide,
    Store,
    Channel,
    Person,
    Brand,
    Code,
}

impl Field {
    pub const ALL: [Self; 6] = [Self::Guide, Self::Store, Self::Channel, Self::Person, Self::Brand, Self::Code];
    pub fn name(self) -> &'static str {
        match self {
            Self::Guide => "guide",
            Self::Store => "store",
            Self::Channel => "channel",
            Self::Person => "person",
            Self::Brand => "brand",
            Self::Code => "code",
        }
    }
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }
}

/// What is wrong with a design, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub field: String,
    pub en: &'static str,
    pub zh: &'static str,
}

fn wrong<T>(field: impl Into<String>, en: &'static str, zh: &'static str) -> Result<T, Wrong> {
    Err(Wrong { field: field.into(), en, zh })
}

/// `#rrggbb` or `#rrggbbaa`.
pub(crate) fn color(text: &str) -> Option<[u8; 4]> {
    let hex = text.strip_prefix('#').filter(|hex| hex.is_ascii() && matches!(hex.len(), 6 | 8))?;
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap_or("ff"), 16).ok();
    Some([byte(0)?, byte(2)?, byte(4)?, byte(6)?])
}

impl Design {
    /// Whether it can be drawn whatever its variables are.
    ///
    /// Errors: what is wrong first.
    pub fn check(&self) -> Result<(), Wrong> {
        for (name, side) in [("width", self.width), ("height", self.height)] {
            if !SIDES.contains(&side) {
                return wrong(name, "A side has 200 to 3,000 pixels.", "边长为 200 到 3000 像素。");
            }
        }
        if u64::from(self.width) * u64::from(self.height) > PIXELS_MAX {
            return wrong("height", "A poster has up to 4,500,000 pixels.", "海报最大 450 万像素。");
        }
        let colors = [("background".to_owned(), &self.background), ("qr.color".to_owned(), &self.qr.color)];
        let texts = self.texts.iter().enumerate().map(|(at, own)| (format!("texts[{at}].color"), &own.color));
        for (name, text) in colors.into_iter().chain(texts) {
            if color(text).is_none() {
                return wrong(name, "A colour is written #rrggbb or #rrggbbaa.", "颜色格式为 #rrggbb 或 #rrggbbaa。");
            }
        }
        let (dark, least) = (color(&self.qr.color).map_or(0, brightness), self.width.min(self.height));
        if dark > 110 || color(&self.qr.color).is_some_and(|own| own[3] < 255) {
            return wrong(
                "qr.color",
                "This colour is too light for a code: phones do not read it.",
                "该颜色过浅，手机无法识别二维码。",
            );
        }
        if !(100..=least).contains(&self.qr.size) {
            return wrong(
                "qr.size",
                "The code has 100 pixels or more and fits the poster.",
                "二维码边长至少 100 像素，且不超出海报。",
            );
        }
        let within = |x: i32, y: i32, width: u32, height: u32| {
            x >= 0
                && y >= 0
                && i64::from(x) + i64::from(width) <= i64::from(self.width)
                && i64::from(y) + i64::from(height) <= i64::from(self.height)
        };
        if !within(self.qr.x, self.qr.y, self.qr.size, self.qr.size) {
            return wrong("qr", "The code lies outside the poster.", "二维码超出海报范围。");
        }
        if self.texts.len() > TEXTS_MAX {
            return wrong("texts", "A poster has up to 30 texts.", "一张海报最多 30 段文字。");
        }
        if self.pictures.len() > PICTURES_MAX {
            return wrong("pictures", "A poster has up to 10 pictures.", "一张海报最多 10 张图片。");
        }
        for (at, own) in self.pictures.iter().enumerate() {
            if own.width == 0 || own.height == 0 || !within(own.x, own.y, own.width, own.height) {
                return wrong(format!("pictures[{at}]"), "The picture lies outside the poster.", "图片超出海报范围。");
            }
        }
        self.texts.iter().enumerate().try_for_each(|(at, own)| self.check_text(at, own))
    }

    fn check_text(&self, at: usize, own: &TextPlace) -> Result<(), Wrong> {
        let field = |name: &str| format!("texts[{at}].{name}");
        let side = 10_000;
        if !(-side..side).contains(&own.x) || !(-side..side).contains(&own.y) {
            return wrong(format!("texts[{at}]"), "The text lies outside the poster.", "文字超出海报范围。");
        }
        if !(10..=400).contains(&own.size) {
            return wrong(field("size"), "Letters have 10 to 400 pixels.", "字号为 10 到 400 像素。");
        }
        if own.width < own.size || own.width > self.width {
            return wrong(
                field("width"),
                "A text is at least as wide as a letter and at most as the poster.",
                "文字宽度不小于一个字，且不超出海报。",
            );
        }
        if !(1..=20).contains(&own.lines) {
            return wrong(field("lines"), "A text has 1 to 20 lines.", "行数为 1 到 20。");
        }
        if own.text.chars().count() > TEXT_MAX {
            return wrong(field("text"), "A text has up to 500 characters.", "一段文字最多 500 个字。");
        }
        match pieces(&own.text) {
            Some(_) => Ok(()),
            None => wrong(
                field("text"),
                "Variables are {guide}, {store}, {channel}, {person}, {brand}, {code}, or with a fallback: {person|friend}.",
                "可用变量：{guide} 导购、{store} 门店、{channel} 渠道、{person} 客户、{brand} 品牌、{code} 活码；可写默认值，如 {person|朋友}。",
            ),
        }
    }

    /// Ids of the pictures it shows.
    pub fn pictures_used(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.picture.iter().chain(&self.qr.logo).map(String::as_str).collect();
        all.extend(self.pictures.iter().map(|own| own.picture.as_str()));
        all.sort_unstable();
        all.dedup();
        all
    }
    /// Whether a text names this.
    pub fn names(&self, field: Field) -> bool {
        let named = |text: &str| {
            pieces(text).is_some_and(|all| all.iter().any(|own| matches!(own, Piece::Field(own, _) if *own == field)))
        };
        self.texts.iter().any(|own| named(&own.text))
    }
}

fn brightness([red, green, blue, _]: [u8; 4]) -> u32 {
    (u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1_000
}

pub(crate) enum Piece<'a> {
    Text(&'a str),
    Field(Field, &'a str),
}

/// `None` when a variable is not known or not closed.
pub(crate) fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let (mut rest, mut all) = (text, Vec::new());
    while let Some(open) = rest.find('{') {
        all.push(Piece::Text(&rest[..open]));
        let close = open + rest[open..].find('}')?;
        let (name, otherwise) = rest[open + 1..close].split_once('|').unwrap_or((&rest[open + 1..close], ""));
        all.push(Piece::Field(Field::named(name.trim())?, otherwise));
        rest = &rest[close + 1..];
    }
    all.push(Piece::Text(rest));
    Some(all)
}

/// The text with what is known; a value is a text and never a template.
pub(crate) fn filled(text: &str, value: impl Fn(Field) -> Option<String>) -> String {
    let words = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Field(field, otherwise) => {
            value(field).filter(|own| !own.trim().is_empty()).unwrap_or_else(|| otherwise.to_owned())
        }
    };
    pieces(text).unwrap_or_default().into_iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn plain() -> Design {
        serde_json::from_value(serde_json::json!({
            "width": 800, "height": 1000, "background": "#ffffff", "qr": { "x": 250, "y": 600, "size": 300 },
            "texts": [{ "x": 50, "y": 60, "width": 700, "size": 48, "color": "#112233", "text": "你好" }]
        }))
        .unwrap()
    }

    #[test]
    fn what_cannot_be_drawn_is_named() {
        let check = |change: &dyn Fn(&mut Design), field: &str| {
            let mut design = plain();
            change(&mut design);
            assert_eq!(design.check().err().map(|own| own.field).unwrap_or_default(), field, "{design:?}");
        };
        check(&|_| {}, "");
        check(&|d| d.width = 199, "width");
        check(&|d| d.height = 3_001, "height");
        check(&|d| (d.width, d.height) = (3_000, 3_000), "height");
        check(&|d| d.background = "red".into(), "background");
        check(&|d| d.qr.color = "#é1".into(), "qr.color");
        check(&|d| d.qr.color = "#cccccc".into(), "qr.color");
        check(&|d| d.qr.color = "#00000080".into(), "qr.color");
        check(&|d| d.qr.size = 99, "qr.size");
        check(&|d| d.qr.x = 501, "qr");
        check(&|d| d.qr.y = -1, "qr");
        check(&|d| d.texts[0].size = 9, "texts[0].size");
        check(&|d| d.texts[0].width = 40, "texts[0].width");
        check(&|d| d.texts[0].lines = 0, "texts[0].lines");
        check(&|d| d.texts[0].x = i32::MAX, "texts[0]");
        check(&|d| d.texts[0].text = "{guide} 在 {store|门店}".into(), "");
        check(&|d| d.texts[0].text = "{phone}".into(), "texts[0].text");
        check(&|d| d.texts[0].text = "{guide".into(), "texts[0].text");
        check(&|d| d.texts = vec![d.texts[0].clone(); 31], "texts");
        check(
            &|d| d.pictures = vec![Place { x: 790, y: 0, width: 20, height: 20, picture: "a".into() }],
            "pictures[0]",
        );
    }

    #[test]
    fn variables_are_filled_once() {
        let value = |field| match field {
            Field::Guide => Some("{store}".to_owned()),
            Field::Person => Some("  ".to_owned()),
            _ => None,
        };
        assert_eq!(filled("我是{guide}，{person|朋友}好{store}！", value), "我是{store}，朋友好！");
        let mut design = plain();
        design.texts[0].text = "{ guide }".into();
        assert!(design.names(Field::Guide) && !design.names(Field::Person));
    }
}
