//! Posters drawn: of a live code, of a group code, of one guide after the other.

use crate::poster::check_design;
use crate::poster_pictures::unpacked;
use crate::{Channels, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::Refusal;
use siyu_pictures::{Design, Field, Filled, Fonts, poster};
use std::collections::BTreeMap;

/// What a poster leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A live code and its pool.
    Staff { code: String, pool: String },
    /// A group code and its variant.
    Group { code: String, variant: String },
}

/// A design that can be drawn: for one poster or for many in a row. What it needs is unpacked for each, so that nobody who is slow to take a poster
/// holds the memory of the next.
pub struct Easel {
    channels: Channels,
    design: Design,
}

impl Channels {
    /// Errors: `poster_field`, `poster_picture_unknown`.
    pub fn easel(&self, design: Design) -> Result<Easel, Refusal> {
        self.inner.db.read(|tx| check_design(tx, &design))?;
        Ok(Easel { channels: self.clone(), design })
    }

    /// What a poster of a code says: the code's QR, and what is known of it. `guide`: a userid, by whose name it goes.
    ///
    /// Errors: `code_unknown`, `code_not_ready`, `poster_guide_unknown`.
    pub fn poster_of(&self, tx: &mut Tx<'_>, subject: &Subject, guide: Option<&str>) -> Result<Filled, Refusal> {
        let mut values = BTreeMap::new();
        let (qr, channel, store) = match subject {
            Subject::Staff { code, pool } => {
                let (qr, name) = self.qr_of(tx, code, pool)?;
                values.insert(Field::Code, name);
                let row = self.code(tx, code)?;
                // Whoever is alone behind a code is whom it leads to.
                let seats = row.pools.get(pool).or_else(|| row.pools.get("general"));
                let alone = seats.filter(|seats| seats.len() == 1).and_then(|seats| seats.first());
                if let (None, Some(seat)) = (guide, alone) {
                    values.insert(Field::Guide, seat.name.clone());
                    values.insert(Field::Store, store_name(tx, &seat.store)?);
                }
                (qr, row.channel, pool.strip_prefix(crate::code::STORE).unwrap_or_default().to_owned())
            }
            Subject::Group { code, variant } => {
                let (qr, name) = self.group_qr_of(tx, code, variant)?;
                values.insert(Field::Code, name);
                (qr, self.group_code(tx, code)?.channel, variant.clone())
            }
        };
        if let Some(guide) = guide {
            let key = guide.trim().to_lowercase();
            let member = crate::code::members(tx, std::slice::from_ref(&key))?.remove(&key);
            let member = member.ok_or_else(refuse::poster_guide_unknown)?;
            values.insert(Field::Guide, member.name);
            values.insert(Field::Store, store_name(tx, &member.store)?);
        }
        let channel = self.find(tx, &channel)?;
        let place = if store.is_empty() { &channel.store } else { &store };
        if values.get(&Field::Store).is_none_or(String::is_empty) {
            values.insert(Field::Store, store_name(tx, place)?);
        }
        values.insert(Field::Channel, channel.name);
        Ok(Filled { qr, values })
    }
}

fn store_name(tx: &mut Tx<'_>, code: &str) -> Result<String, Refusal> {
    let name = tx.opt("SELECT name FROM store WHERE code = $1", params![code], |row| row.text(0))?;
    Ok(name.unwrap_or_default())
}

impl Easel {
    /// A PNG; the same for the same words, byte for byte. Not within a unit of writing: it reads, and takes a while.
    ///
    /// Errors: `qr_text`, `poster_picture_unknown`, `busy`.
    pub fn draw(&self, with: &Filled) -> Result<Vec<u8>, Refusal> {
        let _one = self.channels.inner.drawing.turn()?;
        self.drawn(with)
    }
    /// One of many in a row.
    ///
    /// Errors: `qr_text`, `poster_picture_unknown`.
    pub fn draw_next(&self, with: &Filled) -> Result<Vec<u8>, Refusal> {
        let _one = self.channels.inner.drawing.wait();
        self.drawn(with)
    }
    fn drawn(&self, with: &Filled) -> Result<Vec<u8>, Refusal> {
        let inner = &self.channels.inner;
        let pictures = unpacked(inner.db.read(|tx| self.channels.bodies(tx, &self.design))?);
        poster(&self.design, with, &pictures, &Fonts::load()).map_err(|_| refuse::qr_text())
    }
    pub fn design(&self) -> &Design {
        &self.design
    }
}
