//! Links that count: short ones instead of a material's own, which lead there and tell that somebody came.

use crate::Reach;
use crate::content::{Content, Piece, Values, address, render};
use crate::events::{Happening, names};
use linkify::{LinkFinder, LinkKind};
use siyu_db::{Tx, params};
use siyu_kernel::{Chance, PersonNum, Refusal, Time};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Mutex;

/// Letters of a code: 80 bits of the system's chance, which nobody guesses.
const CODE: usize = 16;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Opens that are counted in a minute, of one link and of all in this process: more lead there uncounted.
const COUNTED_ONE: u32 = 600;
const COUNTED_ALL: u32 = 6_000;
/// A page that loads again within this is the same look.
const SAME_SECONDS: i64 = 5;
/// Browsers that are told apart of what was sent to one person.
const BROWSERS_MAX: i64 = 50;

/// What a content was taken from, and to whom it goes.
#[derive(Clone, Copy, Debug)]
pub struct Track<'a> {
    pub material: &'a str,
    pub version: i64,
    /// Our address without a path; empty: nothing is counted.
    pub base: &'a str,
    /// `None`: whoever reads it.
    pub person: Option<PersonNum>,
    /// The userid of who sends it to the person.
    pub staff: &'a str,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    pub url: String,
    pub code: String,
    /// It was sent to one person.
    pub is_personal: bool,
}

/// How many opens this minute has had.
#[derive(Default)]
pub(crate) struct Counted(Mutex<Minute>);
#[derive(Default)]
struct Minute {
    at: i64,
    all: u32,
    of: HashMap<String, u32>,
}

impl Counted {
    /// Whether one more is counted.
    pub(super) fn one_more(&self, code: &str, now: Time) -> bool {
        let mut own = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        let minute = now.0.div_euclid(60_000_000);
        if own.at != minute {
            *own = Minute { at: minute, ..Minute::default() };
        }
        if own.all >= COUNTED_ALL {
            return false;
        }
        own.all += 1;
        let of = own.of.entry(code.to_owned()).or_default();
        *of += 1;
        *of <= COUNTED_ONE
    }
}

fn code() -> String {
    let bits = Chance::secret::<CODE>();
    bits.iter().map(|byte| ALPHABET[usize::from(byte & 31)] as char).collect()
}

fn is_code(text: &str) -> bool {
    text.len() == CODE && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// Where addresses stand in a text. One that a variable is part of is none: what it leads to is not known yet.
fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let whole = |own: &Range<usize>| {
        let link = &text[own.clone()];
        let is_web = link.starts_with("https://") || link.starts_with("http://");
        is_web && !link.contains(['{', '}']) && !text[own.end..].starts_with(['{', '}']) && address("url", link).is_ok()
    };
    // Chinese goes on right behind an address, without a space: each run of ASCII is looked at by itself.
    let (mut found, mut from) = (Vec::new(), 0);
    for run in text.split_inclusive(|c: char| !c.is_ascii()) {
        let ascii = run.trim_end_matches(|c: char| !c.is_ascii());
        found.extend(finder.links(ascii).map(|own| from + own.start()..from + own.end()));
        from += run.len();
    }
    found.retain(whole);
    found
}

impl Reach {
    /// The content with links of ours instead of its own. `values`: of whom it goes to; a link with variables that are not known yet stays as it is.
    pub fn tracked(
        &self,
        tx: &mut Tx<'_>,
        content: &Content,
        track: &Track<'_>,
        values: Option<&Values>,
        now: Time,
    ) -> Result<Content, Refusal> {
        let mut own = content.clone();
        if track.base.is_empty() {
            return Ok(own);
        }
        for (place, piece) in own.attachments.iter_mut().enumerate() {
            let Piece::Link { url, .. } = piece else { continue };
            let whole = match values {
                Some(values) => render(url, values)?,
                None => url.clone(),
            };
            // What a variable has made of it may be no address.
            if whole.contains('{') || address("url", &whole).is_err() {
                continue;
            }
            *url = format!("{}/l/{}", track.base, self.link(tx, track, place as i64, whole.trim(), now)?);
        }
        self.track_text(tx, &mut own, track, now)?;
        Ok(own)
    }
    /// Addresses inside the text, unless it grew too long by that: then it stays as it is.
    fn track_text(&self, tx: &mut Tx<'_>, own: &mut Content, track: &Track<'_>, now: Time) -> Result<(), Refusal> {
        let ours = format!("{}/l/", track.base);
        let found = addresses(&own.text).into_iter().filter(|at| !own.text[at.clone()].starts_with(&ours));
        let found: Vec<_> = found.collect();
        let more = found.iter().map(|at| (ours.len() + CODE).saturating_sub(at.len())).sum::<usize>();
        if found.is_empty() || !own.may_grow(more) {
            return Ok(());
        }
        let (mut text, mut from) = (String::with_capacity(own.text.len() + more), 0);
        for (nth, at) in found.into_iter().enumerate() {
            text.push_str(&own.text[from..at.start]);
            // Attachments count from nought on.
            let place = -1 - nth as i64;
            text.push_str(&format!("{ours}{}", self.link(tx, track, place, &own.text[at.clone()], now)?));
            from = at.end;
        }
        text.push_str(&own.text[from..]);
        own.text = text;
        Ok(())
    }
    /// The same link for the same reader, so that opens add up.
    fn link(&self, tx: &mut Tx<'_>, track: &Track<'_>, place: i64, url: &str, now: Time) -> Result<String, Refusal> {
        let num = track.person.map_or(0, i64::from);
        let sealed = self.seal(&url)?;
        tx.execute(
            "INSERT INTO material_link (code, material, version, place, num, staff, url, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (material, version, place, num, staff) DO UPDATE SET url = excluded.url",
            params![&code(), track.material, track.version, place, num, track.staff, &sealed, now],
        )?;
        let sql = "SELECT code FROM material_link WHERE material = $1 AND version = $2 AND place = $3 AND num = $4 AND staff = $5";
        Ok(tx.one(sql, params![track.material, track.version, place, num, track.staff], |row| row.text(0))?)
    }

