//! Text in lines.

use crate::font::{Faces, Glyph};

/// A letter with its place in its line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Letter {
    pub glyph: Glyph,
    pub c: char,
    pub x: f32,
    pub wide: f32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    pub letters: Vec<Letter>,
    pub wide: f32,
}

impl Line {
    fn of(letters: &[Letter]) -> Self {
        let end = letters.len() - letters.iter().rev().take_while(|own| own.c == ' ').count();
        let from = letters.first().map_or(0.0, |own| own.x);
        let letters: Vec<Letter> = letters[..end].iter().map(|own| Letter { x: own.x - from, ..*own }).collect();
        let wide = letters.last().map_or(0.0, |own| own.x + own.wide);
        Self { letters, wide }
    }
}

/// Never at the beginning of a line.
fn closes(c: char) -> bool {
    "，。、；：？！…—）》」』】〕”’％℃,.;:?!)]}%".contains(c)
}
/// Never at the end of a line.
fn opens(c: char) -> bool {
    "（《「『【〔“‘([{".contains(c)
}
/// Part of a word that stays in one piece where it can.
fn joins(c: char) -> bool {
    c.is_ascii_alphanumeric() || "'’.,:-_/@&+#%".contains(c) || ('\u{c0}'..='\u{24f}').contains(&c)
}

/// At most `most` lines of `width`; what does not fit ends with "…". Han characters break anywhere but before what closes and behind what opens;
/// words stay whole where they can. Characters that no font has are left out.
pub(crate) fn lines(faces: &Faces<'_>, text: &str, size: f32, width: f32, most: usize) -> Vec<Line> {
    let mut all = Vec::new();
    for paragraph in text.split('\n') {
        let mut x = 0.0;
        let letter = |c: char| {
            let c = if c.is_whitespace() { ' ' } else { c };
            // A font may have a picture even for control characters.
            let glyph = faces.glyph(c).filter(|_| !c.is_control())?;
            let wide = faces.advance(glyph, size);
            let own = Letter { glyph, c, x, wide };
            x += wide;
            Some(own)
        };
        let letters: Vec<Letter> = paragraph.chars().filter_map(letter).collect();
        let mut from = 0;
        while from < letters.len() {
            let to = from + fitting(&letters[from..], width);
            all.push(Line::of(&letters[from..to]));
            from = to + letters[to..].iter().take_while(|own| own.c == ' ').count();
        }
        if letters.is_empty() {
            all.push(Line::default());
        }
    }
    while all.last().is_some_and(|line| line.letters.is_empty()) {
        all.pop();
    }
    if all.len() > most {
        all.truncate(most);
        if let Some(last) = all.last_mut() {
            cut(faces, last, size, width);
        }
    }
    all
}

/// How many of the letters are in the first line: at least one.
fn fitting(letters: &[Letter], width: f32) -> usize {
    let from = letters.first().map_or(0.0, |own| own.x);
    // A space at the end takes no room.
    let fits = letters.iter().take_while(|own| own.c == ' ' || own.x + own.wide - from <= width + 0.01).count().max(1);
    if fits == letters.len() {
        return fits;
    }
    let may_break = |at: usize| {
        let (before, behind) = (letters[at - 1].c, letters[at].c);
        !(closes(behind) || opens(before) || joins(before) && joins(behind))
    };
    // Something must stand in a line: where nothing allows a break, it is broken.
    (1..=fits).rev().find(|at| may_break(*at)).unwrap_or(fits)
}

fn cut(faces: &Faces<'_>, line: &mut Line, size: f32, width: f32) {
    let Some(glyph) = faces.glyph('…') else { return };
    let wide = faces.advance(glyph, size);
    while line.wide + wide > width
        && let Some(last) = line.letters.pop()
    {
        line.wide = last.x;
    }
    line.letters.push(Letter { glyph, c: '…', x: line.wide, wide });
    line.wide += wide;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fonts;
    use proptest::prelude::*;

    fn broken(text: &str, width: f32, most: usize) -> Vec<String> {
        let fonts = Fonts::load();
        let all = lines(&fonts.faces(), text, 20.0, width, most);
        all.iter().map(|line| line.letters.iter().map(|own| own.c).collect()).collect()
    }

    #[test]
    fn lines_break_where_readers_expect() {
        assert_eq!(broken("扫码添加专属顾问", 82.0, 9), ["扫码添加", "专属顾问"]);
        // What closes does not begin a line, what opens does not end one.
        assert_eq!(broken("新人礼包到。快来", 102.0, 9), ["新人礼包", "到。快来"]);
        assert_eq!(broken("四个汉字《书名》", 102.0, 9), ["四个汉字", "《书名》"]);
        assert_eq!(broken("Summer sale ends Sunday", 120.0, 9), ["Summer sale", "ends Sunday"]);
        // A word longer than a line is broken all the same.
        assert_eq!(broken("abcdefghijklmnop", 60.0, 9).concat(), "abcdefghijklmnop");
        assert_eq!(broken("一行\n\n三行\n", 200.0, 9), ["一行", "", "三行"]);
        assert_eq!(broken("好😀的\u{0}", 200.0, 9), ["好的"]);
        assert_eq!(broken("一二三四五六七八九十", 82.0, 2), ["一二三四", "五六七…"]);
        assert_eq!(broken("", 82.0, 2), Vec::<String>::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn no_line_is_wider_than_it_may_be_and_nothing_is_lost(text in "[a-z 扫码，。《》（）0-9“”]{0,60}", width in 25.0_f32..300.0) {
            let fonts = Fonts::load();
            let all = lines(&fonts.faces(), &text, 20.0, width, 1_000);
            for line in &all {
                prop_assert!(line.wide <= width + 0.02, "{} > {width}", line.wide);
            }
            let kept = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            let drawn: String = all.iter().flat_map(|line| line.letters.iter().map(|own| own.c)).collect();
            prop_assert_eq!(kept(&drawn), kept(&text));
        }
    }
}
