//! What the database remembers of the files.

use crate::flatten::{Admitted, LeftOut};
use roaring::RoaringBitmap;
use siyu_behaviour::{Bits, ColumnKind, PartId};
use siyu_db::{DbError, Engine, Param, RowRef, Tx, params};
use siyu_kernel::Refusal;
use std::sync::Arc;

/// Raise it when events become facts by other rules: columns of another format are made anew.
pub(crate) const FORMAT: i64 = 2;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PartRow {
    pub id: PartId,
    pub bucket: u16,
    pub file: String,
    pub seq_lo: i64,
    pub seq_hi: i64,
    pub rows: u64,
    pub bytes: u64,
    pub checksum: u32,
    pub hidden: Option<Arc<Bits>>,
    pub damaged: bool,
}

/// A part that is to be remembered.
#[derive(Clone, Debug)]
pub(crate) struct NewPart {
    pub bucket: u16,
    pub file: String,
    pub seq_lo: i64,
    pub seq_hi: i64,
    pub rows: u64,
    pub bytes: u64,
    pub checksum: u32,
    pub hidden: Option<Arc<Bits>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub format: i64,
    pub zone: String,
    pub seq: i64,
    pub left_out: LeftOut,
}

pub(crate) struct Manifest {
    pub home: Option<Home>,
    /// By bucket, in order.
    pub parts: Vec<PartRow>,
    pub names: Vec<Admitted>,
}

const KINDS: [ColumnKind; 5] =
    [ColumnKind::Int, ColumnKind::Float, ColumnKind::Bool, ColumnKind::Text, ColumnKind::List];

impl Manifest {
    pub fn load(tx: &mut Tx<'_>, home: &str) -> Result<Self, DbError> {
        let found = tx.opt(
            "SELECT format, zone, seq, left_events, left_properties, left_sealed, left_texts, left_entries FROM behaviour_home WHERE home = $1",
            params![home],
            |row| {
                let left = |at| Ok::<u64, DbError>(row.int(at)? as u64);
                Ok(Home {
                    format: row.int(0)?,
                    zone: row.text(1)?,
                    seq: row.int(2)?,
                    left_out: LeftOut {
                        events: left(3)?,
                        properties: left(4)?,
                        sealed: left(5)?,
                        texts: left(6)?,
                        list_entries: left(7)?,
                    },
                })
            },
        )?;
        let parts = tx.query(
            "SELECT id, bucket, file, seq_lo, seq_hi, n, bytes, checksum, hidden, damaged FROM behaviour_part WHERE home = $1 ORDER BY bucket, seq_lo, id",
            params![home],
            part_row,
        )?;
        let names = tx.query(
            "SELECT event, property, kind FROM behaviour_name WHERE home = $1 ORDER BY no",
            params![home],
            |row| {
                let (event, property) = (row.text(0)?.into(), row.text(1)?);
                let kind = KINDS.get(row.int(2)? as usize).copied();
                Ok(Admitted {
                    event,
                    property: kind.filter(|_| !property.is_empty()).map(|kind| (property.into(), kind)),
                })
            },
        )?;
        Ok(Self { home: found, parts, names })
    }
}

fn part_row(row: RowRef<'_>) -> Result<PartRow, DbError> {
    let bucket = row.int(1)? as u16;
    Ok(PartRow {
        id: PartId(row.int(0)?),
        bucket,
        file: row.text(2)?,
        seq_lo: row.int(3)?,
        seq_hi: row.int(4)?,
        rows: row.int(5)? as u64,
        bytes: row.int(6)? as u64,
        checksum: row.int(7)? as u32,
        hidden: row.opt_blob(8)?.map(|bytes| read_slots(&bytes)).transpose()?.map(Arc::new),
        damaged: row.flag(9)?,
    })
}

fn slots(bits: &Bits) -> Vec<u8> {
    let set: RoaringBitmap = bits.iter().map(u32::from).collect();
    let mut out = Vec::with_capacity(set.serialized_size());
    set.serialize_into(&mut out).expect("writing into memory does not fail");
    out
}
fn read_slots(bytes: &[u8]) -> Result<Bits, DbError> {
    let set =
        RoaringBitmap::deserialize_from(bytes).map_err(|e| DbError::Decode(format!("hidden people of a part: {e}")))?;
    Ok(set.range(0..1 << 16).map(|slot| slot as u16).collect())
}

