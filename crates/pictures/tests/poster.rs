//! Posters drawn: the same picture every time, with a code that phones read.

use proptest::prelude::*;
use siyu_pictures::{Code, Design, Field, Filled, Fonts, Limits, Pictures, Raster, poster, read_qr};
use std::path::PathBuf;

const LIMITS: Limits = Limits { bytes: 4 << 20, side: 3_000, pixels: 5_000_000 };
const LINK: &str = "https://work.weixin.qq.com/q/vcde5a1c7e0f3b2d49";

/// Colours that change with every pixel, so that a picture in the wrong place shows.
fn gradient(width: u32, height: u32, opaque: u8) -> Raster {
    let pixel = |at: u32| {
        let (x, y) = (at % width, at / width);
        [(x * 255 / width) as u8, (y * 255 / height) as u8, 140, opaque]
    };
    Raster { width, height, rgba: (0..width * height).flat_map(pixel).collect() }
}

fn design() -> Design {
    serde_json::from_value(serde_json::json!({
        "width": 540, "height": 760, "background": "#1f6f5c", "picture": "back",
        "qr": { "x": 150, "y": 400, "size": 240, "color": "#0b3d2e", "logo": "logo" },
        "pictures": [{ "x": 20, "y": 20, "width": 90, "height": 60, "picture": "logo" }],
        "texts": [
            { "x": 40, "y": 110, "width": 460, "size": 46, "color": "#ffffff", "align": "center", "bold": true, "lines": 2, "text": "扫码添加专属顾问，领新人礼" },
            { "x": 40, "y": 260, "width": 460, "size": 24, "color": "#ffffffcc", "align": "center", "lines": 2, "text": "{brand}·{store} ★ No.1 “㛃”" },
            { "x": 40, "y": 660, "width": 460, "size": 26, "color": "#fff0c0", "align": "right", "text": "我是{guide}，{person|您}好 99.5%" }
        ]
    }))
    .unwrap()
}

fn words() -> Filled {
    let values = [(Field::Guide, "导购甲"), (Field::Store, "杭州旗舰店"), (Field::Brand, "示例品牌")];
    Filled { qr: LINK.into(), values: values.into_iter().map(|(field, text)| (field, text.to_owned())).collect() }
}

fn pictures() -> Pictures {
    let mut all = Pictures::default();
    all.add("back", gradient(1_200, 900, 255));
    all.add("logo", gradient(64, 48, 200));
    all
}

#[test]
fn a_poster_is_the_golden_picture_and_its_code_is_read() {
    let png = poster(&design(), &words(), &pictures(), &Fonts::load()).unwrap();
    assert_eq!(read_qr(&png).unwrap(), LINK);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/poster.png");
    if std::env::var_os("SIYU_BLESS").is_some() {
        std::fs::write(&path, &png).unwrap();
    }
    let golden = Raster::decode(&std::fs::read(&path).expect("bless it first: SIYU_BLESS=1"), LIMITS).unwrap();
    let drawn = Raster::decode(&png, LIMITS).unwrap();
    assert_eq!((drawn.width, drawn.height), (golden.width, golden.height));
    // Processors round differently at the edges of letters: a few pixels may differ a little, none much.
    let differs: Vec<u8> = drawn.rgba.iter().zip(&golden.rgba).map(|(a, b)| a.abs_diff(*b)).collect();
    let most = differs.iter().max().copied().unwrap_or(0);
    let many = differs.iter().filter(|own| **own > 4).count();
    assert!(most <= 48 && many * 1_000 < differs.len(), "up to {most}, {many} of {}", differs.len());
}

#[test]
fn the_same_is_the_same_file_and_a_change_shows() {
    let (fonts, all) = (Fonts::load(), pictures());
    let first = poster(&design(), &words(), &all, &fonts).unwrap();
    assert_eq!(first, poster(&design(), &words(), &pictures(), &Fonts::load()).unwrap());
    let change = |change: &dyn Fn(&mut Design, &mut Filled)| {
        let (mut design, mut words) = (design(), words());
        change(&mut design, &mut words);
        poster(&design, &words, &all, &fonts).unwrap() != first
    };
    assert!(change(&|_, words| drop(words.values.insert(Field::Guide, "导购乙".into()))));
    assert!(change(&|design, _| design.texts[0].bold = false));
    assert!(change(&|design, _| design.picture = None));
    assert!(change(&|design, _| design.qr.logo = None));
    assert!(change(&|design, _| design.pictures.clear()));
    assert!(!change(&|_, words| drop(words.values.insert(Field::Channel, "没有用到".into()))));
    // A picture that is gone is left out, and is no reason to fail.
    assert!(change(&|design, _| design.picture = Some("gone".into())));
    let long = Filled { qr: "x".repeat(4_000), ..words() };
    assert!(poster(&design(), &long, &all, &fonts).is_err());
}

#[test]
fn the_code_is_read_at_every_size_with_and_without_a_logo() {
    let (fonts, all) = (Fonts::load(), pictures());
    for size in [150, 200, 301, 460] {
        for logo in [None, Some("logo".to_owned())] {
            let mut own = design();
            (own.qr.x, own.qr.y, own.qr.size, own.qr.logo) = (30, 250, size, logo);
            own.texts.clear();
            let png = poster(&own, &words(), &all, &fonts).unwrap();
            assert_eq!(read_qr(&png).as_deref(), Ok(LINK), "{size} {:?}", own.qr.logo);
        }
    }
}

#[test]
fn runs_are_the_modules() {
    let code = Code::of(LINK).unwrap();
    let mut dark = vec![false; code.dark.len()];
    for (x, y, length) in code.runs() {
        dark[y * code.side + x..y * code.side + x + length].fill(true);
    }
    assert_eq!(dark, code.dark);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// A design that was checked is drawn, whatever stands in it.
    #[test]
    fn what_was_checked_is_drawn(
        width in 200_u32..700, height in 200_u32..700, at in (0_i32..200, 0_i32..200), size in 100_u32..200,
        text in (-300_i32..700, -300_i32..700, 10_u32..300, "[\\PC\n]{0,40}"), lines in 1_u32..5,
    ) {
        let mut own = design();
        (own.width, own.height, own.pictures) = (width, height, Vec::new());
        (own.qr.x, own.qr.y, own.qr.size) = (at.0.min((width - size) as i32), at.1.min((height - size) as i32), size);
        own.texts.truncate(1);
        let (x, y, letters, words_) = text;
        let place = &mut own.texts[0];
        (place.x, place.y, place.size, place.width, place.lines) = (x, y, letters.min(width), width, lines);
        place.text = words_.replace(['{', '}'], "");
        prop_assert_eq!(own.check(), Ok(()));
        let png = poster(&own, &words(), &pictures(), &Fonts::load()).unwrap();
        let drawn = Raster::decode(&png, LIMITS).unwrap();
        prop_assert_eq!((drawn.width, drawn.height), (width, height));
    }
}