    /// Where a code leads; `None`: nowhere.
    pub fn landing(&self, tx: &mut Tx<'_>, code: &str) -> Result<Option<Landing>, Refusal> {
        if !is_code(code) {
            return Ok(None);
        }
        let sql = "SELECT url, num FROM material_link WHERE code = $1";
        let found = tx.opt(sql, params![code], |row| Ok((row.blob(0)?, row.int(1)? > 0)))?;
        let Some((sealed, is_personal)) = found else { return Ok(None) };
        let url: String = self.unseal(&sealed)?;
        Ok(address("url", &url).is_ok().then(|| Landing { url, code: code.to_owned(), is_personal }))
    }
    /// Whether one more open of this code may be counted now: nobody makes work without end by opening a link again and again.
    pub fn counts_open(&self, code: &str, now: Time) -> bool {
        self.inner.counted.one_more(code, now)
    }
    /// Somebody came by a link: counted, and told of whom it was sent to, once an hour. `reader`: their browser, where it keeps what it is told; each after
    /// the first is told of once, too.
    pub fn link_opened(&self, tx: &mut Tx<'_>, code: &str, reader: Option<i64>, now: Time) -> Result<(), Refusal> {
        let sql = "SELECT l.material, l.version, l.num, l.staff, m.name FROM material_link l JOIN material m ON m.id = l.material WHERE l.code = $1";
        let found =
            tx.opt(sql, params![code], |row| Ok((row.text(0)?, row.int(1)?, row.num(2)?, row.text(3)?, row.text(4)?)))?;
        let Some((material, version, num, staff, name)) = found else { return Ok(()) };
        let another = if num == 0 { None } else { self.another(tx, &material, num, reader, now)? };
        // Of whoever comes, and in another browser, the next look is no page that loads again.
        let since = if num == 0 || another.is_some() { now.plus_days(1) } else { now.plus_seconds(-SAME_SECONDS) };
        let counted = tx.execute(
            "INSERT INTO material_open (material, num, opens, first_at, last_at) VALUES ($1, $2, 1, $3, $3)
             ON CONFLICT (material, num) DO UPDATE SET opens = material_open.opens + 1, last_at = excluded.last_at WHERE material_open.last_at <= $4",
            params![&material, i64::from(num), now, since],
        )?;
        if num == 0 {
            return Ok(());
        }
        let told = |name_of: &'static str, id: String| {
            Happening::new(name_of, num, now, &id)
                .by_source("material")
                .with("material", &material)
                .with("material_name", &name)
                .with_number("version", version)
                .with("staff", &staff)
        };
        let mut events = Vec::new();
        if counted > 0 {
            let hour = now.0.div_euclid(3_600_000_000);
            events.push(told(names::MATERIAL_OPENED, format!("open:{code}:{hour}")));
        }
        if let Some(browsers) = another {
            events.push(told(names::MATERIAL_PASSED_ON, format!("passed:{material}:{num}:{browsers}")));
        }
        Ok(self.append(tx, events, now)?)
    }
    /// How many browsers there are now, when this is a new one and not the first.
    fn another(
        &self,
        tx: &mut Tx<'_>,
        material: &str,
        num: PersonNum,
        reader: Option<i64>,
        now: Time,
    ) -> Result<Option<i64>, Refusal> {
        let Some(reader) = reader else { return Ok(None) };
        let sql = "SELECT COUNT(*), COALESCE(MAX(CASE WHEN reader = $3 THEN 1 ELSE 0 END), 0) FROM material_reader WHERE material = $1 AND num = $2";
        let (known, is_one) = tx.one(sql, params![material, num, reader], |row| Ok((row.int(0)?, row.int(1)? == 1)))?;
        if is_one || known >= BROWSERS_MAX {
            return Ok(None);
        }
        let sql = "INSERT INTO material_reader (material, num, reader, at) VALUES ($1, $2, $3, $4) ON CONFLICT (material, num, reader) DO NOTHING";
        tx.execute(sql, params![material, num, reader, now])?;
        Ok((known > 0).then_some(known + 1))
    }
    /// Somebody is erased: their links lead nowhere any more, and their opens are those of nobody known.
    pub(crate) fn forget_links(&self, tx: &mut Tx<'_>, nums: &[i64]) -> Result<(), Refusal> {
        let sql = format!(
            "SELECT material, opens, first_at, last_at FROM material_open WHERE num > 0 AND {} ORDER BY material",
            tx.any("num", 1)
        );
        let rows =
            tx.query(&sql, params![&nums.to_vec()], |row| Ok((row.text(0)?, row.int(1)?, row.time(2)?, row.time(3)?)))?;
        for (material, opens, first, last) in rows {
            tx.execute(
                "INSERT INTO material_open (material, num, opens, first_at, last_at) VALUES ($1, 0, $2, $3, $4)
                 ON CONFLICT (material, num) DO UPDATE SET opens = material_open.opens + excluded.opens,
                   first_at = CASE WHEN material_open.first_at < excluded.first_at THEN material_open.first_at ELSE excluded.first_at END,
                   last_at = CASE WHEN material_open.last_at > excluded.last_at THEN material_open.last_at ELSE excluded.last_at END",
                params![&material, opens, first, last],
            )?;
        }
        let nums = nums.to_vec();
        tx.execute(&format!("DELETE FROM material_open WHERE num > 0 AND {}", tx.any("num", 1)), params![&nums])?;
        tx.execute(
            &format!("UPDATE material_stay SET num = 0 WHERE num > 0 AND {}", tx.any("num", 1)),
            params![&nums],
        )?;
        tx.execute(&format!("DELETE FROM material_reader WHERE {}", tx.any("num", 1)), params![&nums])?;
        tx.execute(&format!("DELETE FROM material_link WHERE num > 0 AND {}", tx.any("num", 1)), params![&nums])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_long_and_never_the_same() {
        let all: std::collections::BTreeSet<String> = (0..2_000).map(|_| code()).collect();
        assert_eq!(all.len(), 2_000);
        assert!(all.iter().all(|own| is_code(own)));
        for wrong in ["", "short", "0123456789abcde/", "0123456789ABCDEF", "0123456789abcdefg", "../../../../../.."] {
            assert!(!is_code(wrong), "{wrong}");
        }
    }

    #[test]
    fn addresses_in_texts_are_found_whole() {
        let found = |text: &str| addresses(text).into_iter().map(|at| text[at].to_owned()).collect::<Vec<_>>();
        for (text, wanted) in [
            ("新品https://a.example/tea，欢迎", vec!["https://a.example/tea"]),
            (
                "见 http://a.example/x?y=1&z=2。再看（https://b.example）",
                vec!["http://a.example/x?y=1&z=2", "https://b.example"],
            ),
            ("https://a.example/a_(b) end.", vec!["https://a.example/a_(b)"]),
            ("See https://a.example/end.", vec!["https://a.example/end"]),
            ("https://a.example/{{ channel }}", vec![]),
            ("https://a.example/?c={{ customer.name }}&d=1", vec![]),
            ("a.example 与 www.a.example 与 ftp://a.example", vec![]),
            ("写信到 a@b.example", vec![]),
            ("https://", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(found(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_minute_counts_so_many() {
        let (own, now) = (Counted::default(), Time::parse("2026-03-01T00:00:10Z").unwrap());
        let counted = (0..COUNTED_ONE + 50).filter(|_| own.one_more("a", now)).count();
        assert_eq!(counted as u32, COUNTED_ONE);
        assert!(own.one_more("b", now), "another link is not held up by it");
        let rest = (0..COUNTED_ALL).filter(|at| own.one_more(&at.to_string(), now)).count();
        assert!(rest < COUNTED_ALL as usize, "all together have a bound");
        assert!(own.one_more("a", now.plus_seconds(60)), "the next minute begins anew");
    }
}