/// Adds parts; their ids in order.
fn add_parts(tx: &mut Tx<'_>, home: &str, parts: &[NewPart]) -> Result<Vec<PartId>, DbError> {
    let mut ids = Vec::with_capacity(parts.len());
    for part in parts {
        let hidden = part.hidden.as_deref().map(slots);
        ids.push(tx.one(
            "INSERT INTO behaviour_part (home, bucket, file, seq_lo, seq_hi, n, bytes, checksum, hidden) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
            params![
                home,
                i64::from(part.bucket),
                &part.file,
                part.seq_lo,
                part.seq_hi,
                part.rows as i64,
                part.bytes as i64,
                i64::from(part.checksum),
                hidden.as_ref()
            ],
            |row| Ok(PartId(row.int(0)?)),
        )?);
    }
    Ok(ids)
}
/// `anew`: everything was made by this format's rules. Otherwise the format stays what it was: somebody may have asked for all of it anew.
fn put_home(tx: &mut Tx<'_>, home: &str, zone: &str, seq: i64, left_out: LeftOut, anew: bool) -> Result<(), DbError> {
    let LeftOut { events, properties, sealed, texts, list_entries } = left_out;
    tx.execute(
        "INSERT INTO behaviour_home (home, format, zone, seq, left_events, left_properties, left_sealed, left_texts, left_entries)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (home) DO UPDATE SET format = CASE WHEN $10 = 1 THEN excluded.format ELSE behaviour_home.format END, zone = excluded.zone, seq = excluded.seq, left_events = excluded.left_events,
           left_properties = excluded.left_properties, left_sealed = excluded.left_sealed, left_texts = excluded.left_texts,
           left_entries = excluded.left_entries",
        params![
            home,
            FORMAT,
            zone,
            seq,
            events as i64,
            properties as i64,
            sealed as i64,
            texts as i64,
            list_entries as i64,
            i64::from(anew)
        ],
    )
    .map(drop)
}
fn add_names(tx: &mut Tx<'_>, home: &str, names: &[Admitted]) -> Result<(), DbError> {
    if names.is_empty() {
        return Ok(());
    }
    let first =
        tx.one("SELECT COALESCE(MAX(no), 0) FROM behaviour_name WHERE home = $1", params![home], |row| row.int(0))?;
    let rows: Vec<[Param<'_>; 5]> = (first + 1..)
        .zip(names)
        .map(|(no, name)| {
            let (property, kind) = name.property.as_ref().map_or(("", 0), |(name, kind)| {
                (&**name, KINDS.iter().position(|own| own == kind).unwrap_or_default() as i64)
            });
            [home.into(), no.into(), (&*name.event).into(), property.into(), kind.into()]
        })
        .collect();
    tx.bulk("INSERT INTO behaviour_name (home, no, event, property, kind)", "", &rows).map(drop)
}
/// A format that no program has: whoever keeps the files makes them anew, if need be at its next start.
pub(crate) const ASKED: i64 = 0;

pub(crate) fn ask_anew(tx: &mut Tx<'_>, home: &str, zone: &str) -> Result<(), DbError> {
    let sql = "INSERT INTO behaviour_home (home, format, zone, seq) VALUES ($1, $2, $3, 0) ON CONFLICT (home) DO UPDATE SET format = excluded.format";
    tx.execute(sql, params![home, ASKED, zone]).map(drop)
}
pub(crate) fn is_asked_anew(tx: &mut Tx<'_>, home: &str) -> Result<bool, DbError> {
    let sql = "SELECT format FROM behaviour_home WHERE home = $1";
    Ok(tx.opt(sql, params![home], |row| row.int(0))?.is_some_and(|format| format == ASKED))
}
pub(crate) const LOST: &str = "busy_elsewhere";

fn lost() -> Refusal {
    Refusal::conflict(LOST, "Another process keeps the behaviour columns now.", "另一进程正在维护行为数据。")
}

/// Whose lease a change is made under: one that has lost it must not write.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    pub home: String,
    pub lease: String,
    pub holder: String,
}

impl Keeper {
    fn check(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        let lock = if tx.engine() == Engine::Postgres { " FOR UPDATE" } else { "" };
        let holder =
            tx.opt(&format!("SELECT holder FROM lease WHERE name = $1{lock}"), params![&self.lease], |row| {
                row.text(0)
            })?;
        if holder.as_deref() == Some(&*self.holder) { Ok(()) } else { Err(lost()) }
    }
    /// The tail became parts. `hidden`: whom older parts hide because these have the copies.
    #[allow(clippy::too_many_arguments, reason = "what changes together")]
    pub fn flushed(
        &self,
        tx: &mut Tx<'_>,
        zone: &str,
        seq: i64,
        parts: &[NewPart],
        hidden: &[(PartId, Arc<Bits>)],
        names: &[Admitted],
        left_out: LeftOut,
    ) -> Result<Vec<PartId>, Refusal> {
        self.check(tx)?;
        for (id, bits) in hidden {
            tx.execute("UPDATE behaviour_part SET hidden = $1 WHERE id = $2", params![&slots(bits), id.0])?;
        }
        add_names(tx, &self.home, names)?;
        put_home(tx, &self.home, zone, seq, left_out, false)?;
        Ok(add_parts(tx, &self.home, parts)?)
    }
    /// Parts became one, or nothing.
    pub fn merged(&self, tx: &mut Tx<'_>, old: &[PartId], new: Option<&NewPart>) -> Result<Option<PartId>, Refusal> {
        self.check(tx)?;
        let ids: Vec<i64> = old.iter().map(|id| id.0).collect();
        let gone = tx.execute(&format!("DELETE FROM behaviour_part WHERE {}", tx.any("id", 1)), params![&ids])?;
        if gone != ids.len() as u64 {
            return Err(lost());
        }
        Ok(add_parts(tx, &self.home, new.map_or(&[], std::slice::from_ref))?.pop())
    }
    /// A part's file is not what was written.
    pub fn damaged(&self, tx: &mut Tx<'_>, id: PartId) -> Result<(), Refusal> {
        self.check(tx)?;
        tx.execute("UPDATE behaviour_part SET damaged = 1 WHERE id = $1", params![id.0])?;
        Ok(())
    }
    /// These buckets were made anew up to where the others stand; names do not change by it.
    pub fn repaired(&self, tx: &mut Tx<'_>, buckets: &[u16], parts: &[NewPart]) -> Result<(), Refusal> {
        self.check(tx)?;
        let list: Vec<i64> = buckets.iter().map(|bucket| i64::from(*bucket)).collect();
        let sql = format!("DELETE FROM behaviour_part WHERE home = $2 AND {}", tx.any("bucket", 1));
        tx.execute(&sql, params![&list, &self.home])?;
        add_parts(tx, &self.home, parts)?;
        Ok(())
    }
    /// Everything was made anew.
    pub fn remade(
        &self,
        tx: &mut Tx<'_>,
        zone: &str,
        seq: i64,
        parts: &[NewPart],
        names: &[Admitted],
        left_out: LeftOut,
    ) -> Result<(), Refusal> {
        self.check(tx)?;
        for table in ["behaviour_part", "behaviour_name"] {
            tx.execute(&format!("DELETE FROM {table} WHERE home = $1"), params![&self.home])?;
        }
        add_names(tx, &self.home, names)?;
        put_home(tx, &self.home, zone, seq, left_out, true)?;
        add_parts(tx, &self.home, parts)?;
        Ok(())
    }
    /// One SQLite file lies in one folder: what it remembers of another folder is of where it came from.
    pub fn forget_others(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        if tx.engine() == Engine::Sqlite {
            for table in ["behaviour_part", "behaviour_name", "behaviour_home"] {
                tx.execute(&format!("DELETE FROM {table} WHERE home <> $1"), params![&self.home])?;
            }
        }
        Ok(())
    }
}
